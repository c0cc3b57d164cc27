"""The table of media types: the parser of each, its names for people, and how browsers receive its files.

Source code and data formats are not listed one by one: see `languages`.
"""

from typing import NamedTuple

from kb.parsing import media_type as types
from kb.parsing.languages import language_of

_MAX_LABEL = 5  # characters of a short label


class Format(NamedTuple):
    """`is_sent_as_itself`: other files are sent as plain bytes, since a browser might run what is in them."""

    parser: str
    short_label: str
    long_label: str  # in English; translated where it is shown
    is_sent_as_itself: bool = False


FORMATS = {
    types.PDF: Format("kb.parsing.pdf", "PDF", "PDF", is_sent_as_itself=True),
    types.DOCX: Format("kb.parsing.docx", "DOCX", "DOCX", is_sent_as_itself=True),
    types.MARKDOWN: Format("kb.parsing.markdown", "MD", "Markdown", is_sent_as_itself=True),
    types.PLAIN: Format("kb.parsing.plain", "TXT", "Text", is_sent_as_itself=True),
    types.HTML: Format("kb.parsing.html", "HTML", "HTML"),
    types.TABLE: Format("kb.parsing.table", "CSV", "CSV"),
    types.NOTEBOOK: Format("kb.parsing.notebook", "IPYNB", "Jupyter"),
    types.LATEX: Format("kb.parsing.latex", "TEX", "LaTeX"),
    types.RST: Format("kb.parsing.rst", "RST", "reStructuredText"),
}


def short_label(media_type: str) -> str:
    """A few capitals: PDF, PY, CODE; "?" for an unknown media type."""
    if known := FORMATS.get(media_type):
        return known.short_label
    if language_of(media_type) is None:
        return "?"
    name = media_type.removeprefix("text/x-")
    return name.upper() if len(name) <= _MAX_LABEL else "CODE"
