"""The engines of the settings, as people choose among them."""

import logging

from django.conf import settings
from django.utils.translation import gettext as _

from embedding.engine import EmbeddingEngine, EngineError
from retrieval.engines import engine

logger = logging.getLogger(__name__)


def usable() -> dict[str, EmbeddingEngine]:
    """The engines in the settings, except misconfigured ones, which are logged."""
    found = {}
    for name in settings.ENGINES:
        try:
            found[name] = engine(name)
        except EngineError as error:
            logger.warning("The engine called %s cannot be offered: %s", name, error)
    return found


def by_language(engines: dict[str, EmbeddingEngine]) -> list[tuple[str, str]]:
    """Choices for somebody who knows the documents and not the models."""
    return [(name, f"{_languages(made)} ({made.model})") for name, made in engines.items()]


def _languages(made_by: EmbeddingEngine) -> str:
    if made_by.languages is None:
        return _("Any language")
    if made_by.languages == {"en"}:
        return _("English")
    return ", ".join(sorted(made_by.languages))
