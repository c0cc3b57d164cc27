"""What kind of document a text is, by what stands in it: the name of the preset that cuts it. Pure."""

from collections.abc import Sequence

import regex

GENERAL, CODE = "general", "code"
SAMPLE, CODE_SAMPLE = 100_000, 30_000  # characters that are looked at
SHORTEST = 1_000  # with less there is no evidence
FEWEST_LINES, LONGEST_LINE, MOST = 4, 200, 0.6  # of code: lines, characters, share of the lines

_LEGAL = regex.compile(
    r"(?i)\b(?:shall|hereby|hereto|herein|hereinafter|thereof|whereas|notwithstanding|indemnif\w+|party|parties"
    r"|agreement|pursuant to|governing law)\b|第[零〇一二三四五六七八九十百千\d]+条|甲方|乙方|本合同|本协议|依照|应当"
)
_PAPER = regex.compile(
    r"(?i)\bet al\.|\[\d{1,3}(?:[,–-]\s?\d{1,3})*\]"
    r"|\([A-Z]\p{L}+(?: and [A-Z]\p{L}+| et al\.)?,? (?:19|20)\d\d[a-z]?\)"
    r"|\b(?:fig(?:ure)?|table|eq(?:uation)?|theorem|lemma)\.? ?\d|\bwe (?:propose|show|find|present|evaluate)\b"
    r"|\bdoi:|arXiv|如图|实验结果|本文"
)
_PAPER_PARTS = regex.compile(
    r"(?im)^\W*(?:\d+\.?\s+)?(?:abstract|introduction|references|related work|摘\s?要|参考文献|关键词)"
)
_TECHNICAL = regex.compile(
    r"`[^`\n]+`|^```|^\s*[$>#] \w|\b\w+(?:_\w+)+\b|\b\p{Ll}+\p{Lu}\w+\b|--?\p{Ll}[\w-]+|\w+\(\)|https?://"
    r"|\b\w+\.\w+\.\w+\b|\b[A-Z][A-Z0-9]{2,}_[A-Z0-9_]+\b",
    regex.MULTILINE,
)
_COMMENT = regex.compile(r"\s*(?://|/\*|\*|#(?!\w)|--|$)")
_CODE = regex.compile(
    r"""\s*(?:
        (?:def|class|import|from|return|fn|func|function|package|namespace|struct|enum|impl|use|pub|public|private
          |protected|static|const|let|var|void|elif|\#\w+)\b .* [\w"'>\]);{}(:,]
      | .* [{}]                                     # blocks
      | .* [\w)\]"']\([^()]*\) [;,:{)]*            # a call, or what it ends with
      | .* \) [;,:{]+
      | [\w.:\[\]"'*&<>\->]+ (?:\s\w+)? \s* (?:[-+|&*]?=|:=|:\s) .* [\w"')\]}>;,({\[]   # an assignment
      | [\w.\[\]"'&*]+ [,;]                        # an item of a list
      | @\w.* | (?:try|else|finally|do):? | [\[\](){};,]+
    )\s*""",
    regex.VERBOSE,
)
_SPOKEN = regex.compile(r"[“「『][^”」』]{5,}[”」』]|\b(?:said|asked|replied|cried|whispered)\b|说道|问道")


def kind_of(text: str, titles: Sequence[str] = ()) -> str:
    """The kind with the most evidence, or GENERAL if there is little. `titles`: of the sections."""
    sample = text[:SAMPLE]
    if _is_code(sample):
        return CODE
    if len(sample) < SHORTEST:
        return GENERAL

    def per_thousand(pattern: "regex.Pattern[str]") -> float:
        return 1000 * len(pattern.findall(sample)) / len(sample)

    parts = len(_PAPER_PARTS.findall("\n".join(titles))) + len(_PAPER_PARTS.findall(sample))
    # How far each is beyond what other texts have of it.
    evidence = {
        "legal": per_thousand(_LEGAL) / 4.0,
        "paper": per_thousand(_PAPER) / 1.5 if parts >= 2 else 0.0,
        "technical": per_thousand(_TECHNICAL) / 5.0,
        "narrative": per_thousand(_SPOKEN) / 2.0,
    }
    kind = max(evidence, key=lambda name: evidence[name])
    return kind if evidence[kind] >= 1 else GENERAL


def _is_code(sample: str) -> bool:
    """Whether most lines that are no comments can hardly be anything else."""
    lines = [line for line in sample[:CODE_SAMPLE].split("\n") if not _COMMENT.match(line)]
    if len(lines) < FEWEST_LINES:
        return False
    return sum(len(line) <= LONGEST_LINE and _CODE.fullmatch(line) is not None for line in lines) > MOST * len(lines)
