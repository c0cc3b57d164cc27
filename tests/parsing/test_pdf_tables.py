"""The text of a line from its fragments."""

import pytest

from kb.parsing.pdf.lines import Fragment, Line
from kb.parsing.pdf.tables import write


@pytest.mark.parametrize(
    ("fragments", "text"),
    [
        (["马润芝", "何祎", "杨栋林"], "马润芝 何祎 杨栋林"),
        (["结", "果"], "结果"),
        (["Ma Runzhi,", "He Yi"], "Ma Runzhi, He Yi"),
        (["1.2.1", "Bells"], "1.2.1 Bells"),
        (["39.2", "-", "40.2", "-"], "39.2 - 40.2 -"),
        (["Sales", "$", "14,694", "$", "-", "$", "-"], "Sales $14,694 $- $-"),
    ],
)
def test_fragments_set_apart_stay_apart(fragments: list[str], text: str) -> None:
    """The gaps are one and a half times the font size."""
    line = Line(
        [
            Fragment(fragment, 50.0 * place, 50.0 * place + 35, 0.0, 10.0, True)
            for place, fragment in enumerate(fragments)
        ]
    )
    write([line])
    assert line.text == text
