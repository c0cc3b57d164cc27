"""Unicode for CJK fonts that number their characters: ISO 32000-2, 9.7.5.2, and Adobe's character collections.

Such a font may omit its map to Unicode, because the numbers are those of a published collection. Many Chinese,
Japanese and Korean documents do so. The collections come with pdfminer.six.
"""

from functools import cache
from typing import Any

from pdfminer.cmapdb import CMapDB
from pypdf.generic import DictionaryObject

_KNOWN = {"GB1", "CNS1", "Japan1", "Korea1"}


def characters(font: DictionaryObject) -> dict[str, str]:
    """Text by chr(number); empty for a font with its own map to Unicode, or with its own numbering."""
    encoding = str(font["/Encoding"]) if "/Encoding" in font else ""
    if "/ToUnicode" in font or "/DescendantFonts" not in font or encoding not in ("/Identity-H", "/Identity-V"):
        return {}
    descendants: Any = font["/DescendantFonts"]
    descendant: Any = descendants[0].get_object() if descendants else DictionaryObject()
    numbers: Any = descendant.get("/CIDSystemInfo", DictionaryObject()).get_object()
    collection = str(numbers["/Ordering"]) if "/Ordering" in numbers else ""
    return _characters(collection, encoding.endswith("-V")) if collection in _KNOWN else {}


@cache
def _characters(collection: str, vertical: bool) -> dict[str, str]:
    numbered: dict[int, str] = CMapDB.get_unicode_map(f"Adobe-{collection}", vertical).cid2unichr
    return {chr(number): text for number, text in numbered.items()}
