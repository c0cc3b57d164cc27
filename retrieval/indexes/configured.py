"""The indexes in settings.INDEXES, one instance of each per process."""

from functools import cache
from typing import Any, cast

from django.conf import settings
from django.utils.module_loading import import_string

from retrieval.indexes.protocols import DenseIndex, LexicalIndex


@cache
def dense() -> DenseIndex:
    return cast(DenseIndex, _made("dense"))


@cache
def lexical() -> LexicalIndex:
    return cast(LexicalIndex, _made("lexical"))


def _made(name: str) -> Any:
    options = dict(settings.INDEXES[name])
    return import_string(options.pop("class"))(**options)
