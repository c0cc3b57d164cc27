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
        {"cell_type": "code", "source": "# no heading\nbrew()", "outputs": [{"text": "unseen"}]},
        {"cell_type": "raw", "source": "as it is"},
    ]
    notebook = {"metadata": {"kernelspec": {"language": "python"}}, "nbformat": 4, "cells": cells}
    result = parsed("a.ipynb", json.dumps(notebook).encode())
    assert result.text == "Tea\n\nAll about it.\n\n```python\n# no heading\nbrew()\n```\n\nas it is"
    assert (result.title, [section.title for section in result.sections]) == ("Tea", ["Tea"])


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
