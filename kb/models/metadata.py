"""Validation of document metadata: a small, flat object that Postgres can store."""

from collections.abc import Mapping
from types import UnionType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MAX_KEYS = 50
MAX_KEY_LENGTH = 100
MAX_VALUE_LENGTH = 1000
MAX_LIST_LENGTH = 100
LARGEST_NUMBER = 1e300

PLAIN = str | int | float  # and bool, which is an int
RULE = _("Values must be strings, numbers, booleans or lists of strings.")


def complaints(value: object, several: type | UnionType = str, rule: str | Promise = RULE) -> list[str | Promise]:
    """The problems with `value`, as sentences. `several` is the type of list items, which `rule` describes."""
    if not isinstance(value, Mapping):
        return [_("This must be an object.")]
    if len(value) > MAX_KEYS:
        return [_("Use at most %s keys.") % MAX_KEYS]
    found = {key: _problem(key, item, several, rule) for key, item in value.items()}
    return [f"{key[:MAX_KEY_LENGTH]}: {problem}" for key, problem in found.items() if problem is not None]


def with_own(own: Mapping[str, object], from_file: Mapping[str, object]) -> dict[str, object]:
    """Metadata set by people, completed with metadata from the file as far as there is room."""
    added = [(key, value) for key, value in from_file.items() if key not in own]
    return {**own, **dict(added[: max(0, MAX_KEYS - len(own))])}


def _problem(key: str, value: object, several: type | UnionType, rule: str | Promise) -> str | Promise | None:
    if not (0 < len(key) <= MAX_KEY_LENGTH and _is_storable(key)):
        return _("A key must have 1 to %s characters, and no NUL or lone surrogate.") % MAX_KEY_LENGTH
    if not isinstance(value, list):
        return _plain_problem(value, rule)
    if len(value) > MAX_LIST_LENGTH:
        return _("A list may have at most %s items.") % MAX_LIST_LENGTH
    if not all(isinstance(item, several) for item in value):
        return rule
    return next((problem for item in value if (problem := _plain_problem(item, rule)) is not None), None)


def _plain_problem(value: object, rule: str | Promise) -> str | Promise | None:
    if isinstance(value, str):
        if len(value) > MAX_VALUE_LENGTH or not _is_storable(value):
            return _("A string may have at most %s characters, and no NUL or lone surrogate.") % MAX_VALUE_LENGTH
    elif not isinstance(value, int | float):
        return rule
    elif not abs(value) <= LARGEST_NUMBER:  # also false for NaN
        return _("A number must be between -1e300 and 1e300.")
    return None


def _is_storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
