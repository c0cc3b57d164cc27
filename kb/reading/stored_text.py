"""Reads slices of a version's text, which may have twenty million characters, without loading it."""

from collections.abc import Callable
from functools import partial

from django.db.models.functions import Substr

from kb.models import Version, VersionText

Read = Callable[[int, int], str]  # text[start:end]; shorter or empty at the end of the text


def without_text(version: Version) -> VersionText | None:
    """Pages and sections of a version, without its text (see `reader`); None if it has not been parsed."""
    return VersionText.objects.defer("text").filter(version=version).first()


def reader(version: int) -> Read:
    return partial(_read, version)


def _read(version: int, start: int, end: int) -> str:
    part = Substr("text", start + 1, max(0, end - start))
    return str(VersionText.objects.values_list(part, flat=True).get(version=version))
