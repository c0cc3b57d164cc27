"""Why a file could not be parsed.

The code decides the sentence that a user reads; str(error) is the technical detail.
"""

from typing import ClassVar


class ParsingError(Exception):
    """No text could be had from a file. Each kind has its own `code`."""

    code: ClassVar[str]


class Unreadable(ParsingError):
    """The file is damaged, or is not what its name says."""

    code = "unreadable"


class PasswordNeeded(ParsingError):
    """The file opens only with a password or certificate."""

    code = "password"


class NoText(ParsingError):
    """The file opens, but holds no text: it is empty, or a scan that needs OCR."""

    code = "no_text"


class TooLarge(ParsingError):
    """The file would cost more time, memory or text than the limits allow."""

    code = "too_large"


class Unsupported(ParsingError):
    """The file is of a kind that is not parsed."""

    code = "unsupported"


# What libraries raise at damaged files, beside errors of their own. Not MemoryError: that is not the file's fault
# alone, and the child process answers it.
FAULTS = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)

_KINDS: dict[str, type[ParsingError]] = {
    kind.code: kind for kind in (Unreadable, PasswordNeeded, NoText, TooLarge, Unsupported)
}


def from_code(code: str, detail: str) -> ParsingError:
    """The error of that kind: the parent process raises what its child reported. KeyError for an unknown code."""
    return _KINDS[code](detail)
