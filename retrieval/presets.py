"""How documents are cut, by kind of document, as data."""

from dataclasses import dataclass

import regex

CONTEXT_TOKENS = 64  # the most that title and headings take of an engine's window
SPECIAL_TOKENS = 2  # what an engine adds by itself

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

    `begins`: where it matches, a passage may begin early: one that is half full ends before it.
    """

    passage_tokens: int
    overlap_tokens: int
    begins: "regex.Pattern[str] | None" = None

    def clipped(self, max_tokens: int) -> "Preset":
        """The sizes that leave room for the context line in an engine's window of `max_tokens`."""
        room = max_tokens - SPECIAL_TOKENS - CONTEXT_TOKENS
        size = min(self.passage_tokens, room)
        return Preset(size, min(self.overlap_tokens, size // 4), self.begins)


PRESETS = {
    "general": Preset(passage_tokens=320, overlap_tokens=32),
    "technical": Preset(passage_tokens=1024, overlap_tokens=128),
    "paper": Preset(passage_tokens=2048, overlap_tokens=256),
    "narrative": Preset(passage_tokens=512, overlap_tokens=64),
    "legal": Preset(passage_tokens=1536, overlap_tokens=192, begins=CLAUSE),
    "code": Preset(passage_tokens=768, overlap_tokens=96),
}
AUTO = "auto"  # each document by its kind: see kinds.kind_of
DEFAULT_PRESET = AUTO
