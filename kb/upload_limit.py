"""Refuses a request that is too large before its body is read: under ASGI Django would first write it to disk."""

import json
import shutil
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.conf import settings

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class BodyTooLarge(Exception):
    """A body without announced length went over the limit."""


class UploadLimit:
    """ASGI middleware around the Django application."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        headers = dict(scope["headers"])
        limit = _limit(headers.get(b"content-type", b""))
        refusal = _refusal(int(headers.get(b"content-length", b"0")), limit)
        if refusal:
            await _refuse(send, *refusal)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise BodyTooLarge
            return message

        try:
            await self.application(scope, counted, send)
        except BodyTooLarge:
            await _refuse(send, *_too_large(limit))


def _limit(content_type: bytes) -> int:
    """Only files come in large bodies; anything else is read into memory."""
    if content_type.lower().startswith(b"multipart/form-data"):
        return int(settings.MAX_UPLOAD_BYTES)
    return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def _refusal(announced: int, limit: int) -> tuple[int, str, str] | None:
    if announced > limit:
        return _too_large(limit)
    if announced <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        return None  # forms, and files too small to matter
    # A body is on disk twice while its parts are taken out of it.
    if shutil.disk_usage(settings.DATA_DIR).free - 2 * announced < settings.MIN_FREE_DISK_BYTES:
        return (
            507,
            "disk_full",
            "The server's disk is nearly full. Ask an administrator to make room, then try again.",
        )
    return None


def _too_large(limit: int) -> tuple[int, str, str]:
    return 413, "too_large", f"Such a request may bring at most {limit // 1024**2} MB. Send less at once."


async def _refuse(send: Send, status: int, code: str, message: str) -> None:
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
