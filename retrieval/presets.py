"""How documents are cut, by kind of document, as data."""

from dataclasses import dataclass, replace

import regex

CONTEXT_TOKENS = 64  # the most that title and headings take of an engine's window
PIECES = 4  # of a passage as long as an engine's window: one vector says little of much text

# Where a contract, a statute or its like begins another thought: 第十二条, Article 5, Section 3.1, (a), 4.2 Termination
CLAUSE = regex.compile(
    r"""(?m)^[^\S\n]*(?:
        第[零〇一二三四五六七八九十百千\d]+[编章节条款]
      | (?i:article|section|clause|schedule|exhibit|annex)\s+(?:\d+|[IVXLC]+|[A-Z])\b
      | \d{1,2}(?:\.\d{1,2}){0,3}[.)]?\s+(?=["“]?\p{Lu})
      | \((?:[a-z]|[ivx]{1,4}|\d{1,2})\)\s
    )""",
    regex.VERBOSE,
)


@dataclass(frozen=True)
class Preset:
    """Sizes in tokens of the engine that will embed the passages.

    `window`: a passage is at most this part of what the engine takes at once. `begins`: where it matches, a passage may
    begin early: one that is half full ends before it. `shown_characters`: with a shorter passage a reader is shown what
    stands around it, see excerpts.py.
    """

    passage_tokens: int
    overlap_tokens: int
    window: float = 0.75
    begins: "regex.Pattern[str] | None" = None
    shown_characters: int = 0
    piece_tokens: int | None = None  # the most that one vector is made from, its context aside; None: a whole passage

    def clipped(self, max_tokens: int) -> "Preset":
        """The sizes for an engine that takes `max_tokens` at once."""
        piece = max_tokens // PIECES
        if self.passage_tokens <= piece:
            return self
        size = min(self.passage_tokens, int(max_tokens * self.window))
        overlap = min(self.overlap_tokens, size // 4)
        return replace(self, passage_tokens=size, overlap_tokens=overlap, piece_tokens=piece)


PRESETS = {
    "general": Preset(passage_tokens=320, overlap_tokens=32),
    "technical": Preset(passage_tokens=1024, overlap_tokens=128),
    "paper": Preset(passage_tokens=2048, overlap_tokens=256),
    "narrative": Preset(passage_tokens=512, overlap_tokens=64),
    "legal": Preset(passage_tokens=1536, overlap_tokens=192, begins=CLAUSE),
    "code": Preset(passage_tokens=768, overlap_tokens=96, window=1.0, shown_characters=1500),
}
AUTO = "auto"  # each document by its kind: see kinds.kind_of
DEFAULT_PRESET = AUTO
