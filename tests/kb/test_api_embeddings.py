from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.test import Client

from kb.api.serializers.search import MAX_TEXT_LENGTH, MAX_TEXTS
from tests.conftest import bearer, signed_in
from tests.engines import WordsEngine

URL = "/api/v1/embeddings/"


@pytest.fixture
def api(alice: User) -> Client:
    return signed_in(alice)


def embed(api: Client, **body: Any) -> Any:
    return api.post(URL, body, "application/json")


def test_a_vector_for_each_text_in_order(api: Client, engine: WordsEngine) -> None:
    answer = embed(api, texts=["green tea", "bones", "green tea"])
    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["model"], shown["dimensions"]) == ("words", 64)
    first, second, third = shown["vectors"]
    assert first == third != second
    assert first == pytest.approx(engine.embed(["green tea"])[0].tolist())


@pytest.mark.parametrize("options", [{"task": "query"}, {"task": "document"}, {"engine": "words"}, {"dimensions": 64}])
def test_options(api: Client, options: dict[str, Any]) -> None:
    assert embed(api, texts=["tea"], **options).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "texts"),
        ({"texts": []}, "texts"),
        ({"texts": "tea"}, "texts"),
        ({"texts": ["tea"] * (MAX_TEXTS + 1)}, "texts"),
        ({"texts": ["tea", ""]}, "texts.1"),
        ({"texts": ["x" * (MAX_TEXT_LENGTH + 1)]}, "texts.0"),
        ({"texts": ["a\0b"]}, "texts.0"),
        ({"texts": ["tea"], "task": "dance"}, "task"),
        ({"texts": ["tea"], "engine": "none"}, "engine"),
        ({"texts": ["tea"], "dimensions": 8}, "dimensions"),
    ],
)
def test_what_is_wrong_is_named(api: Client, body: dict[str, Any], field: str) -> None:
    answer = embed(api, **body)
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == [field]


def test_space_around_a_text_is_part_of_it(api: Client, engine: WordsEngine) -> None:
    embed(api, texts=["  tea\n"])
    assert engine.embedded == ["  tea\n"]


def test_without_its_engine_it_asks_for_patience(api: Client, engine: WordsEngine) -> None:
    engine.away = True
    answer = embed(api, texts=["tea"])
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "engine_down")


def test_read_only_tokens_may_embed(alice: User) -> None:
    client = Client(headers=bearer(alice, read_only=True))
    assert embed(client, texts=["tea"]).status_code == 200


def test_anonymous_calls_are_refused(db: None) -> None:
    assert embed(Client(), texts=["tea"]).status_code == 401


def test_fewer_dimensions_are_the_first_ones_made_of_length_one_again(api: Client) -> None:
    whole = np.array(embed(api, texts=["tea with milk"]).json()["vectors"][0])
    shown = embed(api, texts=["tea with milk"], dimensions=32).json()
    assert shown["dimensions"] == len(shown["vectors"][0]) == 32
    assert np.allclose(shown["vectors"][0], whole[:32] / np.linalg.norm(whole[:32]), atol=1e-6)
