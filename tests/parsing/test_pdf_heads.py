"""Bold heads of columns that are set close together."""

from tests.parsing.raw_pdf import page, parsed, shown, shown_lines, width

LINES = ["The keeper of the bridge counts the carts, and in the evening he writes them down."] * 4
ROWS = [("Rope of hemp", "12", "3.50"), ("Anchor", "3", "80.00"), ("Red lantern", "7", "9.20")]
EDGES = (60.0, 145.0, 190.0)  # left edge of the first column, right edges of the others


def goods(*above: bytes) -> bytes:
    content = shown_lines(60, 760, *LINES) + b"".join(above)
    for number, (name, *numbers) in enumerate(ROWS):
        y = 640 - 14 * number
        content += shown(EDGES[0], y, name)
        content += b"".join(shown(edge - width(text), y, text) for edge, text in zip(EDGES[1:], numbers, strict=True))
    return page(content)


def test_heads_close_together_are_a_row_and_no_heading() -> None:
    heads = shown(60, 654, "Goods", font="B") + shown(118, 654, "Pieces", font="B") + shown(155, 654, "Price", font="B")
    result = parsed(goods(heads))
    assert "\n\nGoods | Pieces | Price\nRope of hemp | 12 | 3.50\n" in result.text
    assert result.sections == ()


def test_heads_in_one_string_are_divided_where_the_columns_are() -> None:
    result = parsed(goods(shown(60, 654, "Goods on hand Pieces Price", font="B")))
    assert "\n\nGoods on hand | Pieces | Price\nRope of hemp | 12 | 3.50\n" in result.text
    assert result.sections == ()


def test_a_heading_above_a_table_is_one() -> None:
    result = parsed(goods(shown(60, 660, "Stock", font="B")))
    assert [section.title for section in result.sections] == ["Stock"]
