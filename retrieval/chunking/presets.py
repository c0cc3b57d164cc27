"""How documents are split, by kind of document, as data."""

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from retrieval.chunking.boundaries import BLANK_LINES
from retrieval.chunking.packing import Begin

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
    """Sizes in the measure that knows no engine, see measure.py: 130 are about a hundred English words.

    `wanted` is the longest passage that suits how such documents are written, and `wanted_overlap` what the next one
    repeats of it. `favoured` is the longest with which passages are found best; none is longer. `begins` is where one
    may begin early. `window` is the most that one vector is made of, as a share of what a small engine takes, see
    windows.py. With a passage shorter than `shown_characters` a reader is shown what stands around it, see excerpts.py.
    """

    wanted: int
    wanted_overlap: int
    favoured: int
    begins: Sequence[Begin] = ()
    window: float = 0.375
    shown_characters: int = 0

    @property
    def length(self) -> int:
        return min(self.wanted, self.favoured)

    @property
    def overlap(self) -> int:
        return min(self.wanted_overlap, self.length // 4)


# What is favoured was measured with `python -m benchmarks.quality`. A longer passage shows more around a hit, but then
# a few thousand characters hold fewer hits: beyond these sizes span recall at 2,000 and 4,000 characters falls.
# General: chunking-eval; paper: its articles; legal: contractnli; code: code-search. No set is of manuals or stories
# alone: manuals are between general texts and articles, stories are as general texts.
PRESETS = {
    "general": Preset(wanted=320, wanted_overlap=36, favoured=164),
    "technical": Preset(wanted=1024, wanted_overlap=128, favoured=192),
    "paper": Preset(wanted=2048, wanted_overlap=256, favoured=200),
    "narrative": Preset(wanted=512, wanted_overlap=64, favoured=164),
    "legal": Preset(
        wanted=1536, wanted_overlap=192, favoured=224, begins=(Begin(BLANK_LINES, 0.7), Begin(CLAUSE, 0.5))
    ),
    "code": Preset(wanted=768, wanted_overlap=96, favoured=216, window=0.25, shown_characters=1500),
}
AUTO = "auto"  # each document by its kind: see kinds.kind_of
DEFAULT_PRESET = AUTO
