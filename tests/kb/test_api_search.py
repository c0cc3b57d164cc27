from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from embedding.engine import Vectors
from kb.models import Collection, Document, Member, Version, ZeroResultSearch
from retrieval.models import Generation, IndexedVersion, VectorSpace
from tests.conftest import Upload, new_collection, signed_in
from tests.engines import WordsEngine


@pytest.fixture
def api(alice: User) -> Client:
    return signed_in(alice)


def ask(api: Client, query: str, status: int = 200, **fields: Any) -> dict[str, Any]:
    answer = api.post("/api/v1/search/", {"query": query, **fields}, "application/json")
    assert answer.status_code == status, answer.content
    return dict(answer.json())


def names(api: Client, query: str, **fields: Any) -> list[str]:
    return [hit["document"]["name"] for hit in ask(api, query, **fields)["hits"]]


def test_a_hit_tells_what_where_and_why(api: Client, ready: Upload) -> None:
    document = ready("soup.md", "# Broth\n\nBoil the bones for hours.\n\n# Salt\n\nA pinch of salt.")
    answer = ask(api, "how long to boil bones", explain=True)
    hit = answer["hits"][0]
    assert hit["rank"] == 1
    shown = {"id": document.pk, "name": "soup.md", "collection": document.collection_id, "version": 1}
    assert hit["document"] == shown
    passage = hit["passage"]
    assert (passage["text"], passage["heading_path"], passage["pages"]) == (
        "Boil the bones for hours.",
        ["Broth"],
        None,
    )
    assert hit["explanation"]["lexical"]["terms"] == ["boil", "bones", "~boil", "~bone"]
    assert hit["explanation"]["dense"]["rank"] == 1
    assert set(answer["took_ms"]) == {"embed", "dense", "lexical", "fuse", "total"}
    assert answer["notices"] == []


def test_a_short_passage_of_code_is_shown_with_the_lines_around_it(api: Client, alice: User, ready: Upload) -> None:
    code = "def boil(bones):\n    return pot(bones)\n\n\ndef salt(soup):\n    return soup\n"
    ready("soup.py", code, to=new_collection(alice, "Code", preset="code"))
    hit = ask(api, "boil bones")["hits"][0]
    assert hit["passage"]["text"] == "def boil(bones):\n    return pot(bones)"
    assert hit["excerpt"] == {"start": 0, "end": len(code) - 1, "text": code.rstrip()}


def test_a_passage_of_prose_is_shown_alone(api: Client, ready: Upload) -> None:
    ready("soup.md", "# Broth\n\nBoil the bones for hours.\n\n# Salt\n\nA pinch of salt.")
    hit = ask(api, "boil bones")["hits"][0]
    assert hit["excerpt"] == {key: hit["passage"][key] for key in ("start", "end", "text")}


def test_what_was_split_before_there_were_presets_is_found_and_shown_alone(api: Client, ready: Upload) -> None:
    IndexedVersion.objects.filter(version=ready("soup.md", "Boil the bones for hours.").newest.pk).update(preset="")
    hit = ask(api, "boil bones")["hits"][0]
    assert hit["excerpt"] == {key: hit["passage"][key] for key in ("start", "end", "text")}


def test_its_url_opens_the_document_with_the_passage_highlighted(api: Client, ready: Upload) -> None:
    ready("soup.md", "# Broth\n\nBoil the bones for hours.")
    url = ask(api, "bones")["hits"][0]["url"]
    page = api.get(url.removeprefix("http://testserver").partition("#")[0]).content.decode()
    assert '<mark id="passage">Boil the bones for hours.</mark>' in page


def test_without_explain_there_is_no_explanation(api: Client, ready: Upload) -> None:
    ready("a.txt", "tea")
    assert "explanation" not in ask(api, "tea")["hits"][0]


def test_collections_narrow_the_question(api: Client, alice: User, ready: Upload, collection: Collection) -> None:
    ready("a.txt", "tea with milk")
    ready("b.txt", "tea with lemon", to=new_collection(alice, "Other"))
    assert set(names(api, "tea")) == {"a.txt", "b.txt"}
    assert names(api, "tea", collections=[collection.pk]) == ["a.txt"]
    assert ask(api, "tea", collections=[])["hits"] == []


def test_filters(api: Client, ready: Upload) -> None:
    ready("old.txt", "old tea", metadata={"year": 2001, "tags": ["green", "loose"]})
    new = ready("new.md", "new tea", metadata={"year": 2024})
    Document.objects.filter(name="old.txt").update(created_at=timezone.now() - timedelta(days=9))
    yesterday = (timezone.now() - timedelta(days=1)).isoformat()
    for only, expected in [
        ({"media_type": ["text/markdown"]}, ["new.md"]),
        ({"document": [new.pk]}, ["new.md"]),
        ({"created_after": yesterday}, ["new.md"]),
        ({"created_before": yesterday}, ["old.txt"]),
        ({"metadata": {"year": 2001}}, ["old.txt"]),
        ({"metadata": {"year": [2024, 2025]}}, ["new.md"]),
        ({"metadata": {"tags": "green"}}, ["old.txt"]),
        ({"metadata": {"year": 2001, "tags": "black"}}, []),
    ]:
        assert names(api, "tea", filter=only) == expected, only


