"""Downloads of uploaded files: always as an attachment, never as a page of our site."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, http_date
from django.utils.translation import gettext as _

from kb.library import documents
from kb.models import Version
from kb.parsing.formats import FORMATS
from kb.storage import files

BLOCK_BYTES = 256 * 1024
_ONE_RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))", re.ASCII)
# The content types of downloads. Bytes come first, because generators of API clients take the first one. All other
# media types are sent as bytes, because a browser must not run an untrusted file as a page or script.
SENT_AS = (documents.UNKNOWN_TYPE, *(name for name, known in FORMATS.items() if known.is_sent_as_itself))


class Unsatisfiable(Exception):
    """The range is outside the file."""


def attachment(request: HttpRequest, version: Version) -> HttpResponseBase:
    """The file of `version`, or the requested range of it: 200, 206, 304 or 416 (RFC 9110).

    The iterator is asynchronous, because under ASGI Django would read a synchronous one to its end first.
    """
    path = files.path_of(version.sha256)
    path.stat()  # if the file is missing, fail now rather than in the middle of the response
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",  # revalidated each time, so that lost access takes effect at once
        "ETag": f'"{version.sha256}"',
        "Last-Modified": http_date(version.created_at.timestamp()),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    unchanged = get_conditional_response(request, headers["ETag"], int(version.created_at.timestamp()))
    if unchanged is not None and unchanged.status_code == 304:
        return HttpResponse(status=304, headers=headers)
    wanted = request.headers.get("Range", "") if request.method == "GET" else ""
    if request.headers.get("If-Range", headers["ETag"]) not in (headers["ETag"], headers["Last-Modified"]):
        wanted = ""
    try:
        span = range_of(wanted, version.size)
    except Unsatisfiable:
        return _unsatisfiable(version.size, headers)
    start, end = span or (0, version.size)
    headers["Content-Length"] = str(end - start)
    headers["Content-Disposition"] = content_disposition_header(True, version.filename) or "attachment"
    if span:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{version.size}"
    body = _blocks(path, start, start if request.method == "HEAD" else end)
    kind = version.media_type if version.media_type in SENT_AS else documents.UNKNOWN_TYPE
    return StreamingHttpResponse(body, status=206 if span else 200, headers=headers, content_type=kind)


def range_of(header: str, size: int) -> tuple[int, int] | None:
    """Start and end of the single range in a Range header; None for the whole file.

    Anything else is ignored, as RFC 9110 (section 14.2) allows. Raises Unsatisfiable.
    """
    match = _ONE_RANGE.fullmatch(header.strip())
    if match is None:
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        start, end = max(0, size - int(suffix)), size
    else:
        start, end = int(first), int(last) + 1 if last else size
        if last and end <= start:
            return None
    if start >= size:
        raise Unsatisfiable
    return start, min(end, size)


def _unsatisfiable(size: int, headers: dict[str, str]) -> HttpResponse:
    message = _("The file has %s bytes, and none in that range.") % size
    body = {"error": {"code": "range_not_satisfiable", "message": message}}
    return JsonResponse(body, status=416, headers=headers | {"Content-Range": f"bytes */{size}"})


async def _blocks(path: Path, start: int, end: int) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        await asyncio.to_thread(file.seek, start)
        while block := await asyncio.to_thread(file.read, min(BLOCK_BYTES, end - start)):
            start += len(block)
            yield block
