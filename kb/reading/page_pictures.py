"""Pages of a version's PDF as pictures, and the lines on them that contain a span of its text."""

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
from kb.reading.drawing.drawer import Busy, MarkedPage, PageDrawer
from kb.reading.stored_text import reader
from kb.reading.text_window import Mark
from kb.storage import files
from retrieval import database

LOOK = 1  # part of a picture's ETag: increase it if drawing changes
MOST_CHARACTERS = 100_000  # of a page's text in which lines are searched
HEADERS = {
    "Cache-Control": "private, no-cache",  # revalidated each time, so that lost access takes effect at once
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


@dataclass(frozen=True)
class NoPicture(Exception):
    """A page cannot be shown; `sentence` tells the reader why."""

    sentence: str | Promise
    status: int


@cache
def drawer() -> PageDrawer:
    """The drawer of this process."""
    return PageDrawer(seconds=settings.PAGE_SECONDS, memory_bytes=settings.PARSE_MEMORY_BYTES)


def has_pages(version: Version) -> bool:
    return version.media_type == PDF and bool(version.page_count)


def page_at(text: VersionText, offset: int) -> int:
    """The page, from 1, of a character. A page without text starts where the next one does."""
    return max(1, bisect_right(text.page_starts, offset))


def pages_of(text: VersionText, mark: Mark | None) -> range:
    """The pages that contain a part of `mark`."""
    return range(page_at(text, mark[0]), page_at(text, mark[1] - 1) + 1) if mark else range(0)


def marked_page(version: Version, text: VersionText, page: int, mark: Mark | None) -> MarkedPage:
    """The size of a page's picture, and the lines on it that contain `mark`. Raises NoPicture."""
    words, first, last = "", 0, 0
    if mark and page in pages_of(text, mark):
        start, *following = text.page_starts[page - 1 : page + 1]
        words = reader(version.pk)(start, min([start + MOST_CHARACTERS, *following]))
        first, last = max(0, mark[0] - start), min(len(words), mark[1] - start)
    database.release()
    try:
        return drawer().find_lines(_path(version), page, words, first, last)
    except (ParsingError, Busy) as error:
        raise _no_picture(error) from error


def response(request: HttpRequest, version: Version, page: int) -> HttpResponse:
    """The page's picture (200 or 304), or the reason why there is none.

    It is drawn for each browser that has not kept it: that takes a tenth of a second, and a cache on disk would be one
    more place where removed documents live on.
    """
    etag = f'"{version.sha256}-{page}-{LOOK}"'
    headers = HEADERS | {"ETag": etag}
    unchanged = get_conditional_response(request, etag)
    if unchanged is not None and unchanged.status_code == 304:
        return HttpResponse(status=304, headers=headers)
    database.release()
    try:
        picture = drawer().picture(_path(version), page)
    except (ParsingError, Busy) as error:
        problem = _no_picture(error)
        return HttpResponse(str(problem.sentence), status=problem.status, content_type="text/plain", headers=HEADERS)
    return HttpResponse(picture, content_type="image/jpeg", headers=headers)


def _path(version: Version) -> Path:
    path = files.path_of(version.sha256)
    path.stat()  # a lost file is our error, not damage
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
