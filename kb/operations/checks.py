"""Checks of `manage.py check` for configurations that cannot work."""

from collections.abc import Sequence

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from embedding.engine import EngineMisconfigured
from kb.parsing import recognition
from retrieval.engines import engine


@register(Tags.database)
def services_are_known(**_: object) -> Sequence[CheckMessage]:
    """Runs only for commands that use the database (see `databases` in Django's check framework)."""
    return [
        Error(
            f"{name} is not set, and no copy of Footnote is running in {settings.DATA_DIR}.",
            hint="Start `make run` in another terminal, or set it in the environment or in .env.",
            id=f"footnote.E00{number}",
        )
        for number, (name, value) in enumerate(
            {"DATABASE_URL": settings.DATABASE_URL, "REDIS_URL": settings.CELERY_BROKER_URL}.items(), start=1
        )
        if not value
    ]


@register()
def default_engine_is_named(**_: object) -> Sequence[CheckMessage]:
    try:
        engine(settings.DEFAULT_ENGINE)
    except EngineMisconfigured as error:
        return [Error(str(error), hint="Set FOOTNOTE_ENGINE to one of the engines.", id="footnote.E010")]
    return []


@register()
def recognised_languages_are_installed(**_: object) -> Sequence[CheckMessage]:
    try:
        recognition.find(settings.OCR_LANGUAGES, settings.OCR_DATA)
    except recognition.RecognitionMisconfigured as error:
        return [Error(str(error), hint="Install it, or remove it from FOOTNOTE_OCR_LANGUAGES.", id="footnote.E011")]
    return []
