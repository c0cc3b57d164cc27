"""What a reader is shown of a hit: its passage with what stands around it. Pure."""

from retrieval.chunking.boundaries import boundaries


def around(text: str, start: int, end: int, characters: int) -> tuple[int, int]:
    """The span of `text` with text[start:end] in its middle, from one whole sentence or line to another.

    It has at most so many `characters`, unless the passage has more: then it is the passage alone.
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
