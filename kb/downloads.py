"""Uploaded bytes on their way back: always as an attachment, never as a page of ours."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from django.db import connection
from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from kb import files
from kb.models import Version

BLOCK_BYTES = 256 * 1024


def attachment(version: Version) -> StreamingHttpResponse:
    """The file of `version`, streamed without keeping a database connection.

    The iterator is asynchronous, because under ASGI Django would read a synchronous one to its end first.
    """
    path = files.path_of(version.sha256)
    response = StreamingHttpResponse(_blocks(path), content_type=version.media_type)
    response["Content-Length"] = version.size
    response["Content-Disposition"] = content_disposition_header(True, version.filename) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    if not connection.in_atomic_block:
        connection.close()
    return response


async def _blocks(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while block := await asyncio.to_thread(file.read, BLOCK_BYTES):
            yield block
