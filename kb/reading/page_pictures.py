"""Pages of a version's PDF: as a picture, and where on it a span of the version's text stands."""

from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kb.models import Version, VersionText
from kb.parsing.errors import ParsingError, PasswordNeeded, TooLarge
from kb.parsing.media_type import PDF
from kb.reading.drawing.reader import Busy, PageReader, Place
from kb.storage import files
from retrieval import database

LOOK = 1  # changes when pictures change
HEADERS = {
    "Cache-Control": "private, no-cache",  # asked again each time: whoever may no longer read it gets no 304
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


@dataclass(frozen=True)
class NoPicture(Exception):
    """A page cannot be shown; `sentence` is for whoever wanted to see it."""

    sentence: str | Promise
    status: int


@cache
def reader() -> PageReader:
    """This process's."""
    return PageReader(seconds=settings.PAGE_SECONDS, memory_bytes=settings.PARSE_MEMORY_BYTES)


def has_pages(version: Version) -> bool:
    return version.media_type == PDF and bool(version.page_count)


def page_at(text: VersionText, offset: int) -> int:
    """The page, from 1, on which a character stands; pages without text begin where the next one does."""
    return max(1, bisect_right(text.page_starts, offset))


def span_on(text: VersionText, page: int) -> tuple[int, int]:
    """Start and end of a page's text."""
    ends = [*text.page_starts[1:], len(text.text)]
    return text.page_starts[page - 1], ends[page - 1]


def place(version: Version, text: VersionText, page: int, mark: tuple[int, int] | None) -> Place:
    """The size of a page's picture, and the lines of text.text[mark] on that page. Raises NoPicture."""
    start, end = span_on(text, page)
    first, last = (max(start, mark[0]) - start, min(end, mark[1]) - start) if mark else (0, 0)
    database.release()  # a page may take seconds
    try:
        return reader().place(_path(version), page, text.text[start:end], first, last)
    except (ParsingError, Busy) as error:
        raise _no_picture(error) from error


def response(request: HttpRequest, version: Version, page: int) -> HttpResponse:
    """The page's picture: 200, 304, or why there is none.

    It is made anew for each browser that has not kept it: that takes a tenth of a second, and a cache on disk would be
    one more place in which removed documents live on.
    """
    etag = f'"{version.sha256}-{page}-{LOOK}"'
    headers = HEADERS | {"ETag": etag}
    unchanged = get_conditional_response(request, etag)
    if unchanged is not None and unchanged.status_code == 304:
        return HttpResponse(status=304, headers=headers)
    database.release()  # a page may take seconds
    try:
        picture = reader().picture(_path(version), page)
    except (ParsingError, Busy) as error:
        problem = _no_picture(error)
        return HttpResponse(str(problem.sentence), status=problem.status, content_type="text/plain", headers=HEADERS)
    return HttpResponse(picture, content_type="image/jpeg", headers=headers)


def _path(version: Version) -> Path:
    path = files.path_of(version.sha256)
    path.stat()  # a lost file is an error of ours, not damage
    return path


def _no_picture(error: ParsingError | Busy) -> NoPicture:
    if isinstance(error, Busy):
        return NoPicture(_("Many pages are being drawn just now. Try again in a moment."), 503)
    if isinstance(error, PasswordNeeded):
        return NoPicture(_("The file opens only with a password, so its pages cannot be drawn. Read its text."), 422)
    if isinstance(error, TooLarge):
        return NoPicture(
            _("This page takes too much time or memory to draw. Read its text, or download the file."), 422
        )
    return NoPicture(_("This page is damaged and cannot be drawn. Read its text, or download the file."), 422)
