"""Log lines: time, level, logger, message, and the id of the request.

They contain no questions, document texts, passwords or tokens. Libraries attach such data to their records (Django a
request with its query string, Celery a task's arguments), so only FIELDS are written.
"""

import logging
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from pythonjsonlogger.json import JsonFormatter

NO_REQUEST = "-"
EVERY_LINE = ["time", "level", "logger", "message", "request_id", "exc_info", "stack_info"]
ACCESS_LINE = ["method", "route", "status", "ms", "user"]
ENGINE_LINE = ["engine", "role", "server", "path", "texts", "tokens", "dimensions", "instructed", "retries", "result"]
FIELDS = [*EVERY_LINE, *ACCESS_LINE, *ENGINE_LINE]

_request_id: ContextVar[str] = ContextVar("request_id", default=NO_REQUEST)


def request_id() -> str:
    """The id of the current request or task; NO_REQUEST outside of both."""
    return _request_id.get()


@contextmanager
def request(id: str) -> Iterator[None]:
    """Log lines written during the block belong to request `id`."""
    token = _request_id.set(id)
    try:
        yield
    finally:
        _request_id.reset(token)


def take(id: str) -> None:
    """Further log lines of this thread belong to request `id`."""
    _request_id.set(id)


def valid_or_new(given: str) -> str:
    """The id given by a client or proxy, if it is safe to log; otherwise a new one."""
    return given if re.fullmatch(r"[A-Za-z0-9._-]{1,64}", given) else secrets.token_hex(8)


class RequestId(logging.Filter):
    """Adds `request_id` to every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = _request_id.get()
        return True


class Json(JsonFormatter):
    """Formats a record as one JSON object with only FIELDS."""

    def __init__(self) -> None:
        names = {"levelname": "level", "name": "logger"}
        super().__init__(["levelname", "name", "message", "request_id"], rename_fields=names, timestamp="time")

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        return {name: log_data[name] for name in FIELDS if name in log_data}
