"""Calls the whole ASGI application without a server, and captures its log."""

import asyncio
import io
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.handlers.asgi import ASGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from kb.storage.upload_limit import UploadLimit
from kb.telemetry import logs
from kb.telemetry.access_log import AccessLog


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: str

    @property
    def request_id(self) -> str:
        return self.headers["x-request-id"]


Ask = Callable[..., Answer]


class InThisThread(ASGIHandler):
    """Handles requests in this thread, inside the test's transaction."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.handle(scope, receive, send)


@pytest.fixture
def ask() -> Iterator[Ask]:
    application = AccessLog(UploadLimit(InThisThread()))

    def ask_application(target: str, method: str = "GET", body: bytes = b"", **headers: str) -> Answer:
        """`ask("/search/?q=tea", x_request_id="1")`"""
        sent: list[dict[str, Any]] = []
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            return waiting.pop() if waiting else await asyncio.Future()  # the client stays

        async def send(message: Any) -> None:
            sent.append(message)

        path, _mark, query = target.partition("?")
        given = {"host": "localhost", "content-length": str(len(body)), **headers}
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items()],
        }
        async_to_sync(application)(scope, receive, send)
        start, *parts = sent
        headers_back = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        return Answer(start["status"], headers_back, b"".join(part.get("body", b"") for part in parts).decode())

    for signal in (request_started, request_finished):  # as django.test's clients do
        signal.disconnect(close_old_connections)
    yield ask_application
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


class Log:
    def __init__(self) -> None:
        self._json, self._text = io.StringIO(), io.StringIO()
        self.handlers = [self._handler(self._json, logs.Json()), self._handler(self._text, logging.Formatter())]

    @staticmethod
    def _handler(stream: io.StringIO, formatter: logging.Formatter) -> logging.Handler:
        handler = logging.StreamHandler(stream)
        handler.addFilter(logs.RequestId())
        handler.setFormatter(formatter)
        return handler

    @property
    def everything(self) -> str:
        return self._json.getvalue() + self._text.getvalue()

    def lines(self, logger: str = "") -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self._json.getvalue().splitlines()]
        return [line for line in lines if line["logger"].startswith(logger)]

    def requests(self) -> list[dict[str, Any]]:
        return self.lines("kb.telemetry.access_log")


@pytest.fixture
def log() -> Iterator[Log]:
    log, root = Log(), logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    for handler in log.handlers:
        root.addHandler(handler)
    yield log
    for handler in log.handlers:
        root.removeHandler(handler)
    root.setLevel(level)
