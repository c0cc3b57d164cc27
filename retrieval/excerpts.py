"""Extends a passage by the text around it. Pure."""

from retrieval.chunking.boundaries import boundaries


def around(text: str, start: int, end: int, characters: int) -> tuple[int, int]:
    """The span of `text` with text[start:end] in its middle that begins and ends between sentences or lines.

    It has at most `characters` characters; a longer passage is returned alone.
    """
    spare = max(0, characters - (end - start)) // 2
    first, last = max(0, start - spare), min(len(text), end + spare)
    before = boundaries(text, first, start) | _line_starts(text, first, start) | ({0} if first == 0 else set())
    after = boundaries(text, end, last) | _line_starts(text, end, last) | ({last} if last == len(text) else set())
    begin, stop = min(before, default=start), max(after, default=end)
    shown = text[begin:stop]
    return begin + len(shown) - len(shown.lstrip("\n")), stop - len(shown) + len(shown.rstrip())


def _line_starts(text: str, start: int, end: int) -> set[int]:
    return {place + 1 for place in range(start, end) if text[place] == "\n"}
