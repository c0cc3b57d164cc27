"""Reasons why a file could not be parsed.

The code selects the sentence shown to users; str(error) is the technical detail.
"""

from typing import ClassVar


class ParsingError(Exception):
    """A file could not be parsed. Each subclass has its own `code`."""

    code: ClassVar[str]


class Unreadable(ParsingError):
    """The file is damaged, or its content does not match its name."""

    code = "unreadable"


class PasswordNeeded(ParsingError):
    """The file opens only with a password or certificate."""

    code = "password"


class NoText(ParsingError):
    """The file opens but contains no text: it is empty, or a scan that needs OCR."""

    code = "no_text"


class FormNotRead(ParsingError):
    """A form in a technique of its own (XFA), whose content could not be found."""

    code = "form"


class TooLarge(ParsingError):
    """The file exceeds the limits on time, memory or text length."""

    code = "too_large"


class Unsupported(ParsingError):
    """There is no parser for this kind of file."""

    code = "unsupported"


# Exceptions that libraries raise on damaged files, besides their own. MemoryError is missing: it is not only the
# file's fault, and the child process handles it.
FAULTS = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)

_KINDS: dict[str, type[ParsingError]] = {
    kind.code: kind for kind in (Unreadable, PasswordNeeded, NoText, FormNotRead, TooLarge, Unsupported)
}


def from_code(code: str, detail: str) -> ParsingError:
    """The error for a code reported by the child process. Raises KeyError for an unknown code."""
    return _KINDS[code](detail)
