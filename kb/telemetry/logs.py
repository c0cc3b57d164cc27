"""What a log line carries: its time, level, logger and message, and the id of the request that it belongs to.

The lines hold no questions, no text of documents, no passwords and no tokens; so of what a library attaches to its
lines (Django a request with its query string, Celery a task's arguments) only FIELDS are written.
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
FIELDS = [*EVERY_LINE, *ACCESS_LINE]

_request_id: ContextVar[str] = ContextVar("request_id", default=NO_REQUEST)


def request_id() -> str:
    """The id of the request, or of the task, that is being worked on; NO_REQUEST outside of both."""
    return _request_id.get()


@contextmanager
def request(id: str) -> Iterator[None]:
    """What is logged meanwhile belongs to request `id`."""
    token = _request_id.set(id)
    try:
        yield
    finally:
        _request_id.reset(token)


def take(id: str) -> None:
    """From here on this thread's lines belong to request `id`."""
    _request_id.set(id)


def sane_or_new(given: str) -> str:
    """The id that a client or proxy gave, if it may stand in a log; else a new one."""
    return given if re.fullmatch(r"[A-Za-z0-9._-]{1,64}", given) else secrets.token_hex(8)


class RequestId(logging.Filter):
    """Gives every line its `request_id`."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = _request_id.get()
        return True


class Json(JsonFormatter):
    """One JSON object a line, of FIELDS only."""

    def __init__(self) -> None:
        names = {"levelname": "level", "name": "logger"}
        super().__init__(["levelname", "name", "message", "request_id"], rename_fields=names, timestamp="time")

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        return {name: log_data[name] for name in FIELDS if name in log_data}
