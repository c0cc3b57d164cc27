"""Checks the title in a file's properties, which often comes from a program rather than the author."""

import re

from kb.parsing.draft import one_line

_GENERATED = re.compile(
    r"""
    (un|not)\s?titled .*
    | no\ title
    | (document|presentation|slide|page|book|sheet|title|layout) \s* (\d+|\(\d+\))?
    | (power\s?point|word|microsoft\ word|excel) \s (presentation|document|template)
    | microsoft\ (word|power\s?point|excel|office\ word) \s* - .*
    | (doi|https?) : .*
    | .* \. (docx?|dotx?|rtf|odt|wp[ds]|pages|pdf|e?ps|tex|dvi|txt|html?|pptx?|xlsx?|indd|qxd|p65|fm|ai|cdr)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_LETTER = re.compile(r"[^\W\d_]")


def sensible_title(claimed: str | None) -> str | None:
    """The title as one line; None if it is missing, a program's default, a file name, or unreadable."""
    title = one_line(claimed or "")
    if not _LETTER.search(title) or "\ufffd" in title or _GENERATED.fullmatch(title):
        return None
    return title
