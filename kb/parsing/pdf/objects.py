"""PDF objects, whatever a file holds in their place."""

import math
from typing import Any

from pypdf.generic import DictionaryObject, IndirectObject


def resolved(value: Any) -> Any:
    """What a reference refers to."""
    return value.get_object() if isinstance(value, IndirectObject) else value


def dictionary(value: Any) -> DictionaryObject:
    """An empty one where there is none."""
    found = resolved(value)
    return found if isinstance(found, DictionaryObject) else DictionaryObject()


def numbers(operands: list[Any], count: int) -> list[float] | None:
    """Finite numbers, or None: an operator with other operands does nothing."""
    values = [resolved(operand) for operand in operands[:count]]
    if len(values) < count or not all(isinstance(value, (int, float)) for value in values):
        return None
    found = [float(value) for value in values]
    return found if all(map(math.isfinite, found)) else None
