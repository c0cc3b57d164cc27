"""Any file gives either a text with consistent offsets or a reason."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb.parsing import grid
from kb.parsing.draft import clean
from kb.parsing.errors import ParsingError
from kb.parsing.media_type import detect
from kb.parsing.registry import parse
from tests.parsing.test_docx import saved
from tests.parsing.test_docx_contents import with_chunk

ENDINGS = ("md", "txt", "html", "py", "js", "java", "c", "rs", "csv", "ipynb", "rst", "tex", "sql", "json", "docx", "")
# Elements of these formats, including common mistakes.
ELEMENTS = st.sampled_from(
    [
        *(
            "# ",
            "\n",
            "\n\n",
            "- ",
            "1. ",
            "> ",
            "```",
            "$",
            "$$",
            "[^1]",
            "[^1]: ",
            "---\n",
            "+++\n",
            "a: b\n",
            "| a | b |\n",
        ),
        *(
            "<p>",
            "<li>",
            "<ul>",
            "</ul>",
            "<table>",
            "<tr><td>",
            "<pre>",
            "<h1>",
            "<!--",
            "<br>",
            "&#0;",
            "&shy;",
            "<b>",
            "<a href='http://x/y'>",
            "<sup>",
            "<math>",
            "<mfrac>",
            "<td rowspan=0 colspan=9>",
            "<td rowspan=3>",
            "<x-y>",
        ),
        *(
            "def f():\n",
            "class A:\n    ",
            "/*",
            '"""',
            "{",
            "}",
            "(",
            "\t",
            "=====\n",
            "-----\n",
            "\\section{",
            "\\title{a}",
        ),
        *(
            "第一章 ",
            "第二条　",
            "Chapter 1\n\n",
            "1.1 Scope\n\n",
            "WORDS ",
            "word ",
            "字",
            ",",
            '"',
            "\x00",
            "\xad",
            "\u2028",
        ),
        *('{"cells": [', '{"cell_type": "code", "source": "x"}', "]}", "\ud800", "\ufeff", "\r"),
    ]
)
texts = st.lists(ELEMENTS, max_size=60).map(lambda elements: "".join(elements).encode("utf-8", "surrogatepass"))


def hold(data: bytes, ending: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(data)
        name = f"a.{ending}"
        try:
            result = parse(path, name, detect(path, name), 1_000_000, lambda done, total: None)
        except ParsingError:
            return
    assert result.text == clean(result.text)
    for section in result.sections:
        assert 0 <= section.start <= section.body <= section.end <= len(result.text)


@given(st.one_of(texts, st.binary(max_size=300)), st.sampled_from(ENDINGS))
@settings(max_examples=300, deadline=None)
def test_texts(data: bytes, ending: str) -> None:
    hold(data, ending)


@pytest.fixture(scope="module")
def word() -> bytes:
    """A Word file with a heading, a list, a table, a header, and an inserted page."""
    document = with_chunk("text/html", b"<table><tr><td rowspan=2>a<td>b<tr><td>c</table>")
    document.add_heading("Heading", level=1)
    document.add_paragraph("item", style="List Number")
    document.add_table(rows=2, cols=2).cell(0, 0).merge(document.tables[0].cell(1, 0)).text = "cell"
    document.sections[0].header.paragraphs[0].text = "header"
    return saved(document)


@given(
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=8)), min_size=1, max_size=5)
)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_word_files(word: bytes, damages: list[tuple[float, bytes]]) -> None:
    data = bytearray(word)
    for place, damage in damages:
        start = int(place * len(data))
        data[start : start + len(damage)] = damage
    hold(bytes(data), "docx")


def test_huge_spans_do_not_multiply_the_text() -> None:
    """A thousand cells that claim thousands of rows each, which would make millions of values."""
    wide = "<td rowspan=65000>" + "a value of some length"
    source = "<table><tr>" + wide * 300 + ("<tr>" + "<td>x" * 2) * 2000
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.html"
        path.write_text(source)
        result = parse(path, path.name, detect(path, path.name), 10_000_000, lambda done, total: None)
    assert result.text.count("a value") < 300 + grid.MOST_REPEATED / 20
    assert result.text.count("x | x") == 2000


@pytest.mark.parametrize("tag", ["div", "b", "ul><li", "table><tr><td", "blockquote", "math", "msqrt", "svg", "select"])
def test_deep_html(tag: str) -> None:
    hold(f"<p>start<math><mi>x</mi></math><{tag}>".encode() * 2_000 + b"end", "html")
    hold(b"start\n\n" + f"<{tag}>".encode() * 2_000 + b"end", "md")


@pytest.mark.parametrize("part", ["<table>\n\n", "<a href=x>", "<x-y>", "<T ", "<math>", "<td>\n\n", "[a](", "<sup>"])
def test_repeated_html_in_markdown(part: str) -> None:
    hold(part.encode() * 3_000, "md")
