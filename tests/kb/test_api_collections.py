import pytest
from django.contrib.auth.models import User
from django.test import Client

from kb.models import Collection, Role
from tests.conftest import Upload, new_collection, signed_in, statements

LIST = "/api/v1/collections/"


@pytest.fixture
def api(alice: User) -> Client:
    return signed_in(alice)


def test_create_and_read_back(api: Client) -> None:
    made = api.post(LIST, {"name": "Tea", "description": "All of it"}, "application/json")
    assert made.status_code == 201
    shown = made.json()
    assert shown == api.get(f"{LIST}{shown['id']}/").json()
    assert shown | {"id": ""} == {
        "id": "",
        "name": "Tea",
        "description": "All of it",
        "everyone_may_read": False,
        "document_count": 0,
        "passage_count": 0,
        "role": "owner",
        "index": {
            "engine": "words",
            "model": "words",
            "dimensions": 64,
            "instruction": "",
            "preset": "auto",
            "transform": "",
            "state": "active",
        },
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("preset", "none"), ("engine", "none"), ("dimensions", 8), ("instruction", "Find it")],
)
def test_a_wrong_field_is_named(api: Client, field: str, value: object) -> None:
    answer = api.post(LIST, {"name": "Tea", field: value}, "application/json")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid"
    assert list(answer.json()["error"]["fields"]) == [field]
    assert not Collection.objects.exists()


def test_patch_changes_name_and_description(api: Client, collection: Collection) -> None:
    answer = api.patch(f"{LIST}{collection.pk}/", {"name": "Dishes"}, "application/json")
    assert (answer.status_code, answer.json()["name"]) == (200, "Dishes")


def test_delete_takes_it_out_of_sight(api: Client, collection: Collection) -> None:
    assert api.delete(f"{LIST}{collection.pk}/").status_code == 204
    assert api.get(f"{LIST}{collection.pk}/").status_code == 404
    assert api.get(LIST).json()["results"] == []


def test_counts_and_roles(collection: Collection, ready: Upload, bob: User, mallory: User) -> None:
    ready("a.md", "# A\n\nTea.\n\n# B\n\nMilk.")
    new_collection(mallory, "Shared", everyone_may_read=True)
    recipes, shared = signed_in(bob).get(LIST).json()["results"]
    assert (recipes["document_count"], recipes["passage_count"], recipes["role"]) == (1, 2, "viewer")
    assert (shared["document_count"], shared["role"]) == (0, "viewer")


def test_the_list_comes_in_pages(api: Client, alice: User) -> None:
    for number in range(5):
        new_collection(alice, f"C{number}")
    names, url = [], f"{LIST}?limit=2"
    while url:
        page = api.get(url).json()
        names += [one["name"] for one in page["results"]]
        url = page["next"]
    assert names == [f"C{number}" for number in range(5)]


def test_the_list_takes_as_many_queries_for_many_as_for_one(api: Client, alice: User) -> None:
    new_collection(alice, "one")
    few = statements(api, LIST)
    for number in range(10):
        new_collection(alice, f"more {number}")
    assert statements(api, LIST) == few


@pytest.mark.parametrize(("method", "path", "status"), [("put", LIST, 405), ("get", "/api/v1/nothing/", 404)])
def test_every_error_has_the_same_shape(api: Client, method: str, path: str, status: int) -> None:
    answer = getattr(api, method)(path)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"code", "message"}


def test_a_body_that_is_not_json_is_a_clear_error(api: Client) -> None:
    answer = api.post(LIST, "{", "application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "parse_error")
    assert api.post(LIST, b"x", "text/csv").status_code == 415


def test_roles_are_those_of_the_contract() -> None:
    assert {role.value for role in Role} == {"owner", "editor", "viewer"}
