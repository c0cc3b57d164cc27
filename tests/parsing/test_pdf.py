"""PDFs: the text layer with its pages, and sections where the outline can be found in it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from fpdf import FPDF
from fpdf.enums import EncryptionMethod

from kb.parsing.errors import NoText, PasswordNeeded, Unreadable
from kb.parsing.pdf import parse
from tests.parsing.conftest import Parse


def pdf(*pages: str | Callable[[FPDF], None]) -> FPDF:
    """A document with a page for each text; a function draws its page itself."""
    document = FPDF()
    document.set_compression(False)
    document.set_font("helvetica")
    for page in pages:
        document.add_page()
        if callable(page):
            page(document)
        else:
            document.multi_cell(0, text=page)
    return document


def a_line(document: FPDF) -> None:
    document.line(10, 10, 100, 100)


def section(title: str, level: int, text: str) -> Callable[[FPDF], None]:
    def draw(document: FPDF) -> None:
        document.start_section(title, level=level)
        document.multi_cell(0, text=text)

    return draw


def written(document: FPDF) -> bytes:
    return bytes(document.output())


def encrypted(document: FPDF, user: str | None = None) -> bytes:
    document.set_encryption("the owner's", user, encryption_method=EncryptionMethod.AES_256)
    return written(document)


def damaged(data: bytes, page: int) -> bytes:
    """The file with invalid content on that page."""
    stream = list(re.finditer(rb"(?<=\nstream\n).*?(?=\nendstream)", data, re.DOTALL))[page - 1]
    return data[: stream.start()] + b"[ Text ] TJ".ljust(len(stream[0])) + data[stream.end() :]


def test_each_page_starts_where_its_text_does(parsed: Parse) -> None:
    result = parsed("a.pdf", written(pdf("first page", a_line, "third\npage")))
    assert result.text == "first page\n\nthird\npage"
    assert result.page_starts == (0, 12, 12)


def test_progress_is_reported_page_by_page(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(written(pdf("one", "two", "three")))
    heard: list[tuple[int, int]] = []
    parse(path, 1000, lambda done, total: heard.append((done, total)))
    assert heard == [(1, 3), (2, 3), (3, 3)]


def test_the_outline_makes_sections(parsed: Parse) -> None:
    document = pdf(
        section("Introduction", 0, "1. INTRODUCTION\nThis is the introduction."),
        section("The method, in detail", 1, "Carried over.\nThe method\nin detail\nStep by step."),
        section("Not on the page", 1, "Something else."),
        section("Results", 0, "Results are good."),
    )
    result = parsed("a.pdf", written(document))
    assert [(found.level, found.title, result.text[found.start : found.body]) for found in result.sections] == [
        (1, "Introduction", "1. INTRODUCTION\n"),
        (2, "The method, in detail", "The method\nin detail\n"),
        (1, "Results", "Results"),
    ]


def test_the_title_comes_from_the_properties(parsed: Parse) -> None:
    document = pdf("text")
    document.set_title("Annual report")
    assert parsed("a.pdf", written(document)).title == "Annual report"


def test_scanned_pages_have_no_text(parsed: Parse) -> None:
    with pytest.raises(NoText, match="none of its 2 pages has a text layer"):
        parsed("a.pdf", written(pdf(a_line, a_line)))


def test_a_damaged_page_does_not_affect_the_others(parsed: Parse, caplog: pytest.LogCaptureFixture) -> None:
    result = parsed("a.pdf", damaged(written(pdf("first", "second", "third")), page=2))
    assert (result.text, result.page_starts) == ("first\n\nthird", (0, 7, 7))
    assert "1 of 3 pages cannot be read" in caplog.text


def test_a_file_of_which_no_page_can_be_read_is_unreadable(parsed: Parse) -> None:
    with pytest.raises(Unreadable, match="none of its 1 pages can be read"):
        parsed("a.pdf", damaged(written(pdf("only")), page=1))


def test_a_file_cut_off_is_unreadable(parsed: Parse) -> None:
    with pytest.raises(Unreadable):
        parsed("a.pdf", written(pdf("text"))[:400])


def test_a_lost_cross_reference_table_is_rebuilt(parsed: Parse) -> None:
    data = written(pdf("text"))
    assert parsed("a.pdf", data[: data.rindex(b"startxref")]).text == "text"


def test_a_file_with_only_an_owners_password_opens(parsed: Parse) -> None:
    assert parsed("a.pdf", encrypted(pdf("text"))).text == "text"


def test_a_file_with_a_users_password_does_not(parsed: Parse) -> None:
    with pytest.raises(PasswordNeeded):
        parsed("a.pdf", encrypted(pdf("text"), user="the user's"))


def test_a_file_whose_attachments_alone_are_encrypted_opens(parsed: Parse) -> None:
    how = re.search(rb"<<\n/CF.*?/V 5\n>>", encrypted(pdf("text"), user="the user's"), re.DOTALL)
    assert how is not None
    only_attachments = b"/Encrypt " + re.sub(rb"/(StmF|StrF) /StdCF", rb"/\1 /Identity", how[0])
    data = written(pdf("text")).replace(b"trailer\n<<", b"trailer\n<<" + only_attachments)
    assert parsed("a.pdf", data).text == "text"


def test_an_unsupported_encryption_is_reported(parsed: Parse) -> None:
    data = encrypted(pdf("text")).replace(b"/Filter /Standard", b"/Filter /Adobe.PK")
    with pytest.raises(PasswordNeeded, match="unsupported"):
        parsed("a.pdf", data)
