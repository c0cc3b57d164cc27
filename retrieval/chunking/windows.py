"""Passages in windows: the parts that an engine makes one vector of. Pure.

One vector says little of much text, so an engine with a small window gets a passage in several. The passage itself
stays as it is, whatever the engine.
"""

from collections.abc import Callable, Iterator, Sequence

from retrieval.chunking.packing import TEXTS_AT_ONCE, Packing, Span

CountTokens = Callable[[Sequence[str]], list[int]]  # of each text, as an engine counts

# Engines that take no more were trained on sentences and paragraphs. Those of 512 tokens find most with the same
# windows as those of 256.
SENTENCE_ENGINE, SENTENCE_TOKENS = 512, 256

# Some tokenizers take any long run of letters for one unknown token. What counts is at least its share of characters.
CHARACTERS_A_TOKEN = 8


def window_tokens(max_tokens: int, share: float) -> int:
    """How long a window is for an engine that takes `max_tokens` at once, if it should be this share of them."""
    return int(share * (min(max_tokens, SENTENCE_TOKENS) if max_tokens <= SENTENCE_ENGINE else max_tokens))


def windows(text: str, passages: Sequence[Span], limit: int, count_tokens: CountTokens) -> list[list[Span]]:
    """The windows of each passage, none over `limit` tokens."""

    def measure(texts: Sequence[str]) -> list[int]:
        counts = count_tokens(texts)
        return [max(count, len(text) // CHARACTERS_A_TOKEN) for text, count in zip(texts, counts, strict=True)]

    packing = Packing(limit, 0, measure)
    fitting = set(_fitting(text, passages, limit, packing))
    return [
        [(start, end)] if place in fitting else list(packing.spans(text, start, end))
        for place, (start, end) in enumerate(passages)
    ]


def _fitting(text: str, passages: Sequence[Span], limit: int, packing: Packing) -> Iterator[int]:
    """The passages that are a window each. No tokenizer makes more tokens than bytes: few need to be counted."""
    uncounted = []
    for place, (start, end) in enumerate(passages):
        if len(text[start:end].encode("utf-8", "surrogatepass")) <= limit:
            yield place
        else:
            uncounted.append(place)
    for at in range(0, len(uncounted), TEXTS_AT_ONCE):
        some = uncounted[at : at + TEXTS_AT_ONCE]
        lengths = packing.measure([text[slice(*passages[place])] for place in some])
        yield from (place for place, length in zip(some, lengths, strict=True) if length <= limit)
