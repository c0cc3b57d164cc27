"""Text files: encodings, wrapped lines, headings."""

import codecs
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.parsing.encoding import decode
from kb.parsing.errors import NoText, TooLarge
from kb.parsing.parsed import Parsed
from kb.parsing.plain import parse

CHINESE = "为了保护民事主体的合法权益，调整民事关系，维护社会和经济秩序，制定本法。"
TRADITIONAL = "為了保護民事主體的合法權益，調整民事關係，維護社會和經濟秩序，制定本法。"
JAPANESE = "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。"
KOREAN = "모든 국민은 인간으로서의 존엄과 가치를 가지며, 행복을 추구할 권리를 가진다."
GERMAN = "Die Größe der Straße überraschte den Bürgermeister."
RUSSIAN = "Все люди рождаются свободными и равными в своем достоинстве и правах."


def parsed(path: Path, data: bytes, most: int = 1000) -> Parsed:
    path.write_bytes(data)
    return parse(path, most, lambda done, total: None)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CHINESE, "utf-8"),
        (CHINESE, "utf-8-sig"),
        (CHINESE, "utf-16"),
        (CHINESE, "utf-32"),
        (CHINESE, "gb18030"),
        (TRADITIONAL, "big5"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        (KOREAN, "euc_kr"),
        (GERMAN, "latin-1"),
        (RUSSIAN, "cp1251"),
    ],
)
def test_the_encoding_is_found(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize(
    "text", [CHINESE + "\n1", TRADITIONAL, JAPANESE + "\n", KOREAN, GERMAN, RUSSIAN, "plain words"]
)
def test_wide_text_needs_no_mark(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@given(st.integers(0, 60), st.integers(1, 3))
def test_a_few_nuls_leave_the_rest_as_it_is(encoding: str, place: int, count: int) -> None:
    text = f"{GERMAN} {GERMAN}"
    data = text.encode(encoding)
    place += len(data) - len(text)  # not inside of a mark or character
    damaged = decode(data[:place] + b"\0" * count + data[place:]).replace("\ufffd", "")
    assert [letter for letter in damaged if letter.isascii() and letter != " "] == [
        letter for letter in text if letter.isascii() and letter != " "
    ]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"bolts \0for", "bolts for"),
        (b"bolts\0\0for", "bolts for"),
        (b"bolts\0\nfor\0", "bolts\nfor"),
        (b"a\r\nb\rc\nd", "a\nb\nc\nd"),
        (b"\xef\xbb\xbf\xef\xbb\xbfa\xef\xbb\xbfb", "ab"),
        ("a\r\nb".encode("utf-16"), "a\nb"),
    ],
)
def test_text_is_normalised_once(data: bytes, text: str) -> None:
    assert decode(data) == text


def test_big_endian_text_is_detected_by_its_mark() -> None:
    assert decode(codecs.BOM_UTF16_BE + CHINESE.encode("utf-16-be")) == CHINESE


def test_the_encoding_is_found_after_much_english() -> None:
    english = "Nothing here but plain words.\n" * 20_000
    assert decode((english + CHINESE).encode("gb18030")) == english + CHINESE


def test_one_damaged_byte_does_not_change_the_encoding() -> None:
    data = CHINESE.encode()
    assert decode(data + b"\xff" + data) == f"{CHINESE}\ufffd{CHINESE}"


def test_a_text_is_kept_as_it_is(tmp_path: Path) -> None:
    result = parsed(tmp_path / "a.txt", b"# not a heading\r\n\r\n    indented  \r\nend\r\n")
    assert result == Parsed(None, "# not a heading\n\n    indented\nend", (), ())


def test_white_space_alone_is_not_text(tmp_path: Path) -> None:
    with pytest.raises(NoText):
        parsed(tmp_path / "a.txt", codecs.BOM_UTF16_LE + " \n".encode("utf-16-le"))


def test_a_text_that_is_too_long_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        parsed(tmp_path / "a.txt", b"a" * 4001)


def outline(result: Parsed) -> list[tuple[int, str]]:
    return [(section.level, section.title) for section in result.sections]


WRAPPED = """\
  When we speak of free software, we are referring to freedom, not
price.  Our licenses are designed to make sure that you have the
freedom to distribute copies of it, that you receive its source, or-
ganised, and that you know that you can do these things."""


def test_wrapped_lines_are_joined(tmp_path: Path) -> None:
    result = parsed(tmp_path / "a.txt", f"{WRAPPED}\n\n{WRAPPED}\n\nName    Price\ntea         3".encode())
    first, second, table = result.text.split("\n\n")
    assert first == second == " ".join(WRAPPED.split("\n")).replace("or- ganised", "or-ganised")
    assert table == "Name    Price\ntea         3"


