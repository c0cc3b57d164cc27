"""How documents are cut, by kind of document, as data."""

from dataclasses import dataclass, replace

import regex

CONTEXT_TOKENS = 64  # the most that title and headings take of an engine's window

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

    `window`: a passage is at most this part of what the engine takes at once. `piece`: one vector is made of at most
    this part of it, context aside, for it says little of much text; a longer passage has several. `begins`: where it
    matches, a passage may begin early: one that is half full ends before it. `shown_characters`: with a shorter passage
    a reader is shown what stands around it, see excerpts.py.
    """

    passage_tokens: int
    overlap_tokens: int
    window: float = 0.625
    piece: float = 0.375
    begins: "regex.Pattern[str] | None" = None
    shown_characters: int = 0
    piece_tokens: int | None = None  # None: a vector is made of a whole passage

    def clipped(self, max_tokens: int) -> "Preset":
        """The sizes for an engine that takes `max_tokens` at once."""
        piece = int(max_tokens * self.piece)
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
    "code": Preset(passage_tokens=768, overlap_tokens=96, window=1.0, piece=0.25, shown_characters=1500),
}
AUTO = "auto"  # each document by its kind: see kinds.kind_of
DEFAULT_PRESET = AUTO
