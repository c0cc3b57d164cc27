"""Invariants of any document's text, sections and passages in the API."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

CLIPPED = 300  # characters of a title; longer headings are cut off
BESIDE_TITLE = 20  # letters and digits in a heading but not in its title, such as a number

Found = dict[str, Any]


def faults(text: Found, passages: Sequence[Found]) -> Iterator[str]:
    """A sentence for each fault.

    `text` is the body of GET .../text/, `passages` are all results of GET .../passages/.
    """
    whole, page_starts = text["text"], text["page_starts"]
    yield from _pages(whole, page_starts, text["page_labels"])
    yield from _sections(whole, text["sections"])
    for passage in passages:
        yield from _passage(whole, page_starts, passage)
    for one, after in pairwise(passages):
        if not (one["start"] < after["start"] and one["end"] < after["end"]):
            yield f"passage {after['id']} does not come after {one['id']}"
    yield from _uncovered(whole, text["sections"], passages)


def _pages(whole: str, starts: Sequence[int], labels: Sequence[str]) -> Iterator[str]:
    if starts and not (starts[0] == 0 and list(starts) == sorted(starts) and starts[-1] <= len(whole)):
        yield "its pages do not start one after the other inside the text"
    if len(labels) != len(starts):
        yield f"it has {len(starts)} pages and {len(labels)} labels"


def _sections(whole: str, sections: Sequence[Found]) -> Iterator[str]:
    by_id = {section["id"]: section for section in sections}
    ends: dict[str | None, int] = {}  # end of the last section inside each section
    for section in sections:
        around = by_id[section["parent"]] if section["parent"] is not None else {"start": 0, "end": len(whole)}
        if not around["start"] <= section["start"] <= section["end"] <= around["end"]:
            yield f"section {section['id']} is not inside the one around it"
        if section["parent"] is not None and section["level"] <= around["level"]:
            yield f"section {section['id']} is no deeper than the one around it"
        if section["start"] < ends.get(section["parent"], 0):
            yield f"section {section['id']} begins in the one before it"
        ends[section["parent"]] = section["end"]


def _passage(whole: str, page_starts: Sequence[int], passage: Found) -> Iterator[str]:
    start, end = passage["start"], passage["end"]
    if not 0 <= start < end <= len(whole):
        yield f"passage {passage['id']} is not inside the text"
    elif whole[start:end] != passage["text"]:
        yield f"passage {passage['id']} is not the text at its place"
    pages = [bisect_right(page_starts, start), bisect_right(page_starts, end - 1)] if page_starts else None
    if passage["pages"] != pages:
        yield f"passage {passage['id']} says pages {passage['pages']}, its place says {pages}"


def _uncovered(whole: str, sections: Sequence[Found], passages: Sequence[Found]) -> Iterator[str]:
    """Text that is neither in a passage nor a heading."""
    titles = {section["start"]: section["title"] for section in sections}
    covered = 0
    for start, end in [*((passage["start"], passage["end"]) for passage in passages), (len(whole), len(whole))]:
        while covered < start and whole[covered].isspace():
            covered += 1
        # Headings may directly follow each other.
        begins = {covered, *(place for place in titles if covered < place < start)} if covered < start else set()
        for begin, stop in pairwise([*sorted(begins), start]):
            if not _is_heading(whole[begin:stop], titles.get(begin)):
                yield f"text[{begin}:{stop}] is in no passage: {whole[begin : min(stop, begin + 80)]!r}"
        covered = max(covered, end)


def _is_heading(line: str, title: str | None) -> bool:
    if title is None:
        return False
    written, told = _letters(line), _letters(title)
    return told in written and (len(written) <= len(told) + BESIDE_TITLE or len(title) >= CLIPPED - 10)


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
