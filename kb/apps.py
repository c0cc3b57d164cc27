import logging

from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig

from embedding import observation


class KbConfig(AppConfig):
    name = "kb"
    verbose_name = "Footnote"

    def ready(self) -> None:
        from kb.operations import checks  # noqa: F401  (registers the system checks)
        from kb.telemetry import engines

        observation.subscribe(engines.observe)
        logging.captureWarnings(True)  # so that they are lines like all others


class StaticFiles(StaticFilesConfig):
    """django.contrib.staticfiles without what our pages never load."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        *("django_htmx/ext/*", "django_htmx/*-4.*", "rest_framework/*"),
        *(f"drf_spectacular_sidecar/{name}" for name in ("redoc/*", "*/oauth2-redirect.*", "*-preset.js*", "*/*.png")),
        *("admin/img/gis/*", "admin/js/vendor/select2/i18n/[!ez]*", "admin/js/vendor/*/*.md"),  # languages: en, zh
    ]
