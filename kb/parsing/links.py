"""Addresses of links, shown after their words where they say something else: the rules (https://example.com/rules)."""

import re
from urllib.parse import unquote

LONGEST = 300  # characters; longer addresses carry data, such as tracking, rather than a place
# Schemes that are safe to open wherever the text is shown. Not javascript:, data: and vbscript:.
_SAFE = {
    "http",
    "https",
    "ftp",
    "ftps",
    "sftp",
    "mailto",
    "tel",
    "sms",
    "doi",
    "urn",
    "file",
    "news",
    "geo",
    "git",
    "ssh",
}
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_INVISIBLE = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")
_OPENING = re.compile(r"(?:(?:https?|ftp|mailto|tel|sms):)?(?://)?(?:www\.)?", re.IGNORECASE)
_NOT_WORD = re.compile(r"[\W_]+")
_ENDING = re.compile(r"\.(?:html?|php|aspx?|mdx?)\Z", re.IGNORECASE)


def address(given: str | None) -> str | None:
    """The address in a form that can be shown; None for places in the same document, and unsafe ones.

    Browsers ignore control characters and blanks around and within a scheme, so they are removed before it is judged.
    """
    place = _INVISIBLE.sub("", (given or "").strip().replace(" ", "%20"))
    if not place or place.startswith(("#", "?#")):
        return None
    scheme = _SCHEME.match(place)
    if scheme and scheme[1].lower() not in _SAFE:
        return None
    if len(place) > LONGEST:
        place = re.split("[?#]", place, maxsplit=1)[0]
    return place if len(place) <= LONGEST else None


def with_address(words: str, given: str | None) -> str:
    """The words, and the address in brackets unless the words say it."""
    place = address(given)
    return words if place is None or says(words, place) else f"{words} ({place})" if words.strip() else words


def says(words: str, place: str) -> bool:
    """Whether the words are the address, or the name of a page beside this one (`guide.md` as "Guide")."""
    if not _letters(place):
        return True  # as "/", which says nothing
    spoken = unquote(place)
    if spoken.lower().startswith("mailto:"):
        spoken = spoken.partition("?")[0]
    bare = _OPENING.sub("", spoken, count=1)
    if _SCHEME.match(place) is None and not place.startswith("//"):
        page = _ENDING.sub("", re.split("[?#]", spoken, maxsplit=1)[0].rstrip("/").rpartition("/")[2])
        if _letters(page) == _letters(_ENDING.sub("", words.strip())):
            return True
    shown = _OPENING.sub("", unquote(words.strip()), count=1)
    return shown.strip("/").casefold() == bare.strip("/").casefold()


def _letters(text: str) -> str:
    return _NOT_WORD.sub("", text).casefold()
