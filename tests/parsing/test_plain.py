"""Text files are read in the encoding that they were written in."""

import codecs
from pathlib import Path

import pytest

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


def test_big_endian_text_is_told_by_its_mark() -> None:
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


def test_white_space_alone_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(NoText):
        parsed(tmp_path / "a.txt", codecs.BOM_UTF16_LE + " \n".encode("utf-16-le"))


def test_a_text_that_is_too_long_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        parsed(tmp_path / "a.txt", b"a" * 4001)
