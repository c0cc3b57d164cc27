"""Passages for readers are independent of the engine; windows fit the engine."""

from collections.abc import Callable, Sequence
from statistics import fmean

import pytest

from retrieval.chunking import measure
from retrieval.chunking.presets import PRESETS, Preset
from retrieval.chunking.split import Split, preset_name, split, tree
from retrieval.chunking.tree import Section
from retrieval.chunking.windows import CHARACTERS_A_TOKEN
from tests.retrieval.test_chunking import count_words

TEXT = "Tea\nBoil the water. Pour it over. Wait for a while. Drink it then.\n"
SECTIONS = [Section(1, "Tea", 0, 4, len(TEXT))]
SMALL = Preset(wanted=1000, wanted_overlap=0, favoured=9)

ENGLISH = (
    "The harbour was rebuilt after the storm of 1953, and its new wall is four metres high. "
    "Ferries leave for the islands twice a day; in winter there is one on Sundays. "
    "Who wants to take a bicycle should write to the office a week before. "
)
CHINESE = (
    "港口在一九五三年的风暴之后重建，新的堤坝高四米。渡轮每天两次开往群岛；冬天的星期日只有一班。"
    "想带自行车的人应提前一周写信给办公室。"
)
CODE = """def total(rows):
    result = 0
    for row in rows:
        result += int(row)  # a number
    return result

"""


def count_characters(texts: Sequence[str]) -> list[int]:
    return [len(text) for text in texts]


def count_quarters(texts: Sequence[str]) -> list[int]:
    return [len(text) // 4 + 1 for text in texts]


def made(
    text: str = TEXT,
    sections: Sequence[Section] = SECTIONS,
    preset: Preset = SMALL,
    *,
    title: str = "Kitchen",
    max_tokens: int = 100,
    count_tokens: Callable[[Sequence[str]], list[int]] = count_words,
) -> Split:
    return split(text, sections, (), title=title, preset=preset, max_tokens=max_tokens, count_tokens=count_tokens)


def test_a_passage_stands_under_its_title_and_headings() -> None:
    result = made()
    assert result.indexed == [
        "Kitchen › Tea\nBoil the water. Pour it over.",
        "Kitchen › Tea\nWait for a while. Drink it then.",
    ]
    assert [(window.passage, window.text) for window in result.windows] == list(enumerate(result.indexed))


def test_one_that_is_much_for_a_vector_has_several_windows() -> None:
    result = made(max_tokens=12)
    assert len(result.indexed) == 2
    assert [(window.passage, window.text) for window in result.windows] == [
        (0, "Kitchen › Tea\nBoil the water."),
        (0, "Kitchen › Tea\nPour it over."),
        (1, "Kitchen › Tea\nWait for a while."),
        (1, "Kitchen › Tea\nDrink it then."),
    ]


def test_windows_of_a_table_repeat_its_header() -> None:
    rows = "Name | Price\nGreen | 3\nBlack | 2\n"
    preset = Preset(wanted=1000, wanted_overlap=0, favoured=1000)
    result = made(rows, [], preset, title="", max_tokens=12)
    assert [window.text for window in result.windows][-1] == "\nName | Price\nBlack | 2"


def test_what_a_tokenizer_takes_for_one_token_has_windows_all_the_same() -> None:
    result = made("a" * 1000, [], PRESETS["general"], max_tokens=100, count_tokens=lambda texts: [1] * len(texts))
    lengths = [len(window.text.removeprefix("Kitchen\n")) for window in result.windows]
    assert sum(lengths) >= 1000
    assert max(lengths) < 38 * CHARACTERS_A_TOKEN


DOCUMENTS = {
    "English": (ENGLISH * 60, []),
    "Chinese": (CHINESE * 60, []),
    "code": (CODE * 60, []),
    "sections": (
        "Harbour\n" + ENGLISH * 9 + "\nFerries\n" + CHINESE * 9,
        [Section(1, "Harbour", 0, 8, 8 + len(ENGLISH) * 9)],
    ),
    "table": ("Name | Price\n" + "Green tea | 3\n" * 200, []),
    "one word": ("x" * 20_000, []),
}


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_engine_changes_no_passage(document: str, preset: str) -> None:
    text, sections = DOCUMENTS[document]
    built_in = made(text, sections, PRESETS[preset], max_tokens=256, count_tokens=count_words)
    large = made(text, sections, PRESETS[preset], max_tokens=8192, count_tokens=count_quarters)
    small = made(text, sections, PRESETS[preset], max_tokens=128, count_tokens=count_characters)
    assert built_in.nodes == large.nodes == small.nodes == tree(text, sections, (), PRESETS[preset]).nodes
    assert built_in.indexed == large.indexed == small.indexed
    assert [window.text for window in large.windows] == large.indexed
    assert len(small.windows) > len(small.passages)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("max_tokens", [128, 256, 512, 8192])
def test_every_window_is_whole_to_its_engine(document: str, preset: str, max_tokens: int) -> None:
    text, sections = DOCUMENTS[document]
    title = "A handbook of harbours, " * 20
    for count_tokens in (count_words, count_characters, count_quarters):
        result = made(text, sections, PRESETS[preset], title=title, max_tokens=max_tokens, count_tokens=count_tokens)
        assert max(count_tokens([window.text for window in result.windows])) <= max_tokens - 2  # two are special
        assert sorted({window.passage for window in result.windows}) == list(range(len(result.passages)))


def mean_length(preset: str, text: str) -> float:
    passages = made(text, [], PRESETS[preset]).passages
    return fmean(measure.lengths([text[passage.start : passage.end] for passage in passages]))


def test_presets_differ_as_their_names_promise() -> None:
    means = {preset: mean_length(preset, ENGLISH * 100) for preset in PRESETS}
    assert max(means["narrative"], means["general"]) < means["technical"] < means["paper"] < means["legal"]
    assert all(preset.overlap * 4 <= preset.length <= preset.wanted for preset in PRESETS.values())


@pytest.mark.parametrize("preset", PRESETS)
def test_chinese_passages_take_as_long_to_read_as_english_ones(preset: str) -> None:
    """Two Chinese characters to an English word."""
    english = made(ENGLISH * 100, [], PRESETS[preset]).passages
    chinese = made(CHINESE * 100, [], PRESETS[preset]).passages
    words = fmean(len((ENGLISH * 100)[passage.start : passage.end].split()) for passage in english)
    characters = fmean(passage.end - passage.start for passage in chinese)
    assert 2 / 3 < characters / 2 / words < 4 / 3


def test_a_document_is_split_by_its_kind_unless_somebody_chose() -> None:
    assert preset_name("auto", CODE * 10, []) == preset_name("auto", ENGLISH, [], is_code=True) == "code"
    assert preset_name("auto", ENGLISH * 10, []) == "general"
    assert preset_name("legal", CODE * 10, []) == "legal"


def test_a_passage_knows_its_pages() -> None:
    text = "First page. " * 20 + "Second page. " * 20
    result = split(text, [], [0, 240], title="", preset=PRESETS["general"], max_tokens=100, count_tokens=count_words)
    assert [result.pages(passage) for passage in result.passages] == [(1, 1), (2, 2)]
    assert made().pages(made().passages[0]) is None