@pytest.mark.parametrize(
    "wrong",
    [
        {"query": " "},
        {"query": "x" * 2001},
        {"limit": 0},
        {"limit": 101},
        {"offset": -1},
        {"offset": 1001},
        {"mode": "magic"},
        {"grain": "word"},
    ],
)
def test_a_wrong_field_is_named(api: Client, wrong: dict[str, Any]) -> None:
    answer = api.post("/api/v1/search/", {"query": "tea"} | wrong, "application/json")
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == list(wrong)


def test_filters_are_alternatives_inside_and_conditions_together(api: Client, ready: Upload) -> None:
    ready("a.md", "tea one", metadata={"year": 2001, "hot": True, "name": "One"})
    ready("b.md", "tea two", metadata={"year": 2002, "hot": False, "tags": ["x", "y"]})
    ready("c.txt", "tea three", metadata={"year": 2.5, "name": "三"})
    for only, expected in [
        ({"metadata": {"year": [2001, 2002]}}, {"a.md", "b.md"}),
        ({"metadata": {"year": [2001, 2002], "hot": True}}, {"a.md"}),
        ({"metadata": {"hot": False}}, {"b.md"}),
        ({"metadata": {"year": 2.5}}, {"c.txt"}),
        ({"metadata": {"year": "2001"}}, set()),
        ({"metadata": {"name": ["三", "x"]}}, {"c.txt"}),
        ({"metadata": {"tags": ["y", "z"]}}, {"b.md"}),
        ({"metadata": {"colour": "x"}}, set()),
        ({"metadata": {"year": 2001}, "media_type": ["text/plain"]}, set()),
        ({"media_type": ["text/plain", "text/markdown"]}, {"a.md", "b.md", "c.txt"}),
        ({"media_type": [], "document": [], "metadata": {}}, {"a.md", "b.md", "c.txt"}),
        ({"document": ["nothing"]}, set()),
        ({"created_after": "2000-01-01T00:00:00Z", "created_before": "2001-01-01T00:00:00+08:00"}, set()),
    ]:
        assert set(names(api, "tea", filter=only)) == expected, only


@pytest.mark.parametrize(
    ("only", "field"),
    [
        ({"media_type": "text/plain"}, "filter.media_type"),
        ({"document": [["x"]]}, "filter.document.0"),
        ({"created_after": "yesterday"}, "filter.created_after"),
        ({"metadata": {"a": {"b": 1}}}, "filter.metadata"),
        ({"metadata": []}, "filter.metadata"),
    ],
)
def test_a_wrong_filter_is_named(api: Client, only: dict[str, Any], field: str) -> None:
    assert list(ask(api, "tea", status=400, filter=only)["error"]["fields"]) == [field]


def test_limit_and_grain(api: Client, ready: Upload) -> None:
    for number in range(3):
        ready(f"{number}.md", f"# A {number}\n\nTea is hot.\n\n# B\n\nTea is green.")
    assert len(names(api, "tea")) == 6
    assert len(names(api, "tea", limit=1)) == 1
    assert len(names(api, "tea", limit=100, grain="section")) == 6
    assert sorted(names(api, "tea", grain="document")) == ["0.md", "1.md", "2.md"]


def test_a_retriever_that_was_not_asked_explains_nothing(api: Client, ready: Upload) -> None:
    ready("a.txt", "tea")
    (hit,) = ask(api, "tea", mode="dense", explain=True)["hits"]
    assert (hit["explanation"]["dense"]["rank"], hit["explanation"]["lexical"]) == (1, None)
    (hit,) = ask(api, "tea", mode="lexical", explain=True)["hits"]
    assert (hit["explanation"]["dense"], hit["explanation"]["lexical"]["terms"]) == (None, ["tea", "~tea"])


def test_a_chinese_question_to_an_english_engine_comes_with_a_notice(api: Client, ready: Upload) -> None:
    ready("茶.txt", "绿茶来自杭州。红茶配牛奶。")
    answer = ask(api, "牛奶")
    assert [hit["document"]["name"] for hit in answer["hits"]] == ["茶.txt"]
    assert "was not trained" in answer["notices"][0]


