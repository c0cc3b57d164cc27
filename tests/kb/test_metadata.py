"""Valid metadata can be stored, read and sent back, whatever its source."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.models.metadata import MAX_KEYS, complaints, with_own
from kb.parsing import front_matter

LONG = "x" * 1001


@pytest.mark.parametrize(
    "value", [{}, {"year": 2009, "tags": ["bm25", "茶"], "final": True, "score": -0.5, "note": ""}, {"k" * 100: "v"}]
)
def test_what_it_may_be(value: object) -> None:
    assert complaints(value) == []


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, "must be an object"),
        ([1], "must be an object"),
        ({str(n): n for n in range(MAX_KEYS + 1)}, "at most 50 keys"),
        ({"": 1}, "A key must have"),
        ({"k" * 101: 1}, "A key must have"),
        ({"a\0": 1}, "A key must have"),
        ({"a": "\0"}, "no NUL"),
        ({"a": "\ud800"}, "no NUL or lone surrogate"),
        ({"a": LONG}, "at most 1000 characters"),
        ({"a": [LONG]}, "at most 1000 characters"),
        ({"a": ["x"] * 101}, "at most 100 items"),
        ({"a": [1]}, "lists of strings"),
        ({"a": {"b": 1}}, "lists of strings"),
        ({"a": None}, "lists of strings"),
        ({"a": float("inf")}, "between"),
        ({"a": float("nan")}, "between"),
    ],
)
def test_what_it_may_not_be_is_told(value: object, why: str) -> None:
    (sentence,) = complaints(value)
    assert why in str(sentence)


@given(st.dictionaries(st.text(max_size=120), st.text(max_size=600) | st.lists(st.text(max_size=9))))
def test_metadata_from_files_is_always_valid(said: dict[str, object]) -> None:
    lines = [f"{key!r}: {value!r}" for key, value in said.items()]
    found, _text = front_matter.split("\n".join(["---", *lines, "---", "Tea."]))
    assert complaints(found) == []


def test_what_people_said_comes_first_and_fills_the_room() -> None:
    own = {str(n): n for n in range(MAX_KEYS - 1)}
    assert with_own({"a": 1}, {"a": "x", "b": "y"}) == {"a": 1, "b": "y"}
    assert with_own(own, {"0": "x", "b": "y", "c": "z"}) == {**own, "b": "y"}
