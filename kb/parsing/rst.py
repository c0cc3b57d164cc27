"""reStructuredText: the source unchanged except for headings. https://docutils.sourceforge.io/docs/ref/rst"""

from collections.abc import Callable
from pathlib import Path

from kb.parsing.draft import Draft, clean
from kb.parsing.encoding import read_text
from kb.parsing.parsed import Parsed
from kb.parsing.text_headings import PUNCTUATION, underlined


def parse(path: Path, max_characters: int, progress: Callable[[int, int], None]) -> Parsed:
    """See registry.parse. The title is a heading at the very beginning."""
    draft = Draft(max_characters)
    lines = clean(read_text(path, max_characters)).split("\n")
    found = underlined(lines, PUNCTUATION)
    start = 0
    for heading in found:
        draft.write("\n".join(lines[start : heading.first]))
        draft.heading(heading.level, heading.title)
        start = heading.stop
    draft.write("\n".join(lines[start:]))
    starts_with_one = found and not any(line.strip() for line in lines[: found[0].first])
    return draft.finish(found[0].title if starts_with_one else None)
