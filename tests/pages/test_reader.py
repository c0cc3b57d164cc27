"""A page can cost its child process, never the web server."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kb.parsing.errors import TooLarge, Unreadable
from kb.reading.drawing.reader import Busy, PageReader
from tests.pages.pdfs import SCALE, endless, of_pages, without_second_page, written


@pytest.fixture
def reader() -> Iterator[PageReader]:
    one = PageReader(seconds=20, memory_bytes=1024**3)
    yield one
    one.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.pdf"
    path.write_bytes(written((40, 60, "Lamps burn oil")))
    return path


def test_picture_and_place(reader: PageReader, path: Path) -> None:
    assert reader.picture(path, 1).startswith(b"\xff\xd8")
    place = reader.place(path, 1, "Lamps burn oil", 0, 5)
    assert (place.width, place.height) == (1400, 1960)
    assert abs(place.lines[0].left - 40 * SCALE) <= 3


def test_damage_comes_out_as_an_error_and_the_next_page_is_drawn(reader: PageReader, tmp_path: Path) -> None:
    path = tmp_path / "b.pdf"
    path.write_bytes(without_second_page(of_pages([(40, 60, "one")], [(40, 60, "two")])))
    with pytest.raises(Unreadable):
        reader.picture(path, 2)
    assert reader.picture(path, 1)


def test_a_page_that_takes_too_long_is_given_up(tmp_path: Path, path: Path) -> None:
    slow = tmp_path / "slow.pdf"
    slow.write_bytes(endless())
    reader = PageReader(seconds=2, memory_bytes=1024**3)
    with pytest.raises(TooLarge, match="longer than 2 s"):
        reader.picture(slow, 1)
    assert reader.picture(path, 1)
    reader.close()


def test_whoever_waits_too_long_is_told(tmp_path: Path) -> None:
    slow = tmp_path / "slow.pdf"
    slow.write_bytes(endless())
    reader = PageReader(seconds=0.5, memory_bytes=1024**3)

    def outcome(_: int) -> type[Exception]:
        with pytest.raises((TooLarge, Busy)) as caught:
            reader.picture(slow, 1)
        return caught.type

    with ThreadPoolExecutor(10) as readers:
        outcomes = list(readers.map(outcome, range(10)))
    reader.close()
    assert set(outcomes) == {TooLarge, Busy}
