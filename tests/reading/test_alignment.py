"""A span of the parsed text is found among pdfium's characters, though both differ in spaces and order."""

from hypothesis import given
from hypothesis import strategies as st

from kb.reading.drawing.alignment import align

PAGE = "The lamp is kept by Ottilie Brandt, who understands oil. She lights it at dusk and trims it at midnight."


def found(ours: str, wanted: str, theirs: str) -> str:
    """The marked parts of `theirs` for `wanted`, separated by bars."""
    start = ours.index(wanted)
    marked, last = "", None
    for index in align(ours, start, start + len(wanted), theirs):
        if last is not None and any(character.isalnum() for character in theirs[last + 1 : index]):
            marked += "|"
        marked, last = marked + theirs[index], index
    return marked


def letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


def test_lines_broken_and_hyphenated_on_the_page() -> None:
    theirs = (
        "The lamp is kept by Ottilie\r\nBrandt, who under\ufffe\r\nstands oil. She lights it at dusk\r\nand trims it."
    )
    assert found(PAGE, "Brandt, who understands oil.", theirs) == "Brandtwhounderstandsoil"


def test_ligatures_written_out() -> None:
    assert found("An efficient office finds affluence.", "efficient office", "An eﬃcient oﬃce ﬁnds aﬄuence.") == (
        "eﬃcientoﬃce"
    )


def test_columns_in_another_order() -> None:
    left = "The left column tells of lamps and oil and dusk."
    right = "The right column tells of salt and mail and ferries."
    ours = f"{left}\n{right}"
    assert found(ours, "dusk.\nThe right column tells", f"{right}\n{left}") == "Therightcolumntells|dusk"


def test_cells_of_a_table_kept_apart() -> None:
    ours = "Net sales | 1,234 | 5,678\nCost of sales | 901 | 2,345"
    theirs = "Net sales 1,234 5,678 Cost of sales 901 2,345"
    assert found(ours, "Cost of sales | 901 | 2,345", theirs) == "Costofsales9012345"


def test_a_header_in_between_is_left_out() -> None:
    ours = "She lights it at dusk and trims it at midnight, every day of the year."
    theirs = "She lights it at dusk and trims\nANNUAL REPORT\nit at midnight, every day of the year."
    assert found(ours, ours, theirs) == "Shelightsitatduskandtrims|itatmidnighteverydayoftheyear"


def test_the_same_words_twice_are_told_apart_by_what_stands_around() -> None:
    again = "Signed by the keeper of the lamp."
    ours = f"In spring it burnt. {again} In autumn it broke. {again} Nothing else."
    second = ours.rindex(again)
    indexes = align(ours, second, second + len(again), ours)
    assert (indexes[0], indexes[-1]) == (second, second + len(again) - 2)


def test_a_short_span_alone_is_found_by_its_number() -> None:
    assert align("1 2 1 2", 4, 5, "1 2 1 2") == [4]


def test_chinese_with_and_without_blanks() -> None:
    assert (
        found("知识库把每个答案的出处给读者看。", "答案的出处", "知 识 库 把 每 个 答 案 的 出 处 给 读 者 看 。")
        == "答案的出处"
    )


def test_what_is_not_on_the_page_marks_nothing() -> None:
    assert align(PAGE, 0, len(PAGE), "完全不同的一页") == []


@given(st.text(max_size=200), st.integers(0, 200), st.integers(0, 200))
def test_of_the_same_text_it_is_the_letters_of_the_span(text: str, start: int, length: int) -> None:
    end = min(len(text), start + length)
    indexes = align(text, start, end, text)
    assert indexes == sorted(set(indexes))
    if len(set(letters(text))) == len(letters(text)):  # nothing occurs twice
        assert [index for index in range(start, end) if text[index].isalnum()] == indexes


@given(st.text(max_size=100), st.text(max_size=100), st.integers(0, 100), st.integers(0, 100))
def test_of_any_two_texts_it_gives_places_in_theirs(ours: str, theirs: str, start: int, length: int) -> None:
    assert all(0 <= index < len(theirs) for index in align(ours, start, min(len(ours), start + length), theirs))
