"""How documents are split, by kind of document, as data."""

from dataclasses import dataclass

import regex

# Where a contract, a statute or its like begins another thought: 第十二条, Article 5, Section 3.1, (a), 4.2 Termination
CLAUSE = regex.compile(
    r"""(?m)^[^\S\n]*+(?:
        第[零〇一二三四五六七八九十百千\d]{1,12}+[编章节条款]
      | (?i:article|section|clause|schedule|exhibit|annex)\s++(?:\d++|[IVXLC]++|[A-Z])\b
      | \d{1,2}(?:\.\d{1,2}){0,3}[.)]?\s++(?=["“]?\p{Lu})
      | \((?:[a-z]|[ivx]{1,4}|\d{1,2})\)\s
    )""",
    regex.VERBOSE,
)


@dataclass(frozen=True)
class Preset:
    """Sizes in the measure that knows no engine, see measure.py.

    `wanted`: the longest passage that suits how such a document is written and read. `favoured`: the longest with which
    its passages are still found best. `overlap`: how much of one the next repeats.
    `window`: one vector is made of at most this share of what a small engine takes at once, see windows.py. `begins`:
    where it matches, a passage may begin early: one that is half full ends before it. `shown_characters`: with a
    shorter passage a reader is shown what stands around it, see excerpts.py.
    """

    wanted: int
    wanted_overlap: int
    favoured: int
    window: float = 0.375
    begins: "regex.Pattern[str] | None" = None
    shown_characters: int = 0

    @property
    def length(self) -> int:
        return min(self.wanted, self.favoured)

    @property
    def overlap(self) -> int:
        return min(self.wanted_overlap, self.length // 4)


PRESETS = {
    "general": Preset(wanted=320, wanted_overlap=32, favoured=160),
    "technical": Preset(wanted=1024, wanted_overlap=128, favoured=160),
    "paper": Preset(wanted=2048, wanted_overlap=256, favoured=160),
    "narrative": Preset(wanted=512, wanted_overlap=64, favoured=160),
    "legal": Preset(wanted=1536, wanted_overlap=192, favoured=160, begins=CLAUSE),
    "code": Preset(wanted=768, wanted_overlap=96, favoured=256, window=0.25, shown_characters=1500),
}
AUTO = "auto"  # each document by its kind: see kinds.kind_of
DEFAULT_PRESET = AUTO
