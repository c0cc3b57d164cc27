"""Front matter of Markdown files: YAML between lines of ---, or TOML between lines of +++."""

import re
import tomllib
from typing import Any

import yaml

from kb.parsing.draft import one_line
from kb.parsing.parsed import Metadata

# Within the limits of kb.models.metadata.
_MAX_ITEMS = 50  # keys, and values of a list
_MAX_KEY, _MAX_VALUE = 100, 500  # characters
_YAML = re.compile(r"---[ \t]*\r?\n(.{0,65536}?)^(?:---|\.\.\.)[ \t]*$", re.DOTALL | re.MULTILINE)
_TOML = re.compile(r"\+\+\+[ \t]*\r?\n(.{0,65536}?)^\+\+\+[ \t]*$", re.DOTALL | re.MULTILINE)


def split(source: str) -> tuple[Metadata, str]:
    """The simple values (strings and lists of them) and the rest of the text. Invalid front matter counts as text."""
    match = _YAML.match(source) or _TOML.match(source)
    if match is None:
        return {}, source
    try:
        # BaseLoader returns only strings: a numeric title stays unchanged, and an invalid date is not an error.
        loaded = tomllib.loads(match[1]) if source[0] == "+" else yaml.load(match[1], Loader=yaml.BaseLoader)  # noqa: S506
    except (yaml.YAMLError, tomllib.TOMLDecodeError, RecursionError):
        return {}, source
    if not isinstance(loaded, dict | None):
        return {}, source
    values = list((loaded or {}).items())[:_MAX_ITEMS]
    named = ((one_line(str(key))[:_MAX_KEY], _simple(value)) for key, value in values)
    return {key: simple for key, simple in named if key and simple}, source[match.end() :]


def _simple(value: Any) -> str | list[str] | None:
    if isinstance(value, list):
        return [line for part in value[:_MAX_ITEMS] if not isinstance(part, list | dict) and (line := _line(part))]
    return None if isinstance(value, dict) or value is None else _line(value)


def _line(value: object) -> str:
    return one_line(str(value)[:_MAX_VALUE])
