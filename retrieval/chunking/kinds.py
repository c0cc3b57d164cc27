"""Recognises the kind of a document from its text. The kind is the name of a preset. Pure.

A file may be a single line of arbitrary characters, so every pattern must take linear time: an unbounded run begins at
the start of a word or line and never backtracks (`++`, `*+`); other runs have a maximum length.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import regex

GENERAL, CODE = "general", "code"
SAMPLE, CODE_SAMPLE = 100_000, 30_000  # characters that are examined
SHORTEST = 1_000  # shorter texts have too little evidence
FEWEST_LINES, LONGEST_LINE, MOST = 4, 200, 0.6  # of source code: number of lines, characters in a line, share of lines


@dataclass(frozen=True)
class Sign:
    """A pattern that is typical of one kind of document; others have up to `usual` matches in 1,000 characters."""

    pattern: "regex.Pattern[str]"
    usual: float


SIGNS = {
    "legal": Sign(
        regex.compile(
            r"(?i)\b(?:shall|hereby|hereto|herein|hereinafter|thereof|whereas|notwithstanding|indemnif\w++|party|parties"
            r"|agreement|pursuant to|governing law)\b|第[零〇一二三四五六七八九十百千\d]{1,12}+条"
            r"|甲方|乙方|本合同|本协议|依照|应当"
        ),
        4.0,
    ),
    "paper": Sign(
        regex.compile(
            r"(?i)\bet al\.|\[\d{1,3}(?:[,–-]\s?\d{1,3})*+\]"
            r"|\([A-Z]\p{L}++(?: and [A-Z]\p{L}++| et al\.)?,? (?:19|20)\d\d[a-z]?\)"
            r"|\b(?:fig(?:ure)?|table|eq(?:uation)?|theorem|lemma)\.? ?\d|\bwe (?:propose|show|find|present|evaluate)\b"
            r"|\bdoi:|arXiv|如图|实验结果|本文"
        ),
        1.5,
    ),
    "technical": Sign(
        regex.compile(
            r"`[^`\n]++`|^```|^[^\S\n]*+[$>#] \w|\b\w+_\w++|\b\p{Ll}++\p{Lu}\w++|--?\p{Ll}[\w-]++|\w\(\)|https?://"
            r"|\b\w++\.\w++\.\w++",
            regex.MULTILINE,
        ),
        5.0,
    ),
    "narrative": Sign(
        regex.compile(r"[“「『][^“「『”」』]{5,}+[”」』]|\b(?:said|asked|replied|cried|whispered)\b|说道|问道"),
        2.0,
    ),
}
PARTS_OF_A_PAPER = regex.compile(
    r"(?im)^[^\w\n]*+(?:\d++\.?[^\S\n]++)?"
    r"(?:abstract|introduction|references|related work|摘[^\S\n]?要|参考文献|关键词)"
)
COMMENT = regex.compile(r"\s*+(?://|/\*|\*|#(?!\w)|--|$)")
LINE_OF_CODE = regex.compile(  # tried on lines up to LONGEST_LINE
    r"""\s*+(?:
        (?:def|class|import|from|return|fn|func|function|package|namespace|struct|enum|impl|use|pub|public|private
          |protected|static|const|let|var|void|elif|\#\w+)\b .* [\w"'>\]);{}(:,]
      | .* [{}]                                     # blocks
      | .* [\w)\]"']\([^()]*\) [;,:{)]*            # a call, or what it ends with
      | .* \) [;,:{]+
      | [\w.:\[\]"'*&<>\->]+ (?:\s\w+)? \s* (?:[-+|&*]?=|:=|:\s) .* [\w"')\]}>;,({\[]   # an assignment
      | [\w.\[\]"'&*]+ [,;]                        # an item of a list
      | @\w.* | (?:try|else|finally|do):? | [\[\](){};,]+
    )\s*+""",
    regex.VERBOSE,
)


def kind_of(text: str, titles: Sequence[str] = ()) -> str:
    """The kind with the most evidence, or GENERAL if there is little. `titles` are those of the sections."""
    sample = text[:SAMPLE]
    if _is_code(sample):
        return CODE
    if len(sample) < SHORTEST:
        return GENERAL
    # The frequency of each sign relative to other texts.
    evidence = {
        kind: 1000 * _count(sign.pattern, sample) / len(sample) / sign.usual
        for kind, sign in SIGNS.items()
        if kind != "paper" or _has_parts_of_a_paper(sample, titles)
    }
    kind = max(evidence, key=lambda name: evidence[name])
    return kind if evidence[kind] >= 1 else GENERAL


def _has_parts_of_a_paper(sample: str, titles: Sequence[str]) -> bool:
    return _count(PARTS_OF_A_PAPER, "\n".join(titles)) + _count(PARTS_OF_A_PAPER, sample) >= 2


def _count(pattern: "regex.Pattern[str]", text: str) -> int:
    return sum(1 for _match in pattern.finditer(text))


def _is_code(sample: str) -> bool:
    """Whether most lines, apart from comments, can hardly be anything but code."""
    lines = [line for line in sample[:CODE_SAMPLE].split("\n") if not COMMENT.match(line)]
    if len(lines) < FEWEST_LINES:
        return False
    found = sum(len(line) <= LONGEST_LINE and LINE_OF_CODE.fullmatch(line) is not None for line in lines)
    return found > MOST * len(lines)
