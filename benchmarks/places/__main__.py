"""Checks of every ready document that its passages are at the places that the API claims.

    python -m benchmarks.places --token TOKEN [--url http://127.0.0.1:8000] [--collection ID ...]

It uses only the API. These checks are exact (see spans.py): the text at a passage's place is the passage; passages are
in order and omit nothing but headings; sections are nested; pages match places. Each fault is listed, and the run then
exits with status 1. For PDFs, the words of each passage are also searched on its pages as pdfium reads them (see
pages.py). That is a share, because no two readers agree on every word.
"""

import argparse
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pypdfium2 as pdfium

from benchmarks.files import Patient
from benchmarks.places.pages import ENOUGH, Judged, judged
from benchmarks.places.spans import faults
from kb.parsing.media_type import PDF


def main() -> None:
    options = arguments()
    headers = {"Authorization": f"Bearer {options.token}"}
    documents = passages = wrong = 0
    found: list[Judged] = []
    with httpx.Client(base_url=f"{options.url}/api/v1", headers=headers, timeout=120, transport=Patient()) as api:
        for document in ready(api, options.collection):
            text = api.get(f"/documents/{document['id']}/text/").raise_for_status().json()
            pieces = list(results(api, f"/documents/{document['id']}/passages/?limit=500"))
            documents, passages = documents + 1, passages + len(pieces)
            for fault in faults(text, pieces):
                wrong += 1
                print(f"WRONG {document['name']}: {fault}")
            if document["media_type"] == PDF:
                found += looked_for(api, document, pieces)
    print(f"{documents} documents, {passages} passages checked: {wrong} things wrong")
    show(found)
    sys.exit(1 if wrong else 0)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--token", required=True)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--collection", nargs="+", metavar="ID", help="only these; otherwise all that the token sees")
    return parser.parse_args()


def ready(api: httpx.Client, collections: list[str] | None) -> Iterator[dict[str, Any]]:
    """The documents with a text."""
    for id in collections or [collection["id"] for collection in results(api, "/collections/?limit=500")]:
        yield from results(api, f"/collections/{id}/documents/?status=ready&limit=500")


def results(api: httpx.Client, address: str | None) -> Iterator[dict[str, Any]]:
    """All items of a paginated list."""
    while address:
        answer = api.get(address).raise_for_status().json()
        yield from answer["results"]
        address = answer["next"]


def looked_for(api: httpx.Client, document: dict[str, Any], passages: list[dict[str, Any]]) -> list[Judged]:
    """Passages of a PDF with the share of their words on their pages; prints those with too few."""
    data = api.get(f"/documents/{document['id']}/file/").raise_for_status().content
    try:
        found = list(judged(data, passages))
    except pdfium.PdfiumError as error:
        print(f"pdfium cannot open {document['name']}: {error}")
        return []
    for one in found:
        if not one.is_right:
            place = f"pages {one.passage['pages']}, {one.passage['id']}"
            print(f"{one.here:6.0%} {document['name']}, {place}: {one.passage['text'][:100]!r}")
    return found


def show(found: list[Judged]) -> None:
    if found:
        right = sum(one.is_right for one in found) / len(found)
        chance = sum(one.elsewhere >= ENOUGH for one in found) / len(found)
        print(f"{len(found)} passages of PDFs with words to be looked for; {ENOUGH:.0%} of them are")
        print(f"on the pages that we say for {right:.2%} of the passages, on pages beside them for {chance:.2%}")


if __name__ == "__main__":
    main()
