"""Claims work alike in both stages: parsing a version, and indexing it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from pytest_django import Settings

from embedding.engine import EngineUnavailable
from kb.indexing import parse
from kb.indexing.claims import Claim, LeaseLost
from kb.library import documents
from kb.models import Document, Status, Version
from retrieval.models import Generation, IndexedVersion
from tests.conftest import Upload
from tests.engines import WordsEngine
from tests.indexing.conftest import (
    TEXT,
    claim_indexed,
    claim_version,
    expire_leases,
    indexing,
    let_time_pass,
    parsing,
)


@dataclass
class Stage:
    """A document that waits in one of the two stages."""

    document: Document
    claim: Callable[[], Claim[Any] | None]
    row: Callable[[], Version | IndexedVersion]

    def set(self, **fields: object) -> None:
        type(self.row()).objects.filter(pk=self.row().pk).update(**fields)


@pytest.fixture(params=["parsing", "indexing"])
def stage(request: pytest.FixtureRequest, add: Upload, engine: WordsEngine) -> Stage:
    document = add("a.md", TEXT)
    if request.param == "parsing":
        return Stage(document, lambda: claim_version(document), lambda: parsing(document))
    engine.away = True
    parse.parse(document.newest.pk)
    engine.away = False
    let_time_pass()
    row = indexing(document)
    IndexedVersion.objects.update(attempt=0)
    return Stage(document, lambda: claim_indexed(row), lambda: indexing(document))


def test_what_waits_is_taken_once(stage: Stage) -> None:
    first, second = stage.claim(), stage.claim()
    assert first is not None
    assert (first.attempt, first.tries) == (1, 1)
    assert second is None


def test_one_whose_lease_ran_out_is_taken_over(stage: Stage) -> None:
    old = stage.claim()
    expire_leases()
    new = stage.claim()
    assert old is not None
    assert new is not None
    assert new.attempt == 2
    for write in (old.renew, old.hold, lambda: old.end(status=Status.FAILED), lambda: old.succeed()):
        with pytest.raises(LeaseLost):
            write()
    new.renew()


def test_one_that_is_queued_again_is_lost_to_its_worker(stage: Stage) -> None:
    old = stage.claim()
    assert old is not None
    type(stage.row()).objects.filter(pk=stage.row().pk).queue_again()
    with pytest.raises(LeaseLost):
        old.renew()
    new = stage.claim()
    assert new is not None
    assert (new.attempt, new.tries) == (2, 1)
    with pytest.raises(LeaseLost):
        old.renew()


def test_a_row_that_is_not_due_is_not_claimed(stage: Stage) -> None:
    stage.set(not_before=Now() + timedelta(seconds=60))
    assert stage.claim() is None


@pytest.mark.parametrize("status", [Status.READY, Status.FAILED])
def test_a_finished_one_is_not_taken(stage: Stage, status: Status) -> None:
    stage.set(status=status)
    assert stage.claim() is None


def test_one_of_a_removed_document_is_not_taken(stage: Stage) -> None:
    documents.remove_soon(Document.objects.all(), None)
    assert stage.claim() is None


@pytest.mark.parametrize("state", [Generation.State.RETIRED, Generation.State.DROPPED])
def test_nobody_builds_an_index_that_nobody_wants(ready: Upload, state: Generation.State) -> None:
    row = indexing(ready("a.md", TEXT))
    IndexedVersion.objects.all().queue_again()
    Generation.objects.update(state=state)
    assert claim_indexed(row) is None


def test_nobody_builds_a_paused_index(ready: Upload) -> None:
    row = indexing(ready("a.md", TEXT))
    IndexedVersion.objects.all().queue_again()
    Generation.objects.update(state=Generation.State.BUILDING, paused=True)
    assert claim_indexed(row) is None
    Generation.objects.update(paused=False)
    assert claim_indexed(row) is not None


def test_progress_renews_the_lease(stage: Stage) -> None:
    claim = stage.claim()
    assert claim is not None
    expire_leases()
    claim.progress(10, 10)
    assert (stage.row().done, stage.row().total) == (10, 10)
    assert stage.claim() is None


def test_waiting_for_an_engine_costs_no_try(stage: Stage, settings: Settings) -> None:
    for _again in range(settings.MAX_TRIES + 2):
        claim = stage.claim()
        assert claim is not None
        claim.wait_for_engine(str(EngineUnavailable("connection refused")))
        row = stage.row()
        assert (row.status, row.error_code, row.error_detail) == (Status.QUEUED, "engine_down", "connection refused")
        assert row.tries == 0
        assert stage.claim() is None, "it waits a little first"
        let_time_pass()


def test_after_each_error_the_wait_grows_until_it_fails(stage: Stage, settings: Settings) -> None:
    delays = []
    for tries in range(1, settings.MAX_TRIES):
        claim = stage.claim()
        assert claim is not None
        claim.put_back(ValueError("odd"))
        row = stage.row()
        assert (row.status, row.tries, row.error_code) == (Status.QUEUED, tries, "")
        assert row.not_before is not None
        delays.append(row.not_before)
        let_time_pass()
    assert delays == sorted(delays)
    claim = stage.claim()
    assert claim is not None
    claim.put_back(ValueError("odd"))
    row = stage.row()
    assert (row.status, row.error_code, row.error_detail) == (Status.FAILED, "internal", "ValueError: odd")


def test_one_that_kills_every_worker_is_given_up(stage: Stage, settings: Settings) -> None:
    for _killed in range(settings.MAX_TRIES):
        assert stage.claim() is not None
        expire_leases()
    assert stage.claim() is None
    assert (stage.row().status, stage.row().error_code) == (Status.FAILED, "internal")


@pytest.mark.django_db(transaction=True)
def test_one_of_many_concurrent_claims_wins(stage: Stage) -> None:
    barrier = threading.Barrier(6)
    won: list[Claim[Any]] = []

    def race() -> None:
        barrier.wait()
        claim = stage.claim()
        if claim is not None:
            won.append(claim)
        connection.close()

    threads = [threading.Thread(target=race) for _thread in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
