"""Oversized requests are refused before their body is read."""

import json
import shutil
from collections.abc import Iterable
from typing import Any, NamedTuple

import pytest
from asgiref.sync import async_to_sync
from pytest_django import Settings

from kb.storage.upload_limit import UploadLimit

UPLOAD = "/collections/0123456789ab/upload/"
MULTIPART = {"content-type": "multipart/form-data; boundary=x", "cookie": "footnote_session=x"}


class Asked(NamedTuple):
    status: int
    body: bytes
    read: int  # how many bytes of the body were taken


def ask(headers: dict[str, str], body: Iterable[bytes] = (), path: str = UPLOAD) -> Asked:
    """Sends a request to an application that responds with the length of the body."""
    waiting = list(body)
    sent: list[dict[str, Any]] = []
    read = 0

    async def receive() -> dict[str, Any]:
        nonlocal read
        part = waiting.pop(0) if waiting else b""
        read += len(part)
        return {"type": "http.request", "body": part, "more_body": bool(waiting)}

    async def send(message: Any) -> None:
        sent.append(message)

    async def application(scope: Any, receive: Any, send: Any) -> None:
        length, more = 0, True
        while more:
            message = await receive()
            length, more = length + len(message["body"]), message["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(length).encode()})

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "path": path, "headers": raw}
    async_to_sync(UploadLimit(application))(scope, receive, send)
    return Asked(sent[0]["status"], sent[1]["body"], read)


@pytest.fixture(autouse=True)
def limits(settings: Settings) -> None:
    settings.MAX_UPLOAD_BYTES = 10 * 1024**2
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1024**2


def test_a_body_within_the_limit_goes_through() -> None:
    assert ask({**MULTIPART, "content-length": "6"}, [b"abc", b"def"]) == (200, b"6", 6)


def test_an_announced_length_over_the_limit_is_refused_unread() -> None:
    answer = ask({**MULTIPART, "content-length": str(11 * 1024**2)}, [b"x" * 1024])
    assert (answer.status, answer.read) == (413, 0)
    assert b"10 MB" in answer.body


def test_the_api_is_answered_in_its_own_shape() -> None:
    answer = ask({"content-length": str(2 * 1024**2)}, path="/api/v1/search/")
    assert json.loads(answer.body)["error"]["code"] == "too_large"


@pytest.mark.parametrize("path", ["/sign-in/", "/api/v1/search/", "/collections/new/"])
def test_files_go_to_few_addresses_only(path: str) -> None:
    assert ask({**MULTIPART, "content-length": str(2 * 1024**2)}, path=path).status == 413


def test_a_large_body_needs_somebody_who_says_who_they_are() -> None:
    stranger = {"content-type": MULTIPART["content-type"], "content-length": str(2 * 1024**2)}
    assert ask(stranger).status == 413
    assert ask({**stranger, "authorization": "Bearer x"}, path="/api/v1/documents/0123456789ab/file/").status == 200


def test_a_body_without_announced_length_stops_when_the_disk_fills_up(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAX_UPLOAD_BYTES = 10**9
    settings.MIN_FREE_DISK_BYTES = 1024**2
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 1))
    answer = ask(MULTIPART, [b"x" * 1024**2] * 100)
    assert (answer.status, answer.read) == (507, 17 * 1024**2)


def test_without_an_announced_length_reading_stops_at_the_limit() -> None:
    answer = ask(MULTIPART, [b"x" * 1024**2] * 100)
    assert answer.status == 413
    assert answer.read == 11 * 1024**2


def test_what_is_not_files_may_bring_less() -> None:
    assert ask({"content-type": "application/json", "content-length": str(2 * 1024**2)}).status == 413


def test_a_disk_that_would_be_full_refuses_large_bodies_only(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MIN_FREE_DISK_BYTES = 1024**2
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 2 * 1024**2))
    assert ask({**MULTIPART, "content-length": str(5 * 1024**2)}).status == 507
    assert ask({**MULTIPART, "content-length": "5"}, [b"12345"]).status == 200


def test_what_is_not_http_goes_through() -> None:
    seen = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    async_to_sync(UploadLimit(application))({"type": "lifespan"}, None, None)  # type: ignore[arg-type]
    assert seen == ["lifespan"]
