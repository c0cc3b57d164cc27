"""Letters drawn twice to look bold, and letters that are set apart."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsing.raw_pdf import page, parsed, shown, shown_lines, width

words = st.lists(st.text("abdeilmnorstwAEILMNTW", min_size=1, max_size=9), min_size=2, max_size=6).map(" ".join)
BODY = shown_lines(50, 640, *["The keeper of the bridge counts the carts, and in the evening he writes them"] * 4)


def placed(text: str, y: float, size: float, *, gap: float = 0.0, offsets: tuple[float, ...] = (0.0,)) -> bytes:
    """Each letter by itself, and several times if there are several offsets; blanks are not drawn."""
    content, x = b"", 50.0
    for letter in text:
        if letter != " ":
            content += b"".join(shown(x + offset, y - offset / 2, letter, size=size) for offset in offsets)
        x += width(letter, size) + gap
    return content


@settings(max_examples=40, deadline=None)
@given(text=words, offset=st.floats(0.02, 0.06), times=st.integers(2, 3))
def test_letters_drawn_several_times_are_read_once(text: str, offset: float, times: int) -> None:
    data = page(placed(text, 700, 12, offsets=tuple(12 * offset * n / (times - 1) for n in range(times))))
    assert parsed(data).text == parsed(page(placed(text, 700, 12))).text == text


@settings(max_examples=20, deadline=None)
@given(text=words, offset=st.floats(0.02, 0.1))
def test_a_line_drawn_twice_is_read_once(text: str, offset: float) -> None:
    for second in (shown(50 + 12 * offset, 700, text, size=12), placed(text, 700, 12, offsets=(12 * offset,))):
        assert parsed(page(shown(50, 700, text, size=12) + second)).text == text


@pytest.mark.parametrize("gap", [0.08, 0.15, 0.2, 0.3, 0.45, 0.6, 0.75])
def test_a_heading_of_letters_set_apart_is_words(gap: float) -> None:
    result = parsed(page(placed("WINTER OPENING TIMES", 700, 14, gap=14 * gap) + BODY))
    assert [section.title for section in result.sections] == ["WINTER OPENING TIMES"]


@pytest.mark.parametrize(
    "shown_as",
    [
        b"4 Tc (WINTER TIMES) Tj 0 Tc",
        b"[(W) -300 (I) -300 (N) -300 (T) -300 (E) -300 (R) -878 (T) -300 (I) -300 (M) -300 (E) -300 (S)] TJ",
        b"(W I N T E R   T I M E S) Tj",
        b"(W I N T E R  T I M E S) Tj",
    ],
)
def test_letters_set_apart_in_one_string_are_words(shown_as: bytes) -> None:
    content = b"BT /F 14 Tf 50 700 Td " + shown_as + b" ET\n" + BODY
    assert parsed(page(content)).text.startswith("WINTER TIMES\n")


@pytest.mark.parametrize("text", ["A B C D E F", "I a m", "x y z"])
def test_single_letters_stay_apart(text: str) -> None:
    assert parsed(page(shown(50, 700, text))).text == text
