"""Presets: how each kind of document is split."""

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from retrieval.chunking.boundaries import BLANK_LINES
from retrieval.chunking.packing import Begin

# Beginnings of clauses in contracts and laws: 第十二条, Article 5, Section 3.1, (a), 4.2 Termination
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
    """Sizes are lengths as in measure.py: 130 is about a hundred English words.

    `wanted` is the maximum length of a passage that suits the style of such documents, `wanted_overlap` what the next
    one repeats. `favoured` is the maximum length at which search works best; it limits `wanted`. `begins` are places
    where a passage may begin early. `window` is the maximum length of a window as a share of a small engine's limit,
    see windows.py. A passage shorter than `shown_characters` is shown with surrounding text, see excerpts.py.
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


# The favoured lengths were measured with `python -m benchmarks.quality`. Longer passages show more context, but fewer
# of them fit into what a reader reads: beyond these lengths, span recall at 2,000 and 4,000 characters falls. General
# was measured on chunking-eval, paper on its articles, legal on contractnli, code on code-search. There is no set of
# manuals or stories: manuals are set between general texts and articles, stories like general texts.
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
AUTO = "auto"  # by the kind of each document, see kinds.kind_of
DEFAULT_PRESET = AUTO
