"""Splits passages into windows, the parts that get one vector each. Pure.

A vector represents a long text badly, so a passage has several windows if the engine's limit is small. The passages are
the same for every engine.
"""

from collections.abc import Callable, Iterator, Sequence

from retrieval.chunking.packing import TEXTS_AT_ONCE, Packing, Span

CountTokens = Callable[[Sequence[str]], list[int]]  # counts the tokens of each text as an engine does

# Engines with this limit or less were trained on sentences and paragraphs. Those with 512 tokens work best with the
# windows of those with 256.
SENTENCE_ENGINE, SENTENCE_TOKENS = 512, 256

# Some tokenizers turn any long run of letters into one unknown token, so a text counts at least this many tokens.
CHARACTERS_A_TOKEN = 8


def window_tokens(max_tokens: int, share: float) -> int:
    """The maximum length of a window: a `share` of the engine's limit of `max_tokens`."""
    return int(share * (min(max_tokens, SENTENCE_TOKENS) if max_tokens <= SENTENCE_ENGINE else max_tokens))


def windows(text: str, passages: Sequence[Span], limit: int, count_tokens: CountTokens) -> list[list[Span]]:
    """The windows of each passage, each of at most `limit` tokens."""

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
    """The passages that fit into one window. A text has no more tokens than bytes, so only few must be counted."""
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
