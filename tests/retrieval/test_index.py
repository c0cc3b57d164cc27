"""What is indexed of a text: each leaf under its headings, and embedded in pieces that an engine sees whole."""

import pytest

from retrieval import build
from retrieval.chunking.chunker import Section
from retrieval.chunking.presets import PRESETS, Preset
from tests.retrieval.test_chunking import count_words

TEXT = "Tea\nBoil the water. Pour it over. Wait for a while. Drink it then.\n"
SECTIONS = [Section(1, "Tea", 0, 4, len(TEXT))]


def cut(preset: Preset, text: str = TEXT) -> build.Cut:
    return build.cut(text, SECTIONS, (), title="Kitchen", preset=preset, count_tokens=count_words)


def test_a_leaf_stands_under_its_title_and_headings() -> None:
    result = cut(Preset(20, 0))
    assert result.indexed == ["Kitchen › Tea\nBoil the water. Pour it over. Wait for a while. Drink it then."]
    assert (result.inputs, result.leaf_of) == (result.indexed, [0])


def test_one_that_is_much_for_a_vector_is_embedded_in_pieces() -> None:
    result = cut(Preset(10, 0, piece_tokens=4))
    assert result.indexed == [
        "Kitchen › Tea\nBoil the water. Pour it over.",
        "Kitchen › Tea\nWait for a while. Drink it then.",
    ]
    assert result.inputs == [
        "Kitchen › Tea\nBoil the water.",
        "Kitchen › Tea\nPour it over.",
        "Kitchen › Tea\nWait for a while.",
        "Kitchen › Tea\nDrink it then.",
    ]
    assert result.leaf_of == [0, 0, 1, 1]


def test_pieces_of_a_table_repeat_its_header() -> None:
    rows = "Tea\nName | Price\nGreen | 3\nBlack | 2\n"
    result = build.cut(
        rows, SECTIONS[:0], (), title="", preset=Preset(100, 0, piece_tokens=3), count_tokens=count_words
    )
    assert result.inputs[-1] == "\nName | Price\nBlack | 2"


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("window", [128, 256, 512, 2048, 32_768])
def test_every_preset_fits_every_engine(name: str, window: int) -> None:
    preset = PRESETS[name].clipped(window)
    assert preset.passage_tokens <= min(window, PRESETS[name].passage_tokens)
    assert preset.overlap_tokens < preset.passage_tokens
    assert (preset.piece_tokens or preset.passage_tokens) <= window // 2
