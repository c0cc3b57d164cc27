"""A file may be one long line of any characters. Four times the text takes about four times as long."""

from collections.abc import Callable
from time import process_time

import pytest

from retrieval.chunking import kinds
from retrieval.chunking.boundaries import boundaries
from retrieval.chunking.measure import lengths
from retrieval.chunking.presets import CLAUSE, PRESETS
from retrieval.chunking.split import split
from retrieval.chunking.tables import tables

SMALL, LARGE = 5_000, 20_000  # characters
MOST = 8  # times as long: 4 if it is linear, 16 if it is quadratic
NO_TIME = 0.01  # seconds for LARGE: what is quadratic takes more

TEXTS = {
    "letters": "a",
    "capitals": "Ab",
    "digits": "7",
    "digits and stops": "1.",
    "low lines": "a_",
    "only low lines": "_",
    "dots": ".",
    "dotted": "a.",
    "stops and blanks": ". ",
    "blanks": " ",
    "lines": "\n",
    "blank lines": " \n",
    "numbers and lines": "1\n\n",
    "opening brackets": "(",
    "closing brackets": ")",
    "brackets": "[1,",
    "opening quotes": "“",
    "Chinese quotes": "「今",
    "ticks": "`a",
    "dashes": "-a",
    "bars": " | a",
    "tables": "a | b\n",
    "rows": "a | \n",
    "Chinese": "今",
    "Chinese numbers": "第一",
    "only Chinese numbers": "一",
    "marks": "\u0301",
    "assignments": "a = b: ",
    "calls": "f(",
    "hashes": "# ",
    "mixed": 'aB1._-("[“| \n第',
}
# What a pattern begins with, before a run that never ends as it should.
STARTS = ["", "\n", "第", "[1", "(A", "“", "`", "1.", "Article ", "a", "A_", "indemnif", "http", "$ ", "- "]

PATTERNS = {
    **{kind: sign.pattern for kind, sign in kinds.SIGNS.items()},
    "parts of a paper": kinds.PARTS_OF_A_PAPER,
    "comment": kinds.COMMENT,
    "clause": CLAUSE,
}


def assert_linear(work: Callable[[str], object], repeated: str, start: str = "") -> None:
    def seconds(characters: int) -> float:
        text = start + repeated * (characters // len(repeated))
        begun = process_time()
        work(text)
        return process_time() - begun

    if seconds(LARGE) < NO_TIME:
        return
    large, small = (min(seconds(size) for _try in range(3)) for size in (LARGE, SMALL))
    assert large < MOST * small


@pytest.mark.parametrize("repeated", TEXTS.values(), ids=TEXTS.keys())
@pytest.mark.parametrize("name", PATTERNS)
def test_every_pattern(name: str, repeated: str) -> None:
    pattern = PATTERNS[name]
    for start in STARTS:
        assert_linear(lambda text: pattern.findall(text), repeated, start)


@pytest.mark.parametrize("repeated", TEXTS.values(), ids=TEXTS.keys())
@pytest.mark.parametrize(
    "work",
    [kinds.kind_of, lambda text: lengths([text]), lambda text: boundaries(text, 0, len(text)), tables],
    ids=["kind", "measure", "boundaries", "tables"],
)
def test_everything_that_reads_the_text(work: Callable[[str], object], repeated: str) -> None:
    assert_linear(work, repeated)


@pytest.mark.parametrize("repeated", TEXTS.values(), ids=TEXTS.keys())
@pytest.mark.parametrize("preset", ["general", "legal", "code"])
def test_a_whole_split(preset: str, repeated: str) -> None:
    def work(text: str) -> None:
        split(
            text,
            [],
            list(range(0, len(text), 50)),
            title="",
            preset=PRESETS[preset],
            max_tokens=256,
            count_tokens=lambda texts: [len(text) for text in texts],
        )

    assert_linear(work, repeated)


@pytest.mark.parametrize("repeated", TEXTS.values(), ids=TEXTS.keys())
def test_lines_of_code_are_looked_at_up_to_a_length(repeated: str) -> None:
    """The pattern is not linear in the length of a line, so it is not tried on long lines."""
    line = (repeated.replace("\n", "") * kinds.LONGEST_LINE)[: kinds.LONGEST_LINE] + "\n"
    assert_linear(lambda text: [kinds.LINE_OF_CODE.fullmatch(one) for one in text.split("\n")], line)
