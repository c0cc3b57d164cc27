"""Another index of a collection in the API: built beside the active one, followed, activated, dropped."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from kb.indexing import generations
from kb.indexing.activation import activate
from kb.library import collections
from kb.models import AuditEntry, Collection, Document, Version
from retrieval.models import CachedEmbedding, Generation, IndexedVersion
from tests.conftest import Upload, built, new_collection, signed_in, statements, work
from tests.engines import WordsEngine


@pytest.fixture
def owner(alice: User) -> Client:
    return signed_in(alice)


@pytest.fixture
def path(collection: Collection) -> str:
    return f"/api/v1/collections/{collection.pk}/generations/"


def build(client: Client, path: str, expect: int = 202, **body: Any) -> Any:
    answer = client.post(path, body, "application/json")
    assert answer.status_code == expect, answer.content
    return answer.json()


def states(client: Client, path: str) -> list[str]:
    return [one["state"] for one in client.get(path).json()["results"]]


def audited() -> list[str]:
    return [str(entry) for entry in AuditEntry.objects.filter(action__startswith="index_").order_by("pk")]


class TestLife:
    def test_built_watched_activated_taken_back_and_dropped(self, owner: Client, path: str, ready: Upload) -> None:
        ready("soup.md", "# Soup\n\nBoil the bones.")
        ready("tea.md", "# Tea\n\nSteep the leaves.")
        [first] = owner.get(path).json()["results"]
        made = build(owner, path, preset="paper", dimensions=32)
        assert (made["state"], made["preset"], made["dimensions"], made["engine"]) == ("building", "paper", 32, "words")
        assert made["progress"] == {"total": 2, "done": 0, "failed": 0}
        work()
        shown = owner.get(f"{path}{made['id']}/").json()
        assert (shown["progress"]["done"], shown["passage_count"]) == (2, 2)
        assert [one["id"] for one in owner.get(path).json()["results"]] == [made["id"], first["id"]]
        assert owner.post(f"{path}{made['id']}/activate/").json()["state"] == "active"
        before = owner.get(f"{path}{first['id']}/").json()
        assert (before["state"], before["retired_at"] is not None) == ("retired", True)
        assert owner.post(f"{path}{first['id']}/activate/").json()["retired_at"] is None
        assert owner.delete(f"{path}{made['id']}/").status_code == 204
        assert states(owner, path) == ["dropped", "active"]
        generations.purge_dropped()
        assert owner.get(f"{path}{made['id']}/").status_code == 404
        assert audited() == [
            "alice started building an index: Recipes",
            "alice activated an index: Recipes",
            "alice activated an index: Recipes",
            "alice dropped an index: Recipes",
        ]

    def test_omitted_settings_are_those_of_the_active_one(self, owner: Client, alice: User) -> None:
        short = collections.create(alice, engine="words", preset="legal", dimensions=16, name="Short")
        made = build(owner, f"/api/v1/collections/{short.pk}/generations/")
        assert (made["engine"], made["dimensions"], made["preset"]) == ("words", 16, "legal")
        assert (made["instruction"], made["transform"], made["paused"]) == ("", "", False)

    def test_it_may_be_activated_by_itself_when_it_is_complete(self, owner: Client, path: str, ready: Upload) -> None:
        ready("soup.md", "Boil the bones.")
        assert build(owner, path, preset="code", activate_when_complete=True)["activate_when_complete"] is True
        work()
        assert states(owner, path) == ["active", "retired"]

    def test_paused_and_resumed(self, owner: Client, path: str, ready: Upload) -> None:
        ready("soup.md", "Boil the bones.")
        place = f"{path}{build(owner, path)['id']}/"
        for _twice in range(2):
            assert owner.patch(place, {"paused": True}, "application/json").json()["paused"] is True
        work()
        assert owner.get(place).json()["progress"]["done"] == 0
        assert owner.patch(place, {}, "application/json").json()["paused"] is True
        assert owner.patch(place, {"paused": False}, "application/json").json()["paused"] is False
        work()
        assert owner.get(place).json()["progress"]["done"] == 1
        assert audited()[1:] == [
            "alice paused building an index: Recipes",
            "alice resumed building an index: Recipes",
        ]

    def test_a_retired_one_gets_what_came_since(self, owner: Client, path: str, ready: Upload) -> None:
        ready("soup.md", "Boil the bones.")
        [first] = owner.get(path).json()["results"]
        made = build(owner, path, activate_when_complete=True)
        work()
        ready("tea.md", "Steep the leaves.")
        refused = owner.post(f"{path}{first['id']}/activate/")
        assert (refused.status_code, "Resume it" in refused.json()["error"]["message"]) == (409, True)
        resumed = owner.post(f"{path}{first['id']}/resume/")
        assert (resumed.status_code, resumed.json()["state"]) == (202, "building")
        assert resumed.json()["progress"] == {"total": 2, "done": 1, "failed": 0}
        work()
        assert owner.post(f"{path}{first['id']}/activate/").status_code == 200
        assert owner.get(f"{path}{made['id']}/").json()["state"] == "retired"

    def test_an_engine_that_is_away_is_told(self, owner: Client, path: str, ready: Upload, engine: WordsEngine) -> None:
        ready("soup.md", "Boil the bones.")
        CachedEmbedding.objects.all().delete()  # else nothing would be asked of the engine
        engine.away = True
        place = f"{path}{build(owner, path)['id']}/"
        assert owner.get(place).json()["waits_for"] == ""
        work()
        waiting = owner.get(place).json()
        assert (waiting["waits_for"], waiting["progress"]["done"]) == ("connection refused", 0)
        engine.away = False
        IndexedVersion.objects.update(not_before=None)
        work()
        done = owner.get(place).json()
        assert (done["waits_for"], done["progress"]["done"]) == ("", 1)


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "field", "sentence"),
        [
            ({"engine": "none"}, "engine", "Use one of: "),
            ({"preset": "none"}, "preset", "is not a valid choice"),
            ({"dimensions": 8}, "dimensions", "16 to 64 dimensions"),
            ({"dimensions": "many"}, "dimensions", "valid integer"),
            ({"engine": "minilm", "dimensions": 64}, "dimensions", "384 dimensions only"),
            ({"transform": "magic"}, "transform", "is not a valid choice"),
            ({"size": 3}, "size", "There is no such field"),
        ],
    )
    def test_invalid_settings_are_refused_by_field(
        self, owner: Client, path: str, body: dict[str, Any], field: str, sentence: str
    ) -> None:
        error = build(owner, path, 400, **body)["error"]
        assert sentence in error["fields"][field][0]
        assert states(owner, path) == ["active"]

    def test_an_empty_transform_is_none(self, owner: Client, path: str) -> None:
        assert build(owner, path, transform="")["transform"] == ""

    def test_an_engine_that_settings_name_no_more(self, owner: Client, path: str, collection: Collection) -> None:
        Generation.objects.filter(pk=collection.generation_id).update(engine="gone")
        assert "do not name the engine gone" in build(owner, path, 400)["error"]["fields"]["engine"][0]
        assert build(owner, path, engine="words")["engine"] == "words"

    def test_the_same_one_is_built_once(self, owner: Client, path: str, ready: Upload) -> None:
        ready("soup.md", "Boil the bones.")
        build(owner, path)
        error = build(owner, path, 409)["error"]
        assert error["code"] == "index_conflict"
        assert error["message"] == "An index with these settings is being built already."

    def test_the_one_that_is_searched_stays(self, owner: Client, path: str, collection: Collection) -> None:
        place = f"{path}{collection.generation_id}/"
        refused = owner.delete(place)
        assert (refused.status_code, "Activate another one first" in refused.json()["error"]["message"]) == (409, True)
        for answer in (owner.post(f"{place}resume/"), owner.patch(place, {"paused": True}, "application/json")):
            assert (answer.status_code, answer.json()["error"]["message"]) == (409, "This index is not being built.")
        assert owner.post(f"{place}activate/").status_code == 200  # it is already
        assert audited() == []

    def test_an_incomplete_one_is_not_activated(self, owner: Client, path: str, ready: Upload) -> None:
        ready("soup.md", "Boil the bones.")
        refused = owner.post(f"{path}{build(owner, path)['id']}/activate/")
        assert (refused.status_code, "not complete yet" in refused.json()["error"]["message"]) == (409, True)
        assert states(owner, path) == ["building", "active"]

    def test_one_that_is_being_removed_is_gone_for_good(self, owner: Client, path: str, ready: Upload) -> None:
        ready("soup.md", "Boil the bones.")
        place = f"{path}{build(owner, path)['id']}/"
        owner.delete(place)
        for answer in (owner.post(f"{place}activate/"), owner.post(f"{place}resume/")):
            assert answer.status_code == 409
        assert owner.delete(place).status_code == 204

    def test_paused_must_be_a_boolean(self, owner: Client, path: str, collection: Collection) -> None:
        answer = owner.patch(f"{path}{collection.generation_id}/", {"paused": "perhaps"}, "application/json")
        assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["paused"])

    def test_another_collection_s_is_not_here(
        self, owner: Client, path: str, collection: Collection, alice: User
    ) -> None:
        foreign = f"{path}{new_collection(alice, 'Other').generation_id}/"
        for method in ("get", "patch", "delete"):
            assert getattr(owner, method)(foreign).status_code == 404
        for action in ("activate", "resume"):
            assert owner.post(f"{foreign}{action}/").status_code == 404
        assert owner.get(f"{path}999999999999999999999/").status_code == 404


class TestRights:
    def test_readers_look_editors_act_and_strangers_see_nothing(
        self, path: str, ready: Upload, bob: User, erin: User, mallory: User, collection: Collection
    ) -> None:
        ready("soup.md", "Boil the bones.")
        place = f"{path}{build(signed_in(erin), path)['id']}/"
        for user, looks, acts in ((bob, 200, 403), (mallory, 404, 404)):
            client = signed_in(user)
            assert [client.get(one).status_code for one in (path, place)] == [looks, looks]
            assert client.post(path, {}, "application/json").status_code == acts
            assert client.patch(place, {"paused": True}, "application/json").status_code == acts
            assert [client.post(f"{place}{one}/").status_code for one in ("resume", "activate")] == [acts, acts]
            assert client.delete(place).status_code == acts
        collections.change(collection, erin, everyone_may_read=True)
        assert signed_in(mallory).get(place).status_code == 200
        work()
        editor = signed_in(erin)
        assert editor.post(f"{place}activate/").status_code == 200


class TestList:
    def test_as_many_statements_for_ten_as_for_two(
        self, owner: Client, path: str, ready: Upload, collection: Collection
    ) -> None:
        ready("soup.md", "Boil the bones.")

        activate(collection, built(collection), None)
        few = statements(owner, path)
        for _more in range(8):
            activate(collection, built(collection), None)
        assert len(states(owner, path)) == 10
        assert statements(owner, path) == few

    def test_pages(self, owner: Client, path: str, collection: Collection) -> None:
        activate(collection, generations.start(collection, None), None)
        first = owner.get(f"{path}?limit=1").json()
        second = owner.get(first["next"]).json()
        assert [one["state"] for one in first["results"] + second["results"]] == ["active", "retired"]
        assert second["next"] is None


class TestPreset:
    def test_another_one_builds_an_index_that_takes_over(
        self, owner: Client, path: str, collection: Collection, ready: Upload
    ) -> None:
        ready("soup.md", "Boil the bones.")
        whole = f"/api/v1/collections/{collection.pk}/"
        answer = owner.patch(whole, {"preset": "code"}, "application/json").json()
        assert (answer["index"]["preset"], states(owner, path)) == ("general", ["building", "active"])
        work()
        assert owner.get(whole).json()["index"]["preset"] == "code"

    def test_while_another_is_built_nothing_is_changed(
        self, owner: Client, path: str, collection: Collection, ready: Upload
    ) -> None:
        ready("soup.md", "Boil the bones.")
        build(owner, path, preset="code")
        whole = f"/api/v1/collections/{collection.pk}/"
        answer = owner.patch(whole, {"preset": "code", "name": "Teas"}, "application/json")
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "index_conflict")
        assert owner.get(whole).json()["name"] == "Recipes"
        assert owner.patch(whole, {"preset": "general", "name": "Teas"}, "application/json").status_code == 200


class TestParsingAgain:
    def test_makes_another_version_of_the_same_file(self, owner: Client, ready: Upload) -> None:
        document = ready("soup.md", "Boil the bones.")
        answer = owner.post(f"/api/v1/documents/{document.pk}/parse/")
        assert (answer.status_code, answer.json()["version"], answer.json()["status"]) == (202, 2, "queued")
        assert owner.get(f"/api/v1/documents/{document.pk}/text/?version=1").json()["text"] == "Boil the bones."
        work()
        shown = owner.get(f"/api/v1/documents/{document.pk}/").json()
        assert (shown["status"], shown["sha256"]) == ("ready", document.newest.sha256)
        assert AuditEntry.objects.filter(action="document_parsed", subject=document.pk).count() == 1

    def test_one_that_waits_to_be_read_stays(self, owner: Client, add: Upload) -> None:
        document = add("soup.md", "Boil the bones.")
        assert owner.post(f"/api/v1/documents/{document.pk}/parse/").json()["version"] == 1
        assert Version.objects.count() == Document.objects.count() == 1
