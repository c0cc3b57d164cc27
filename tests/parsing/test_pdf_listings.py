"""Lines of code, and the blanks in them."""

from kb.parsing.pdf import listings
from kb.parsing.pdf.lines import Line, Piece


def code(*places: tuple[str, float, float]) -> Line:
    return Line([Piece(text, x0, x1, 0.0, 10.0, bold=False, mono=True) for text, x0, x1 in places])


def test_as_many_blanks_stand_between_two_words_as_fit() -> None:
    assert listings.text(code(("a = 1", 0.0, 30.0), ("# why", 54.0, 84.0))) == "a = 1    # why"


def test_letters_that_are_said_to_have_hardly_any_width_do_not_make_a_gap_of_gigabytes() -> None:
    assert len(listings.text(code(("a", 0.0, 1e-6), ("b", 500.0, 500.000001)))) < 1000
