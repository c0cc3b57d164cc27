"""The OpenAPI schema: complete, with correct examples, and public."""

import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from kb.api.openapi import schema


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in schema()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def views(found: URLResolver, before: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in found.url_patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield path, pattern.callback
        else:
            yield from views(pattern, path)


def test_it_is_open_to_all(db: None) -> None:
    answer = Client().get("/api/schema/")
    assert (answer.status_code, answer.json()) == (200, schema())


def test_every_method_of_every_call_is_in_it() -> None:
    written = {
        (re.sub(r"<\w+:(\w+)>", r"{\1}", path), method)
        for path, view in views(get_resolver())
        if path.startswith("api/v1/")
        for method in ("get", "post", "put", "patch", "delete")
        if hasattr(view.cls, method)
    }
    assert written == {(path.removeprefix("/"), method) for path, method, _operation in operations()}


@pytest.mark.parametrize(("path", "method", "operation"), list(operations()))
class TestOperation:
    def test_it_says_what_it_does(self, path: str, method: str, operation: dict[str, Any]) -> None:
        assert operation["description"]
        assert len(operation["tags"]) == 1
        assert operation["security"] == [{"bearer": []}, {"cookieAuth": []}]
        assert operation["operationId"].replace("_", "").isalpha()

    def test_its_errors_have_the_one_shape(self, path: str, method: str, operation: dict[str, Any]) -> None:
        wanted = {"400", "401", "406", "429", "500", "503"}
        wanted |= {"404"} if "{" in path else set()
        wanted |= {"403"} if method != "get" else set()
        wanted |= {"413", "415"} if "requestBody" in operation else set()
        assert wanted <= operation["responses"].keys()
        for status, response in operation["responses"].items():
            if status >= "400":
                told = response["content"]["application/json"]
                assert told["schema"] == {"$ref": "#/components/schemas/Error"}
                check(told["example"], told["schema"])

    def test_its_examples_are_true(self, path: str, method: str, operation: dict[str, Any]) -> None:
        bodies = [response for status, response in operation["responses"].items() if status < "300"]
        bodies += [operation["requestBody"]] if "requestBody" in operation else []
        for body in bodies:
            content = body.get("content", {}).get("application/json")
            if content is not None:
                assert content["examples"]
                for example in content["examples"].values():
                    check(example["value"], content["schema"])


def check(value: Any, shape: dict[str, Any]) -> None:
    jsonschema.validate(value, shape | {"components": schema()["components"]}, jsonschema.Draft202012Validator)
