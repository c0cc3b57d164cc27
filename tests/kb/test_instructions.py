"""What questions are told: by the collection's setting, at once, and said wherever somebody may ask."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from pytest_django import Settings

from embedding.instructions import TEXTS
from embedding.prompts import QWEN3
from kb.indexing import generations
from kb.library import collections
from kb.models import AuditEntry, Collection
from retrieval.engines import engine as engine_named
from retrieval.models import Generation, VectorSpace
from tests.conftest import Upload, new_collection, signed_in
from tests.embedding.server import DIMENSIONS, MODEL, WINDOW, EmbeddingServer, running
from tests.kb.admin.test_collections import form
from tests.kb.test_pages import page
from tests.operations.test_metrics import counted
from tests.retrieval.conftest import write

LIST = "/api/v1/collections/"
OWN = "Given a part number, retrieve its data sheet"
ENGLISH, CHINESE, CODE = "how long to boil bones?", "骨头要煮多久？", "def boil(bones):"


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    with running() as server:
        yield server


@pytest.fixture(autouse=True)
def reader(settings: Settings, server: EmbeddingServer) -> Iterator[None]:
    """An engine called "reader" whose model reads instructions as Qwen3-Embedding does."""
    options = {"url": server.url, "model": MODEL, "revision": "1", "max_tokens": WINDOW, "prompts": QWEN3}
    options |= {"model_dimensions": DIMENSIONS, "dimensions": DIMENSIONS}
    options |= {"class": "embedding.server.client.ServerEngine"}
    settings.ENGINES = {**settings.ENGINES, "reader": options}
    engine_named.cache_clear()
    yield
    engine_named("reader").close()  # type: ignore[attr-defined]


@pytest.fixture
def manuals(alice: User) -> Collection:
    return made(alice)


@pytest.fixture
def api(alice: User) -> Client:
    return signed_in(alice)


def made(owner: User, preset: str = "general", instruction: str | None = None) -> Collection:
    return collections.create(owner, engine="reader", preset=preset, name="Manuals", instruction=instruction)


def sent(server: EmbeddingServer) -> list[str]:
    """What the server was to embed last."""
    inputs: list[str] = [body["input"] for path, body in server.asked if path == "/v1/embeddings"][-1]
    return inputs


def ask(api: Client, question: str, collection: Collection) -> dict[str, Any]:
    asked = {"query": question, "collections": [collection.pk], "explain": True}
    answer = api.post("/api/v1/search/", asked, "application/json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def patch(api: Client, collection: Collection, **fields: str) -> Any:
    return api.patch(f"{LIST}{collection.pk}/", fields, "application/json")


class TestWhatIsSent:
    @pytest.mark.parametrize(
        ("setting", "english", "chinese", "code"),
        [
            ("web", TEXTS["web"], TEXTS["web"], TEXTS["web"]),
            ("law-zh", TEXTS["law-zh"], TEXTS["law-zh"], TEXTS["law-zh"]),
            (OWN, OWN, OWN, OWN),
            ("auto", TEXTS["web"], TEXTS["web-zh"], TEXTS["code"]),
        ],
    )
    def test_a_question_and_what_it_is_told(
        self, api: Client, alice: User, server: EmbeddingServer, setting: str, english: str, chinese: str, code: str
    ) -> None:
        collection = made(alice, instruction=setting)
        for question, told in {ENGLISH: english, CHINESE: chinese, CODE: code}.items():
            ask(api, question, collection)
            assert sent(server) == [f"Instruct: {told}\nQuery:{question}"]

    def test_without_an_instruction_the_question_alone(self, api: Client, alice: User, server: EmbeddingServer) -> None:
        ask(api, ENGLISH, made(alice, instruction=""))
        assert sent(server) == [ENGLISH]

    @pytest.mark.parametrize(
        ("preset", "name"), [("code", "code"), ("technical", "technical"), ("legal", "law"), ("paper", "science")]
    )
    def test_auto_goes_by_the_collection_s_kind(
        self, api: Client, alice: User, server: EmbeddingServer, preset: str, name: str
    ) -> None:
        collection = made(alice, preset, "auto")
        ask(api, ENGLISH, collection)
        assert sent(server) == [f"Instruct: {TEXTS[name]}\nQuery:{ENGLISH}"]
        ask(api, CHINESE, collection)
        assert sent(server) == [f"Instruct: {TEXTS[name + '-zh']}\nQuery:{CHINESE}"]

    def test_a_passage_is_told_nothing(self, manuals: Collection, server: EmbeddingServer) -> None:
        write(manuals, ["Boil the bones."])
        assert sent(server) == ["Boil the bones."]

    def test_collections_that_are_told_the_same_cost_one_request(
        self, api: Client, alice: User, server: EmbeddingServer
    ) -> None:
        for preset, setting in {"general": "auto", "narrative": "web", "legal": "law", "code": "law"}.items():
            made(alice, preset, setting)
        api.post("/api/v1/search/", {"query": ENGLISH}, "application/json")
        asked = [body["input"][0] for path, body in server.asked if path == "/v1/embeddings"]
        assert sorted(text for text in asked if ENGLISH in text) == sorted(
            f"Instruct: {TEXTS[name]}\nQuery:{ENGLISH}" for name in ("web", "law")
        )


class TestSetting:
    def test_a_new_collection_has_the_model_s_own(self, api: Client, manuals: Collection) -> None:
        assert api.get(f"{LIST}{manuals.pk}/").json()["index"]["instruction"] == "web"

    @pytest.mark.parametrize(("given", "kept"), [("law", "law"), ("none", ""), ("", ""), (f" {OWN}\n", OWN)])
    def test_a_new_collection_may_have_another(self, api: Client, given: str, kept: str) -> None:
        answer = api.post(LIST, {"name": "Tea", "engine": "reader", "instruction": given}, "application/json")
        assert (answer.status_code, answer.json()["index"]["instruction"]) == (201, kept)

    def test_a_change_holds_from_the_next_question_on_without_a_new_index(
        self, api: Client, manuals: Collection, server: EmbeddingServer, ready: Upload
    ) -> None:
        ready("sheet.md", "Where is the data sheet?", to=manuals)
        before = ask(api, "where?", manuals)
        answer = patch(api, manuals, instruction=OWN)
        assert (answer.status_code, answer.json()["index"]["instruction"]) == (200, OWN)
        after = ask(api, "where?", manuals)
        assert sent(server) == [f"Instruct: {OWN}\nQuery:where?"]
        scores = [answer["hits"][0]["explanation"]["dense"]["score"] for answer in (before, after)]
        assert scores[0] != scores[1]
        assert Generation.objects.filter(collection=manuals.pk).count() == 1

    def test_a_change_is_in_the_audit_log(self, api: Client, manuals: Collection) -> None:
        patch(api, manuals, instruction="law")
        patch(api, manuals, instruction="law", name="Manuals")
        assert [entry.details for entry in AuditEntry.objects.filter(action="collection_changed")] == [
            {"before": {"instruction": "web"}, "after": {"instruction": "law"}}
        ]

    @pytest.mark.parametrize("wrong", ["lawn", "clustering", "so " * 200])
    def test_what_is_none_is_refused_with_a_sentence(self, api: Client, manuals: Collection, wrong: str) -> None:
        answer = patch(api, manuals, instruction=wrong, name="Changed")
        assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["instruction"])
        shown = api.get(f"{LIST}{manuals.pk}/").json()
        assert (shown["name"], shown["index"]["instruction"]) == ("Manuals", "web")

    def test_a_model_that_reads_none_refuses_one(self, api: Client, alice: User) -> None:
        answer = patch(api, new_collection(alice, "Recipes"), instruction="law")
        assert answer.status_code == 400
        assert answer.json()["error"]["fields"]["instruction"] == ["words takes no instruction."]

    def test_a_missing_engine_is_no_error_of_ours(self, api: Client, manuals: Collection, settings: Settings) -> None:
        engine_named("reader").close()  # type: ignore[attr-defined]
        Generation.objects.update(engine="gone")
        answer = patch(api, manuals, instruction="law")
        assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["instruction"])


class TestOtherIndexes:
    def test_one_that_is_built_beside_it_is_asked_alike(self, alice: User, manuals: Collection) -> None:
        collections.change_instruction(manuals, alice, OWN)
        assert generations.start(manuals, alice, preset="paper").instruction == OWN

    def test_a_change_reaches_those_that_are_there(self, alice: User, manuals: Collection) -> None:
        beside = generations.start(manuals, alice, preset="paper")
        words = generations.start(manuals, alice, engine="words")
        collections.change_instruction(manuals, alice, "law")
        settings = Generation.objects.in_bulk([beside.pk, words.pk, manuals.generation_id])
        assert [settings[pk].instruction for pk in (beside.pk, words.pk, manuals.generation_id)] == ["law", "", "law"]

    def test_after_an_engine_that_reads_none_comes_the_usual_one(self, alice: User) -> None:
        assert generations.start(new_collection(alice, "Tea"), alice, engine="reader").instruction == "web"

    def test_a_choice_of_none_stays(self, alice: User) -> None:
        assert generations.start(made(alice, instruction=""), alice, preset="paper").instruction == ""

    def test_those_of_qwen3_that_were_asked_with_none_get_its_default(self, db: None) -> None:
        migration = import_module("retrieval.migrations.0008_instruction_of_qwen3")
        made = {}
        for fingerprint, setting in (("Qwen/Qwen3-Embedding-4B@1/2560", ""), ("words@1", ""), ("qwen3-embedding", OWN)):
            space = VectorSpace.objects.create(engine_fingerprint=fingerprint, dimensions=2)
            made[fingerprint] = Generation.objects.create(
                collection="x", vector_space=space, engine="vllm", preset="general", instruction=setting
            )
        with connection.schema_editor() as editor:
            migration.tell(apps, editor)
        assert [Generation.objects.get(pk=one.pk).instruction for one in made.values()] == ["web", "", OWN]


class TestPages:
    def settings_of(self, collection: Collection) -> str:
        return f"/collections/{collection.pk}/edit/"

    def change(self, api: Client, collection: Collection, **fields: str) -> Any:
        fields = {"name": collection.name, "preset": collection.generation.preset, **fields}
        return api.post(self.settings_of(collection), fields)

    def test_the_settings_page_offers_them_where_the_model_reads_them(
        self, api: Client, alice: User, manuals: Collection
    ) -> None:
        assert "Questions look for" in page(api, self.settings_of(manuals))
        assert "contracts and law, told in Chinese" in page(api, self.settings_of(manuals))
        assert "Questions look for" not in page(api, self.settings_of(new_collection(alice, "Recipes")))

    def test_one_is_chosen_or_written(self, api: Client, manuals: Collection, server: EmbeddingServer) -> None:
        assert self.change(api, manuals, instruction="law", own_instruction="ignored").status_code == 302
        assert "Questions look for contracts and law Passages" in page(api, f"/collections/{manuals.pk}/index/")
        assert self.change(api, manuals, instruction="custom", own_instruction=OWN).status_code == 302
        assert OWN in page(api, self.settings_of(manuals))
        ask(api, ENGLISH, manuals)
        assert sent(server) == [f"Instruct: {OWN}\nQuery:{ENGLISH}"]
        assert self.change(api, manuals, instruction="none").status_code == 302
        ask(api, ENGLISH, manuals)
        assert sent(server) == [ENGLISH]

    @pytest.mark.parametrize(("own", "why"), [(" ", "Write one sentence"), ("lawn", "No instruction for questions")])
    def test_own_words_are_a_sentence(self, api: Client, manuals: Collection, own: str, why: str) -> None:
        answer = self.change(api, manuals, instruction="custom", own_instruction=own)
        assert answer.status_code == 200
        assert why in answer.content.decode()
        manuals.generation.refresh_from_db()
        assert manuals.generation.instruction == "web"

    def test_administrators_change_it_in_the_panel(self, alice: User, manuals: Collection) -> None:
        panel = signed_in(User.objects.create_superuser("ada"))
        path = f"/admin/kb/collection/{manuals.pk}/change/"
        assert "Questions look for" in page(panel, path)
        assert panel.post(path, form(manuals, (alice, "owner", ""), instruction="law")).status_code == 302
        manuals.generation.refresh_from_db()
        assert manuals.generation.instruction == "law"
        refused = panel.post(path, form(manuals, (alice, "owner", ""), instruction="lawn"))
        assert "No instruction for questions is called" in refused.content.decode()

    def test_the_panel_offers_none_where_the_model_reads_none(self, alice: User) -> None:
        recipes = new_collection(alice, "Recipes")
        panel = signed_in(User.objects.create_superuser("ada"))
        path = f"/admin/kb/collection/{recipes.pk}/change/"
        assert "Questions look for" not in page(panel, path)
        assert panel.post(path, form(recipes, (alice, "owner", ""), name="Dishes")).status_code == 302


class TestSaid:
    def test_an_explanation_tells_what_the_question_was_told(self, api: Client, alice: User, ready: Upload) -> None:
        collection = made(alice, instruction="auto")
        ready("broth.md", "煮骨头", to=collection)
        dense = ask(api, CHINESE, collection)["hits"][0]["explanation"]["dense"]
        assert dense["instruction"] == {"name": "web-zh", "text": TEXTS["web-zh"]}

    def test_and_that_it_was_told_nothing(self, api: Client, collection: Collection, ready: Upload) -> None:
        ready("broth.md", "Boil the bones.")
        assert ask(api, ENGLISH, collection)["hits"][0]["explanation"]["dense"]["instruction"] is None

    @pytest.mark.parametrize(("setting", "name"), [("law", "law"), ("", "none"), (OWN, "custom"), ("auto", "web")])
    def test_metrics_tell_the_name_and_no_words_of_anybody(
        self, api: Client, alice: User, setting: str, name: str
    ) -> None:
        labels = {"engine": "reader", "instruction": name}
        before = counted("footnote_question_vectors_total", **labels)
        ask(api, ENGLISH, made(alice, instruction=setting))
        assert counted("footnote_question_vectors_total", **labels) == before + 1


class TestEmbeddings:
    @pytest.mark.parametrize(
        ("task", "text"),
        [
            ("document", "tea"),
            ("query", f"Instruct: {TEXTS['web']}\nQuery:tea"),
            ("law", f"Instruct: {TEXTS['law']}\nQuery:tea"),
            ("clustering-zh", f"Instruct: {TEXTS['clustering-zh']}\nQuery:tea"),
        ],
    )
    def test_the_task_says_what_stands_before_a_text(
        self, api: Client, server: EmbeddingServer, task: str, text: str
    ) -> None:
        body = {"texts": ["tea"], "engine": "reader", "task": task}
        assert api.post("/api/v1/embeddings/", body, "application/json").status_code == 200
        assert sent(server) == [text]

    def test_for_a_model_that_reads_none_it_changes_nothing(self, api: Client) -> None:
        bodies = [{"texts": ["tea"], "task": task} for task in ("document", "law")]
        first, second = (api.post("/api/v1/embeddings/", body, "application/json").json() for body in bodies)
        assert first == second
