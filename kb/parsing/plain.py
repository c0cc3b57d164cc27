"""Plain text: unchanged, except that wrapped lines are joined and headings are detected."""

from collections.abc import Callable
from pathlib import Path

from kb.parsing import text_headings
from kb.parsing.draft import Draft, clean
from kb.parsing.encoding import read_text
from kb.parsing.parsed import Parsed
from kb.parsing.wrapping import Wrapping


def parse(path: Path, max_characters: int, progress: Callable[[int, int], None]) -> Parsed:
    """See registry.parse. There is no title: the first line may be anything."""
    draft = Draft(max_characters)
    source = clean(read_text(path, max_characters))
    lines = source.split("\n")
    wrapping, headings = Wrapping.of(lines), text_headings.find(lines)
    below = max((heading.level for heading in headings), default=0) + 1
    has_articles = text_headings.has_articles(source)
    start = 0
    for heading in (*headings, None):
        text = clean("\n".join(wrapping.joined(lines[start : heading.first if heading else None])))
        draft.write(text)
        if has_articles:
            draft.mark(text_headings.articles(text, below))
        if heading:
            draft.heading(heading.level, heading.title)
            start = heading.stop
    return draft.finish(title=None)
