"""Which texts share a request."""

from collections.abc import Sequence

BYTES_PER_TOKEN = 3  # a rough measure for every language, rather too few: it shapes requests and limits nothing


def batches(texts: Sequence[str], *, budget: int, most: int, max_tokens: int) -> list[list[int]]:
    """The places of `texts` in groups of at most `most` texts and about `budget` tokens, or of one text.

    Texts of similar lengths are together, because many servers pad a batch to its longest; the longest come first, so
    that requests side by side end at about the same time.
    """
    tokens = [min(len(text.encode()) // BYTES_PER_TOKEN + 1, max_tokens) for text in texts]
    found: list[list[int]] = []
    left = 0
    for place in sorted(range(len(texts)), key=lambda place: -tokens[place]):
        if not found or tokens[place] > left or len(found[-1]) >= most:
            found.append([])
            left = budget
        found[-1].append(place)
        left -= tokens[place]
    return found
