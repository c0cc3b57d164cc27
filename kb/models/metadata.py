"""What the metadata of a document may be: a flat object, small, and such that Postgres can keep it."""

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
    """What is wrong with it, in sentences. `several`: of what a list may be made, as `rule` says."""
    if not isinstance(value, Mapping):
        return [_("This must be an object.")]
    if len(value) > MAX_KEYS:
        return [_("Use at most %s keys.") % MAX_KEYS]
    found = {key: _wrong(key, one, several, rule) for key, one in value.items()}
    return [f"{key[:MAX_KEY_LENGTH]}: {why}" for key, why in found.items() if why is not None]


def with_own(own: Mapping[str, object], said: Mapping[str, object]) -> dict[str, object]:
    """What people said of a document, and as far as there is room what its file says of itself."""
    added = [(key, value) for key, value in said.items() if key not in own]
    return {**own, **dict(added[: max(0, MAX_KEYS - len(own))])}


def _wrong(key: str, value: object, several: type | UnionType, rule: str | Promise) -> str | Promise | None:
    if not (0 < len(key) <= MAX_KEY_LENGTH and _can_be_kept(key)):
        return _("A key must have 1 to %s characters, and no NUL or lone surrogate.") % MAX_KEY_LENGTH
    if not isinstance(value, list):
        return _wrong_plain(value, rule)
    if len(value) > MAX_LIST_LENGTH:
        return _("A list may have at most %s items.") % MAX_LIST_LENGTH
    if not all(isinstance(one, several) for one in value):
        return rule
    return next((why for one in value if (why := _wrong_plain(one, rule)) is not None), None)


def _wrong_plain(value: object, rule: str | Promise) -> str | Promise | None:
    if isinstance(value, str):
        if len(value) > MAX_VALUE_LENGTH or not _can_be_kept(value):
            return _("A string may have at most %s characters, and no NUL or lone surrogate.") % MAX_VALUE_LENGTH
    elif not isinstance(value, int | float):
        return rule
    elif not abs(value) <= LARGEST_NUMBER:  # nor is NaN
        return _("A number must be between -1e300 and 1e300.")
    return None


def _can_be_kept(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