def test_items_of_a_list_stay_apart(tmp_path: Path) -> None:
    items = "\n".join(f"{number}. {WRAPPED.strip()}" for number in (1, 2))
    assert [line[:7] for line in parsed(tmp_path / "a.txt", items.encode()).text.split("\n")] == ["1. When", "2. When"]


def test_chinese_lines_are_joined_without_spaces(tmp_path: Path) -> None:
    sentence = CHINESE * 4
    lines = [sentence[at : at + 30] for at in range(0, len(sentence), 30)]
    assert parsed(tmp_path / "a.txt", "\n".join(lines).encode()).text == sentence


@pytest.mark.parametrize(
    "text",
    [
        "Shall I compare thee to a summer's day?\nThou art more lovely and more temperate:\n"
        "Rough winds do shake the darling buds of May,\nAnd summer's lease hath all too short a date;",
        "2025-06-24 14:36:25 startup archives unpack it\n2025-06-24 14:36:25 configure it all, version 2\n" * 3 + "end",
        "def first(argument, another_argument, third):\n    return argument + another_argument\n\n\n"
        "def second(argument, another_argument, third):\n    return argument - another_argument",
    ],
    ids=["verses", "log", "code"],
)
def test_intended_line_breaks_stay(text: str, tmp_path: Path) -> None:
    assert parsed(tmp_path / "a.txt", text.encode()).text == text


def test_underlined_lines_are_headings(tmp_path: Path) -> None:
    result = parsed(tmp_path / "a.txt", "手册\n====\ntext\n\nFirst part\n----------\n\nmore\n\na | b\n-----\n".encode())
    assert outline(result) == [(1, "手册"), (2, "First part"), (2, "a | b")]
    assert result.text == "手册\n\ntext\n\nFirst part\n\nmore\n\na | b"


def test_chapters_are_headings_and_articles_sections(tmp_path: Path) -> None:
    law = "第一章　规定\n\n第一条　为了保护。\n第二条　第一章的规定适用。\n\n第二章　自然人\n\n第三条　自然人。"
    result = parsed(tmp_path / "a.txt", law.encode())
    assert outline(result) == [(1, "第一章 规定"), (2, "第一条"), (2, "第二条"), (1, "第二章 自然人"), (2, "第三条")]
    assert [result.text[section.body : section.end].strip() for section in result.sections if section.level == 2] == [
        "第一条　为了保护。",
        "第二条　第一章的规定适用。",
        "第三条　自然人。",
    ]


def test_numbers_that_follow_one_another_are_headings(tmp_path: Path) -> None:
    text = "1. Scope\n\nIt says what is covered.\n\n1.1 Terms\n\nAnd these are terms.\n\n2. Duties\n\nThese are duties."
    assert outline(parsed(tmp_path / "a.txt", text.encode())) == [(1, "1. Scope"), (2, "1.1 Terms"), (1, "2. Duties")]


def test_capitals_are_headings_where_they_are_rare(tmp_path: Path) -> None:
    text = "DEFINITIONS\n\nA word.\n\nAnother word.\n\nA third.\n\nTERM AND END\n\nIt ends."
    assert outline(parsed(tmp_path / "a.txt", text.encode())) == [(1, "DEFINITIONS"), (1, "TERM AND END")]


def test_titles_between_signs_as_wikis_have_them_are_headings(tmp_path: Path) -> None:
    text = "= The arsenal =\nIt was built late.\n== Use ==\nArms were kept.\n = = War = = \nIt was taken."
    result = parsed(tmp_path / "a.txt", text.encode())
    assert outline(result) == [(1, "The arsenal"), (2, "Use"), (2, "War")]
    assert result.text == "The arsenal\n\nIt was built late.\n\nUse\n\nArms were kept.\n\nWar\n\nIt was taken."


@pytest.mark.parametrize(
    "text",
    [
        "= 3 =\nOne alone may be chance.",
        "== a = b ==\n=== a == b\n======\n= =",
        "1. Milk\n\n2. Bread\n\n3. Butter",
        "3. Third\n\nIt stands alone.\n\n7. Seventh\n\nSo does this.",
        "ALL OF IT\n\nIS WRITTEN\n\nLIKE THIS",
        "Chapter 1 ........ 5\n\nChapter 2 ........ 9",
        "Chapter 3 is what I liked, and there is much more in it.\n\nChapter 4 is not as good as one had hoped.",
        "total   count\n-------------\n3       4",
    ],
)
def test_what_only_looks_like_headings_is_text(text: str, tmp_path: Path) -> None:
    assert parsed(tmp_path / "a.txt", text.encode()).sections == ()
