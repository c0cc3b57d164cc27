"""Refuses oversized requests before their body is read: under ASGI, Django would first write it to disk."""

import json
import re
import shutil
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.conf import settings

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


DISK_CHECK_INTERVAL = 16 * 1024**2  # bytes of a body
_TAKES_FILES = re.compile(r"/collections/\w+/upload/|/api/v1/(collections/\w+/documents|documents/\w+/file)/")


class Refused(Exception):
    """A body exceeded a limit while it was read. Arguments: status, code, message."""


class UploadLimit:
    """ASGI middleware around the Django application."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        headers = dict(scope["headers"])
        limit = _limit(scope["path"], headers)
        refusal = _refusal(int(headers.get(b"content-length", b"0")), limit)
        if refusal:
            await _refuse(scope, send, *refusal)
            return
        read = checked = 0

        async def counted() -> Message:
            nonlocal read, checked
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise Refused(*_too_large(limit))
            if read - checked > DISK_CHECK_INTERVAL:
                checked = read
                if refusal := _disk_refusal(0):
                    raise Refused(*refusal)
            return message

        try:
            await self.application(scope, counted, send)
        except Refused as refused:
            await _refuse(scope, send, *refused.args)


def _limit(path: str, headers: Mapping[bytes, bytes]) -> int:
    """Large bodies are allowed only for files, at a few addresses, and with credentials."""
    is_form = headers.get(b"content-type", b"").lower().startswith(b"multipart/form-data")
    if is_form and _TAKES_FILES.fullmatch(path) and (b"cookie" in headers or b"authorization" in headers):
        return int(settings.MAX_UPLOAD_BYTES)
    return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def _refusal(announced: int, limit: int) -> tuple[int, str, str] | None:
    if announced > limit:
        return _too_large(limit)
    if announced <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        return None  # forms, and files too small to matter
    return _disk_refusal(announced)


def _disk_refusal(announced: int) -> tuple[int, str, str] | None:
    # A body is on disk twice while its parts are extracted.
    if shutil.disk_usage(settings.DATA_DIR).free - 2 * announced < settings.MIN_FREE_DISK_BYTES:
        return (
            507,
            "disk_full",
            "The server's disk is nearly full. Ask an administrator to free some space, then try again.",
        )
    return None


def _too_large(limit: int) -> tuple[int, str, str]:
    return 413, "too_large", f"This request may have at most {limit // 1024**2} MB. Send less at once."


async def _refuse(scope: Scope, send: Send, status: int, code: str, message: str) -> None:
    if scope["path"].startswith("/api/"):
        kind, body = b"application/json", json.dumps({"error": {"code": code, "message": message}})
    else:
        kind, body = b"text/plain; charset=utf-8", message
    headers = [(b"content-type", kind), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})
