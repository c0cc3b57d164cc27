"""Tables, notebooks, LaTeX and reStructuredText."""

import json

import pytest

from kb.parsing.errors import Unreadable
from tests.parsing.conftest import Parse


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("a.csv", 'name,price\n"tea, green",3\n"two\nlines",4\n', "name | price\ntea, green | 3\ntwo lines | 4"),
        ("a.csv", "Preis;Name\n3,50;Tee\n4,00;Saft\n", "Preis | Name\n3,50 | Tee\n4,00 | Saft"),
        ("a.tsv", "a\tb\n1\t\n", "a | b\n1 |"),
        ("a.csv", 'not "closed, ever\n"and so on', 'not "closed, ever\n"and so on'),
    ],
)
def test_a_table_is_a_line_per_row(name: str, data: str, text: str, parsed: Parse) -> None:
    assert parsed(name, data.encode()).text == text


def test_a_notebook_is_its_texts_and_its_code(parsed: Parse) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Tea\n", "\n", "All *about* it."]},
        {"cell_type": "code", "source": "# no heading\nbrew()", "outputs": []},
        {"cell_type": "raw", "source": "as it is"},
    ]
    notebook = {"metadata": {"kernelspec": {"language": "python"}}, "nbformat": 4, "cells": cells}
    result = parsed("a.ipynb", json.dumps(notebook).encode())
    assert result.text == "Tea\n\nAll about it.\n\n```python\n# no heading\nbrew()\n```\n\nas it is"
    assert (result.title, [section.title for section in result.sections]) == ("Tea", ["Tea"])


def test_outputs_of_a_notebook_that_are_text_are_kept(parsed: Parse) -> None:
    table = "<table><tr><th>leaf<th>price<tr><td>oolong<td>7</table>"
    outputs: list[dict[str, object]] = [
        {"output_type": "stream", "text": ["10 %\r", "100 %\n", "\x1b[32mdone\x1b[0m\n"]},
        {"output_type": "execute_result", "data": {"text/html": table, "text/plain": "unseen"}},
        {"output_type": "execute_result", "data": {"text/plain": ["42"]}},
        {"output_type": "display_data", "data": {"image/png": "unseen", "text/plain": "<Figure unseen>"}},
        {"output_type": "error", "ename": "ValueError", "evalue": "too hot", "traceback": ["unseen"]},
    ]
    cell = {"cell_type": "code", "source": "brew()", "outputs": outputs}
    assert parsed("a.ipynb", json.dumps({"cells": [cell]}).encode()).text == (
        "```\nbrew()\n```\n\n```\n100 %\ndone\n```\n\nleaf | price\noolong | 7\n\n```\n42\n```\n\n"
        "```\nValueError: too hot\n```"
    )


def test_old_line_ends_and_marks_make_no_difference(parsed: Parse) -> None:
    markdown = "---\ntitle: Tea\n---\n# Head\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    expected = parsed("a.md", markdown.encode())
    assert (expected.title, expected.text) == ("Tea", "Head\n\na | b\n1 | 2")
    for end in ("\r\n", "\r"):
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le"):
            assert parsed("a.md", markdown.replace("\n", end).encode(encoding)) == expected
    assert parsed("a.csv", b"a,b\r1,2\r").text == "a | b\n1 | 2"


@pytest.mark.parametrize("data", [b"{", b"[]", b'{"cells": [{}]}', b'{"cells": {"a": 1}}', b'{"worksheets": []}'])
def test_an_invalid_notebook_is_unreadable(data: bytes, parsed: Parse) -> None:
    with pytest.raises(Unreadable, match="not a notebook"):
        parsed("a.ipynb", data)


def test_latex_keeps_its_source_and_has_sections(parsed: Parse) -> None:
    source = "\\title{On \\emph{tea}}\n\\section{First}\ntext\n\\subsection*[short]{The {\\bf second}}\n% \\section{no}"
    result = parsed("a.tex", source.encode())
    assert (result.title, result.text) == ("On tea", source)
    assert [(section.level, section.title, section.start == section.body) for section in result.sections] == [
        (1, "First", True),
        (2, "The second", True),
    ]


def test_headings_of_restructured_text_make_sections(parsed: Parse) -> None:
    source = "=====\nTitle\n=====\n\ntext\n\nPart\n====\n\nDeep\n~~~~\n\n::\n\n    code\n\nNext\n====\nend"
    result = parsed("a.rst", source.encode())
    assert result.title == "Title"
    assert [(section.level, section.title) for section in result.sections] == [
        (1, "Title"),
        (2, "Part"),
        (3, "Deep"),
        (2, "Next"),
    ]
    assert result.text == "Title\n\ntext\n\nPart\n\nDeep\n\n::\n\n    code\n\nNext\n\nend"
