"""docker-compose.yml as Compose reads it, with variables and merges resolved."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from kb.local.supervision import CHECKOUT

FILE = CHECKOUT / "docker-compose.yml"
VARIABLE = re.compile(r"\$(?:\$|\{(\w+)(?::([-?])([^}]*))?\})")
SECRETS = {
    "FOOTNOTE_SECRET_KEY": "key-of-the-tests-" * 4,
    "FOOTNOTE_DB_PASSWORD": "databasesecret",
    "FOOTNOTE_REDIS_PASSWORD": "queuesecret",
    "FOOTNOTE_ADMIN_PASSWORD": "adminsecret",
}


class Missing(Exception):
    """A required variable is not set. The message is the file's."""


def read(environment: Mapping[str, str] = SECRETS) -> dict[str, Any]:
    """The file with `environment` as its .env. Raises Missing."""
    found: dict[str, Any] = _filled(yaml.safe_load(FILE.read_text()), environment)
    return found


def variables() -> set[str]:
    return {match[1] for match in VARIABLE.finditer(FILE.read_text()) if match[1]}


def health_check(service: Mapping[str, Any]) -> list[str]:
    """The command of a service's health check, as Docker runs it."""
    kind, *command = service["healthcheck"]["test"]
    return ["sh", "-c", *command] if kind == "CMD-SHELL" else command


def _filled(value: Any, environment: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, environment) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, environment) for item in value]
    if isinstance(value, str):
        return VARIABLE.sub(lambda match: _value(match, environment), value)
    return value


def _value(match: re.Match[str], environment: Mapping[str, str]) -> str:
    name, kind, other = match.groups()
    if name is None:
        return "$"
    if found := environment.get(name):
        return found
    if kind == "?":
        raise Missing(f"{name}: {other}")
    return other or ""