def test_without_its_engine_a_question_is_answered_by_words_and_says_so(
    api: Client, ready: Upload, engine: WordsEngine
) -> None:
    ready("a.txt", "tea")
    engine.away = True
    answer = ask(api, "tea", explain=True)
    assert [hit["document"]["name"] for hit in answer["hits"]] == ["a.txt"]
    assert answer["hits"][0]["explanation"]["dense"] is None
    assert "does not answer" in answer["notices"][0]
    assert ask(api, "tea", mode="lexical")["notices"] == []
    assert ask(api, "tea", status=503, mode="dense")["error"]["code"] == "engine_down"


def test_an_engine_that_did_not_build_the_index_is_not_asked(
    api: Client, ready: Upload, collection: Collection
) -> None:
    ready("a.txt", "tea")
    space = VectorSpace.objects.create(engine_fingerprint="words@0", dimensions=64)
    Generation.objects.filter(pk=collection.generation_id).update(vector_space=space)
    answer = ask(api, "tea")
    assert [hit["document"]["name"] for hit in answer["hits"]] == ["a.txt"]
    assert "not the one that built the index" in answer["notices"][0]


def test_the_page_answers_by_words_and_says_so_too(api: Client, ready: Upload, engine: WordsEngine) -> None:
    ready("a.txt", "tea")
    engine.away = True
    page = api.get("/search/", {"q": "tea"})
    assert page.status_code == 200
    assert "does not answer" in page.content.decode()
    assert "a.txt" in page.content.decode()


def test_more_hits_come_by_offset(api: Client, ready: Upload) -> None:
    for number in range(5):
        ready(f"{number}.txt", f"tea number {number}")
    every = names(api, "tea")
    assert len(set(every)) == 5
    pages = [ask(api, "tea", limit=2, offset=offset)["hits"] for offset in (0, 2, 4)]
    assert [hit["document"]["name"] for page in pages for hit in page] == every
    assert [hit["rank"] for page in pages for hit in page] == [1, 2, 3, 4, 5]


def test_only_a_first_page_without_hits_is_kept_as_a_search_without_results(api: Client, ready: Upload) -> None:
    ready("a.txt", "tea")
    assert ask(api, "tea", offset=10)["hits"] == []
    assert not ZeroResultSearch.objects.exists()
    ask(api, "coffee")
    assert ZeroResultSearch.objects.get().question == "coffee"


def test_who_loses_the_right_to_read_while_the_engine_works_is_shown_nothing(
    bob: User, ready: Upload, engine: WordsEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready("a.txt", "tea")
    embed = engine.embed

    def slow(texts: Sequence[str], **how: Any) -> Vectors:
        Member.objects.filter(user=bob).delete()
        return embed(texts, **how)

    monkeypatch.setattr(engine, "embed", slow)
    assert ask(signed_in(bob), "tea")["hits"] == []


def test_while_a_newer_file_is_read_a_filter_goes_by_what_is_searched(api: Client, ready: Upload) -> None:
    document = ready("a.md", "tea")
    newer = Version.objects.create(document=document, number=2, filename="a.pdf", media_type="application/pdf", size=1)
    Document.objects.filter(pk=document.pk).update(latest=newer)
    assert names(api, "tea", filter={"media_type": ["text/markdown"]}) == ["a.md"]
    assert names(api, "tea", filter={"media_type": ["application/pdf"]}) == []


def test_a_document_that_is_not_ready_is_not_found(api: Client, add: Upload) -> None:
    add("a.txt", "tea")
    assert names(api, "tea") == []


def test_as_many_queries_for_many_hits_as_for_one(api: Client, ready: Upload) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            ask(api, "tea", limit=50)
        return len(captured)

    ready("a.txt", "tea")
    few = queries()
    for number in range(10):
        ready(f"{number}.txt", f"tea {number}")
    assert queries() == few


def test_an_identifier_explains_why_its_passage_is_first(api: Client, ready: Upload) -> None:
    ready("a.txt", "The kettle with the tag TW-30418 is at the potter's.")
    ready("b.txt", "The kettle with the tag TW-30481 is at the baker's.")
    first, second = ask(api, "where is the kettle with the tag TW-30481", explain=True)["hits"]
    assert (first["document"]["name"], first["explanation"]["identifiers"]) == ("b.txt", ["tw30481"])
    assert second["explanation"]["identifiers"] == []


def test_conditions_of_a_question_are_told(api: Client, ready: Upload) -> None:
    ready("a.txt", "green tea")
    ready("b.txt", "tea, green")
    answer = ask(api, '"green tea"')
    assert ([hit["document"]["name"] for hit in answer["hits"]], answer["notices"]) == (["a.txt"], [])
    (notice,) = ask(api, '"tea green pot"')["notices"]
    assert "one after the other" in notice
    (notice,) = ask(api, "tea -pot")["notices"]
    assert "minus sign" in notice
