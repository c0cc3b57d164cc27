"""What is indexed of a text: each passage under its headings, and embedded in windows that an engine sees whole."""

from collections.abc import Sequence

from retrieval.chunking.presets import Preset
from retrieval.chunking.split import Split, split
from retrieval.chunking.tree import Section

TEXT = "Tea\nBoil the water. Pour it over. Wait for a while. Drink it then.\n"
SECTIONS = [Section(1, "Tea", 0, 4, len(TEXT))]


def count_words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def split_by(preset: Preset) -> Split:
    return split(TEXT, SECTIONS, (), title="Kitchen", preset=preset, max_tokens=1000, count_tokens=count_words)


def test_a_passage_stands_under_its_title_and_headings() -> None:
    result = split_by(Preset(20, 0))
    assert result.indexed == ["Kitchen › Tea\nBoil the water. Pour it over. Wait for a while. Drink it then."]
    assert [(window.passage, window.text) for window in result.windows] == [(0, result.indexed[0])]


def test_one_that_is_much_for_a_vector_is_embedded_in_windows() -> None:
    result = split_by(Preset(10, 0, piece_tokens=4))
    assert result.indexed == [
        "Kitchen › Tea\nBoil the water. Pour it over.",
        "Kitchen › Tea\nWait for a while. Drink it then.",
    ]
    assert [(window.passage, window.text) for window in result.windows] == [
        (0, "Kitchen › Tea\nBoil the water."),
        (0, "Kitchen › Tea\nPour it over."),
        (1, "Kitchen › Tea\nWait for a while."),
        (1, "Kitchen › Tea\nDrink it then."),
    ]
