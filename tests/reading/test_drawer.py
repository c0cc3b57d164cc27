"""A page can kill the child process, but never the web server."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kb.parsing.errors import TooLarge, Unreadable
from kb.reading.drawing.drawer import Busy, PageDrawer
from tests.reading.pdfs import SCALE, endless, of_pages, without_second_page, written


@pytest.fixture
def drawer() -> Iterator[PageDrawer]:
    one = PageDrawer(seconds=20, memory_bytes=1024**3)
    yield one
    one.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.pdf"
    path.write_bytes(written((40, 60, "Lamps burn oil")))
    return path


def test_picture_and_lines(drawer: PageDrawer, path: Path) -> None:
    assert drawer.picture(path, 1).startswith(b"\xff\xd8")
    page = drawer.find_lines(path, 1, "Lamps burn oil", 0, 5)
    assert (page.width, page.height) == (1400, 1960)
    assert abs(page.lines[0].left - 40 * SCALE) <= 3


def test_damage_comes_out_as_an_error_and_the_next_page_is_drawn(drawer: PageDrawer, tmp_path: Path) -> None:
    path = tmp_path / "b.pdf"
    path.write_bytes(without_second_page(of_pages([(40, 60, "one")], [(40, 60, "two")])))
    with pytest.raises(Unreadable):
        drawer.picture(path, 2)
    assert drawer.picture(path, 1)


def test_a_page_that_takes_too_long_is_given_up(tmp_path: Path, path: Path) -> None:
    slow = tmp_path / "slow.pdf"
    slow.write_bytes(endless())
    drawer = PageDrawer(seconds=2, memory_bytes=1024**3)
    with pytest.raises(TooLarge, match="longer than 2 s"):
        drawer.picture(slow, 1)
    assert drawer.picture(path, 1)
    drawer.close()


def test_whoever_waits_too_long_is_told(tmp_path: Path) -> None:
    slow = tmp_path / "slow.pdf"
    slow.write_bytes(endless())
    drawer = PageDrawer(seconds=0.5, memory_bytes=1024**3)

    def outcome(_: int) -> type[Exception]:
        with pytest.raises((TooLarge, Busy)) as caught:
            drawer.picture(slow, 1)
        return caught.type

    with ThreadPoolExecutor(10) as readers:
        outcomes = list(readers.map(outcome, range(10)))
    drawer.close()
    assert set(outcomes) == {TooLarge, Busy}
