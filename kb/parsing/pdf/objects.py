"""Reads PDF objects of the expected type, whatever a file contains instead."""

import math
from typing import Any

from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from kb.parsing.errors import FAULTS

DAMAGE = (PyPdfError, *FAULTS)  # pypdf's documentation: "broken PDF files might cause other Exceptions"

Box = tuple[float, float, float, float]  # left, bottom, right, top


def resolved(value: Any) -> Any:
    """The target of a reference, or the value itself."""
    return value.get_object() if isinstance(value, IndirectObject) else value


def dictionary(value: Any) -> DictionaryObject:
    """The dictionary; an empty one for any other value."""
    found = resolved(value)
    return found if isinstance(found, DictionaryObject) else DictionaryObject()


def numbers(operands: list[Any], count: int) -> list[float] | None:
    """`count` finite numbers, or None: an operator with other operands is ignored."""
    if len(operands) < count:
        return None
    found: list[float] = []
    for operand in operands[:count]:  # hundreds of times per page, hence no comprehensions
        value = operand.get_object() if isinstance(operand, IndirectObject) else operand
        if not isinstance(value, (int, float)):
            return None
        number = float(value)
        if not math.isfinite(number):
            return None
        found.append(number)
    return found


def rectangle(value: Any) -> Box | None:
    """The sides in order, whichever corners the file names."""
    sides = resolved(value)
    found = numbers(list(sides), 4) if isinstance(sides, ArrayObject) else None
    if found is None:
        return None
    a, b, c, d = found
    return min(a, c), min(b, d), max(a, c), max(b, d)
