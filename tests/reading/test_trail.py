"""The trail of hits is in the address; invalid ones are ignored."""

import pytest
from django.http import QueryDict

from kb.reading.trail import Place, Trail

PLACES = [Place("aaa", 1, 0, 9), Place("bbb", 2, 5, 70, page=3), Place("aaa", 1, 90, 99)]


def followed(address: str) -> Trail | None:
    return Trail.of(QueryDict(address.partition("?")[2].partition("#")[0]).dict())


def test_each_hit_leads_to_the_next_and_back() -> None:
    first = Trail("what, & why?", "ccc", PLACES, 1)
    second = first.step(1, as_page=False)
    assert second is not None
    assert second.startswith("/documents/bbb/?version=2&start=5&end=70&q=what%2C+%26+why%3F&")
    assert followed(second) == Trail("what, & why?", "ccc", PLACES, 2)
    assert Trail("", "", PLACES, 2).step(-1, as_page=False) == Trail("", "", PLACES, 1).open()


def test_the_first_and_last_hit_have_one_neighbour() -> None:
    assert Trail("", "", PLACES, 1).step(-1, as_page=False) is None
    assert Trail("", "", PLACES, 3).step(1, as_page=False) is None


def test_the_next_hit_opens_as_a_page_if_it_has_one() -> None:
    second = Trail("", "", PLACES, 1).step(1, as_page=True)
    assert second is not None
    assert second.startswith("/documents/bbb/pages/3/?")
    third = Trail("", "", PLACES, 2).step(1, as_page=True)
    assert third is not None
    assert third.startswith("/documents/aaa/?")


def test_it_leads_back_to_the_question() -> None:
    assert Trail("a b", "ccc", PLACES, 1).results_url == "/search/?q=a+b&collection=ccc"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "hits=aaa.1.0.9.0",
        "hits=aaa.1.0.9.0&hit=0",
        "hits=aaa.1.0.9.0&hit=2",
        "hits=aaa.1.0.9.0&hit=²",
        "hits=aaa.1.0.9&hit=1",
        "hits=aaa.1.0.9.0~&hit=1",
        "hits=../../admin.1.0.9.0&hit=1",
        "hits=aaa.1.0.9999999999.0&hit=1",
        "hits=aaa.1.0.٩.0&hit=1",
    ],
)
def test_a_broken_one_is_none(query: str) -> None:
    assert Trail.of(QueryDict(query).dict()) is None
