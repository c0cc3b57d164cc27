"""A title from a file's properties is used only if it looks meaningful."""

import pytest

from kb.parsing.titles import sensible_title


@pytest.mark.parametrize("claimed", ["Annual report 2023", "民法典", "U.S. v. Smith", "Document retention policy"])
def test_meaningful_titles_are_kept(claimed: str) -> None:
    assert sensible_title(claimed) == claimed


@pytest.mark.parametrize(
    "claimed",
    [
        None,
        "",
        " \0",
        "Untitled",
        "untitled-3",
        "Document1",
        "PowerPoint Presentation",
        "Microsoft Word - report final.doc",
        "scan_0042.pdf",
        "0000004962-23-000006",
        "Caf\ufffd",
        "doi:10.1000/182",
    ],
)
def test_meaningless_titles_are_dropped(claimed: str | None) -> None:
    assert sensible_title(claimed) is None


def test_a_title_becomes_one_line() -> None:
    assert sensible_title(" Annual\r\n  report ") == "Annual report"
