"""Codes of fonts with indirect or missing maps to Unicode."""

import pytest
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, NumberObject, TextStringObject

from kb.parsing.pdf.glyphs import UNKNOWN, Glyphs


def numbered(collection: str, encoding: str = "/Identity-H") -> DictionaryObject:
    """A font that uses the numbers of a character collection."""
    names = {"/Registry": "Adobe", "/Ordering": collection}
    system = DictionaryObject({NameObject(key): TextStringObject(value) for key, value in names.items()})
    descendant = DictionaryObject(
        {
            NameObject("/Subtype"): NameObject("/CIDFontType0"),
            NameObject("/BaseFont"): NameObject("/Song"),
            NameObject("/CIDSystemInfo"): system,
        }
    )
    return DictionaryObject(
        {
            NameObject("/Subtype"): NameObject("/Type0"),
            NameObject("/BaseFont"): NameObject("/Song"),
            NameObject("/Encoding"): NameObject(encoding),
            NameObject("/DescendantFonts"): ArrayObject([descendant]),
        }
    )


def named(*glyphs: str) -> DictionaryObject:
    """A font whose codes from 1 on are these glyphs."""
    differences = ArrayObject([NumberObject(1), *(NameObject(f"/{glyph}") for glyph in glyphs)])
    encoding = DictionaryObject({NameObject("/Differences"): differences})
    return DictionaryObject(
        {
            NameObject("/Subtype"): NameObject("/TrueType"),
            NameObject("/BaseFont"): NameObject("/Own"),
            NameObject("/Encoding"): encoding,
        }
    )


def text_of(font: DictionaryObject, *codes: int, size: int = 2) -> str:
    return Glyphs(font).read(b"".join(code.to_bytes(size, "big") for code in codes))[0]


@pytest.mark.parametrize(
    ("collection", "numbers", "text"),
    [
        ("GB1", (4559, 3795), "中文"),
        ("CNS1", (661, 726), "中文"),
        ("Japan1", (3284, 3722), "日本"),
        ("Korea1", (2049, 2441), "보안"),
    ],
)
@pytest.mark.parametrize("direction", ["H", "V"])
def test_numbers_of_a_published_collection_are_known(
    collection: str, numbers: tuple[int, ...], text: str, direction: str
) -> None:
    assert text_of(numbered(collection, f"/Identity-{direction}"), *numbers) == text


def test_numbers_of_no_collection_stay_unchanged() -> None:
    assert text_of(numbered("Identity"), 0x4E2D) == "中"


def test_an_incomplete_font_is_read_without_the_collection() -> None:
    font = numbered("GB1")
    del font["/DescendantFonts"][0]["/CIDSystemInfo"]  # type: ignore[index]
    assert text_of(font, 0x4E2D) == "中"


def test_the_fonts_own_map_takes_precedence() -> None:
    font = numbered("GB1")
    own = DecodedStreamObject()
    own.set_data(b"1 begincodespacerange <0000> <ffff> endcodespacerange 1 beginbfchar <11cf> <0041> endbfchar")
    font[NameObject("/ToUnicode")] = own
    assert text_of(font, 4559) == "A"


def test_a_glyph_name_gives_its_letters() -> None:
    assert text_of(named("f_i", "one.oldstyle", "uni4E2D", "A", "slash"), 1, 2, 3, 4, 5, size=1) == "fi1中A/"


def test_a_private_glyph_name_gives_nothing() -> None:
    assert text_of(named("g936", "emlowln"), 1, 2, size=1) == 2 * UNKNOWN
