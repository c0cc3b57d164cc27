"""Content streams, well-formed and not."""

import pytest
from fpdf import FPDF

from tests.parsing.conftest import Parse
from tests.parsing.raw_pdf import page, runs


def test_letters_that_are_placed_one_by_one_are_words(parsed: Parse) -> None:
    letters = b" ".join(
        b"1 0 0 1 %d 700 Tm (%c) Tj" % (50 + 6 * place, letter) for place, letter in enumerate(b"nouns")
    )
    text = parsed("a.pdf", page(b"BT /F 10 Tf " + letters + b" 1 0 0 1 84 700 Tm (verbs) Tj ET")).text
    assert text == "nouns verbs"


def test_gaps_in_a_string_are_blanks_and_wide_ones_are_cells() -> None:
    found = runs(page(b"BT /F 10 Tf 50 700 Td [(on) 20 (ly -) -300 (two) -5000 (12)] TJ ET"))
    assert [run.text for run in found] == ["only - two", "12"]
    assert found[1].x0 == pytest.approx(found[0].x1 + 50)


def test_a_glyph_is_what_its_name_says_and_a_nul_is_a_blank(parsed: Parse) -> None:
    content = page(b"BT /F 10 Tf 50 700 Td (a!b#c) Tj ET")
    named = b"<< /Type /Encoding /Differences [33 /grave.alt 35 /uni0000] >>"
    assert parsed("a.pdf", content.replace(b"/WinAnsiEncoding", named)).text == "a`b c"


def test_letters_set_far_apart_are_cells() -> None:
    found = runs(page(b"BT /F 10 Tf 40 Tc 50 700 Td (PQ) Tj 0 Tc (,) Tj ET"))
    assert [run.text for run in found] == ["P", "Q", ","]
    assert found[1].x0 == pytest.approx(found[0].x1 + 40)


def test_size_and_place_are_those_on_the_page() -> None:
    (run,) = runs(page(b"q 2 0 0 2 10 20 cm BT /F 10 Tf 1 0 0 1 5 7 Tm (text) Tj ET Q"))
    assert (run.size, run.x0, run.y, run.turn) == (20, 20, -34, 0)


def test_a_forms_text_stands_where_it_is_drawn() -> None:
    form = (b"BT /F 10 Tf 1 0 0 1 5 5 Tm (inside) Tj ET", b"/Matrix [1 0 0 1 100 0]")
    before, inside, after = runs(
        page(b"BT /F 8 Tf 1 0 0 1 9 9 Tm (before) Tj ET /X0 Do BT 1 0 0 1 9 99 Tm (after) Tj ET", form)
    )
    assert (inside.x0, inside.size) == (105, 10)
    assert (before.size, after.size) == (8, 8)


def test_forms_that_draw_each_other_terminate() -> None:
    ours = b"BT /F 10 Tf 1 0 0 1 5 5 Tm (once) Tj ET /X0 Do /X1 Do"
    assert len(runs(page(b"/X0 Do", (ours, b""), (ours, b"")))) < 10


def test_multiplying_forms_are_limited(caplog: pytest.LogCaptureFixture) -> None:
    levels = [(b"/X%d Do " % (place + 1) * 10, b"") for place in range(8)]
    runs(page(b"/X0 Do", *levels, (b"BT /F 10 Tf (deep) Tj ET", b"")))
    assert "the rest are skipped" in caplog.text


def test_a_damaged_form_does_not_affect_the_page(parsed: Parse, caplog: pytest.LogCaptureFixture) -> None:
    data = page(b"BT /F 10 Tf 9 99 Td (before) Tj ET /X0 Do BT /F 10 Tf 9 9 Td (after) Tj ET", (b"[ Text ] TJ", b""))
    assert parsed("a.pdf", data).text == "before\n\nafter"
    assert "a drawing cannot be read" in caplog.text


@pytest.mark.parametrize("operator", [b"(x) Tf", b"/F (x) Tf", b"1 2 cm", b"[1] Tm", b"Td", b"/No Do", b"Q"])
def test_operators_with_wrong_operands_do_nothing(operator: bytes) -> None:
    (run,) = runs(page(b"BT /F 10 Tf 9 9 Td " + operator + b" (text) Tj ET"))
    assert (run.text, run.size) == ("text", 10)


def test_text_that_is_drawn_twice_to_look_bold_is_read_once(parsed: Parse) -> None:
    data = page(b"BT /F 10 Tf 50 700 Td (Total) Tj 0.3 0 Td (Total) Tj ET")
    assert parsed("a.pdf", data).text == "Total"


def test_a_rotated_page_is_read(parsed: Parse) -> None:
    document = FPDF()
    document.set_font("times", size=11)
    document.add_page()
    with document.rotation(90, 100, 150):
        document.text(50, 150, "The first line")
        document.text(50, 156, "and the second one")
    assert parsed("a.pdf", bytes(document.output())).text == "The first line\nand the second one"


class TestVisiblePart:
    """Printers' marks are outside. The crop box of these pages is 100 to 500 by 100 to 700."""

    shown = b"1 0 0 1 200 400 Tm (shown) Tj"

    def read(self, text: bytes, crop_box: bytes = b"100 100 500 700") -> list[str]:
        data = page(b"BT /F 10 Tf " + text + b" ET").replace(b"/Contents", b"/CropBox [%s] /Contents" % crop_box)
        return [run.text for run in runs(data)]

    @pytest.mark.parametrize("place", [b"200 50", b"200 750", b"20 400", b"520 400"])
    @pytest.mark.parametrize("turn", [b"1 0 0 1", b"0 1 -1 0", b"-1 0 0 -1", b"0 -1 1 0"])
    def test_text_outside_is_not_read(self, place: bytes, turn: bytes) -> None:
        away = b"%s %s Tm (slug) Tj " % (turn, place)
        assert self.read(away + turn + self.shown[7:]) == ["shown"]

    def test_a_line_that_is_cut_off_at_the_side_is_read(self) -> None:
        assert self.read(b"1 0 0 1 80 400 Tm (half of it is seen) Tj") == ["half of it is seen"]

    @pytest.mark.parametrize("box", [b"900 900 950 950", b"0 0 0 0", b"/a /b /c /d"])
    def test_an_empty_box_is_ignored(self, box: bytes) -> None:
        assert self.read(self.shown, box) == ["shown"]
