"""Any file gives either a text with consistent offsets or a reason."""

import io
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from docx import Document
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb.parsing.draft import clean
from kb.parsing.errors import ParsingError
from kb.parsing.media_type import detect
from kb.parsing.registry import parse

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
    document = Document()
    document.add_heading("Heading", level=1)
    document.add_paragraph("item", style="List Number")
    document.add_table(rows=1, cols=2).cell(0, 0).text = "cell"
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


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
