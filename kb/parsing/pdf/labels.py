"""Page labels (ISO 32000-2, 12.4.2): i, ii, iii, 1, 2, A-3."""

import logging
import re

from pypdf import PdfReader

from kb.parsing.draft import one_line
from kb.parsing.pdf.objects import DAMAGE

logger = logging.getLogger(__name__)

LABEL_CHARACTERS = 32
_COUNTED_DOWN = re.compile(r"0|-\d+")


def labels(reader: PdfReader, page_count: int) -> tuple[str, ...]:
    """One label per page; empty if they are just 1, 2, 3 and so on.

    A page keeps its number if it has no label, or one too long to cite. Damaged labels are ignored.
    """
    counted = tuple(str(number) for number in range(1, page_count + 1))
    try:
        own = [_citable(label) for label in reader.page_labels]
        found = tuple(label or number for label, number in zip(own, counted, strict=True))
    except DAMAGE as error:
        logger.warning("its page labels cannot be read: %s: %s", type(error).__name__, error)
        return ()
    return () if found == counted else found


def _citable(label: str) -> str:
    """`label`, or "" if unusable: pypdf counts backwards from the first labelled page to the pages before it."""
    if len(label) > LABEL_CHARACTERS or _COUNTED_DOWN.fullmatch(label):
        return ""
    return one_line(label)
