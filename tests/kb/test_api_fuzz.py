"""Schemathesis sends calls that the schema allows, and many that it does not, as each role.

No response may be a 5xx, and its status and body must be those in the schema.
"""

from collections import defaultdict
from typing import Any, cast

import pytest
import requests
import schemathesis
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.transport import Response
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from kb.api.openapi import schema
from kb.indexing import generations
from kb.models import Collection
from retrieval.models import Generation
from tests.conftest import Upload, bearer, work

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
GOOD, BAD = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
HERE = "http://testserver"
Names = dict[str, str | int]  # what stands for the parts of a path


@pytest.fixture
def people(alice: User, bob: User, erin: User) -> dict[str, Client]:
    admin = User.objects.create_superuser("admin", password="x")
    browser = Client()
    browser.force_login(admin)
    return {
        "nobody": Client(),
        "viewer": Client(headers=bearer(bob)),
        "editor": Client(headers=bearer(erin)),
        "owner": Client(headers=bearer(alice)),
        "admin": browser,
        "read-only token": Client(headers=bearer(alice, read_only=True)),
    }


@pytest.mark.parametrize("role", ["nobody", "viewer", "editor", "owner", "admin", "read-only token"])
def test_every_answer_is_one_that_the_schema_tells(role: str, people: dict[str, Client], ready: Upload) -> None:
    document = ready("soup.md", "# Broth\n\nBoil the bones.")
    retired = another_index(document.collection)
    client = people[role]
    client.raise_request_exception = False
    answers: dict[str, set[int]] = defaultdict(set)
    for found in schemathesis.openapi.from_dict(schema()).get_all_operations():
        operation = cast(Any, found).ok()
        names: Names = {"id": document.pk, "username": "bob", "generation": retired}
        if operation.path.startswith("/api/v1/collections/"):
            names["id"] = document.collection_id
        names = {name: value for name, value in names.items() if f"{{{name}}}" in operation.path}
        if role == "nobody":
            answers[operation.label] |= fuzz(client, operation, GOOD, names, examples=2)
            continue
        answers[operation.label] |= fuzz(client, operation, GOOD, names, examples=8)
        answers[operation.label] |= fuzz(client, operation, BAD, names, examples=6)
        if names:
            answers[operation.label] |= fuzz(client, operation, GOOD, {}, examples=2)
    if role == "nobody":
        assert set().union(*answers.values()) == {401}
    if role in ("owner", "admin"):  # else the fuzzing would not reach what it is to test
        assert {label for label, statuses in answers.items() if min(statuses) >= 300} == set()


def another_index(collection: Collection) -> int:
    """A complete, retired index: it can be activated, resumed and dropped, and another one can be built."""
    made = generations.start(collection, None, preset="paper")
    work()
    Generation.objects.filter(pk=made.pk).update(state=Generation.State.RETIRED, retired_at=Now())
    return made.pk


def fuzz(
    client: Client, operation: Any, mode: GenerationMode, names: dict[str, str | int], *, examples: int
) -> set[int]:
    """Sends and checks calls; returns the statuses of the responses."""
    came = set()

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode, path_parameters=names or None))
    def every_answer_is_told(case: Any) -> None:
        response = ask(client, case)
        came.add(response.status_code)
        case.validate_response(response, checks=CHECKS)

    every_answer_is_told()
    return came


def ask(client: Client, case: Any) -> Response:
    """Sends one call with Django's test client, and rolls back its changes."""
    asked: Any = requests.Request(**case.as_transport_kwargs(base_url=HERE)).prepare()
    left_out = ("content-type", "authorization", "cookie")  # who asks is the client's business
    headers = {name: value for name, value in asked.headers.items() if name.lower() not in left_out}
    body = asked.body.encode() if isinstance(asked.body, str) else asked.body or b""
    with transaction.atomic():
        answer: Any = client.generic(
            asked.method, asked.path_url, body, asked.headers.get("Content-Type", ""), headers=headers
        )
        transaction.set_rollback(True)
    got = {name: [value] for name, value in answer.headers.items()}
    content = b"" if answer.streaming else answer.content
    return Response(answer.status_code, got, content, asked, elapsed=0, verify=False)
