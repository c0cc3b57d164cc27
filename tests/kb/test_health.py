from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import sleep

import pytest
from django.db import OperationalError as DatabaseDown
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from pytest_django import Settings

from kb.celery import app
from kb.indexing import queue
from kb.models import Collection
from kb.operations import health
from kb.operations.checks import default_engine_is_named, recognised_languages_are_installed, services_are_known
from kb.operations.health import Readiness
from retrieval.models import Generation
from tests.engines import WordsEngine


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.control, "ping", lambda **options: [{"w": {"ok": "pong"}}])


def test_alive_needs_nothing() -> None:
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


def test_ready_when_every_part_is(db: None, worker: None) -> None:
    answer = Client().get("/readyz?all=1")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready",
        "parts": {"database": "ok", "queue": "ok", "worker": "ok", "engine": "ok"},
    }


def test_without_a_worker_it_is_degraded_and_still_answers(db: None) -> None:
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["parts"]["worker"] == "no worker answers"
    assert Client().get("/readyz?all=1").status_code == 503


def test_each_part_tells_its_reason(db: None, worker: None, engine: WordsEngine, settings: Settings) -> None:
    engine.away = True
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    parts = Client().get("/readyz").json()["parts"]
    assert parts == {"database": "ok", "queue": "does not answer", "worker": "ok", "engine": "does not answer"}


def test_an_engine_that_is_not_the_default_one_is_not_asked(
    db: None, worker: None, settings: Settings, collection: Collection
) -> None:
    """Its collections are searched by words; everything else is ready."""
    settings.ENGINES = settings.ENGINES | {"gone": {"class": "no.such.Engine"}}
    Generation.objects.filter(pk=collection.generation_id).update(engine="gone")
    assert Client().get("/readyz?all=1").status_code == 200


def test_without_its_database_it_is_unavailable(worker: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(connection: object) -> None:
        raise DatabaseDown("connection refused")

    monkeypatch.setattr(health, "MigrationExecutor", away)
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")


def test_missing_migrations_are_said(db: None, worker: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda self, targets: [1, 2])
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"]["database"] == "2 migrations are missing: run manage.py migrate"


class TestKept:
    """Readiness is public, so checks are cached."""

    @pytest.fixture(autouse=True)
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
        """A clock that the test controls."""
        now = [1000.0]
        monkeypatch.setattr(health, "monotonic", lambda: now[0])
        monkeypatch.setattr(health, "KEPT_SECONDS", 3.0)
        monkeypatch.setattr(health, "_kept", health._Kept())

        def pass_by(seconds: float) -> None:
            now[0] += seconds

        return pass_by

    @pytest.fixture
    def checks(self, monkeypatch: pytest.MonkeyPatch) -> list[Readiness]:
        """The results of all checks that were run."""
        found: list[Readiness] = []

        def check() -> Readiness:
            found.append(Readiness({"database": "ok", "number": str(len(found))}))
            return found[-1]

        monkeypatch.setattr(health, "check", check)
        return found

    def test_an_outcome_serves_for_some_seconds_and_no_longer(
        self, checks: list[Readiness], clock: Callable[[float], None], settings: Settings
    ) -> None:
        assert health.readiness() is checks[0]
        clock(2.9)
        assert Client().get("/readyz").json()["parts"]["number"] == "0"
        clock(0.1)
        assert Client().get("/readyz").json()["parts"]["number"] == "1"
        assert len(checks) == 2

    def test_its_age_counts_from_the_end_of_a_check_that_took_long(
        self, checks: list[Readiness], clock: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        quick = health.check

        def slow() -> Readiness:
            clock(30)
            return quick()

        monkeypatch.setattr(health, "check", slow)
        assert health.readiness() is health.readiness()
        assert len(checks) == 1

    def test_two_at_once_cost_one_check(self, checks: list[Readiness], monkeypatch: pytest.MonkeyPatch) -> None:
        quick, together = health.check, Barrier(8)

        def slow() -> Readiness:
            sleep(0.05)
            return quick()

        monkeypatch.setattr(health, "check", slow)

        def ask(_: int) -> Readiness:
            together.wait(10)
            return health.readiness()

        with ThreadPoolExecutor(8) as threads:
            outcomes = list(threads.map(ask, range(8)))
        assert outcomes == [checks[0]] * 8
        assert len(checks) == 1

    def test_a_check_that_breaks_is_tried_again_by_the_next(
        self, checks: list[Readiness], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as broken:
            broken.setattr(health, "check", lambda: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                health.readiness()
        assert health.readiness() is checks[0]


def test_metrics_leave_out_what_went_away_since_readiness_was_found(
    db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings.METRICS_TOKEN = "scrape-me"
    monkeypatch.setattr(health, "_kept", health._Kept())
    monkeypatch.setattr(health, "KEPT_SECONDS", 60.0)

    def scraped() -> str:
        return Client().get("/metrics", headers={"authorization": "Bearer scrape-me"}).content.decode()

    assert "footnote_queue_length" in scraped()
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    told = scraped()
    assert "footnote_queue_length" not in told
    assert 'footnote_documents{status="ready"}' in told
    assert "Metrics are incomplete" in caplog.text


def test_a_configuration_without_services_is_refused_with_what_to_do(settings: Settings) -> None:
    settings.DATABASE_URL = ""
    (error,) = services_are_known()
    assert "DATABASE_URL is not set" in error.msg
    assert "make run" in (error.hint or "")


def test_an_engine_that_settings_do_not_name_is_refused(settings: Settings) -> None:
    settings.DEFAULT_ENGINE = "nothing"
    (error,) = default_engine_is_named()
    assert "No engine is called 'nothing'" in error.msg


def test_a_language_that_cannot_be_recognised_is_refused(settings: Settings) -> None:
    settings.OCR_LANGUAGES = ["klingon"]
    (error,) = recognised_languages_are_installed()
    assert "klingon" in error.msg


def test_messages_are_counted_where_celery_puts_them() -> None:
    assert app.conf.task_default_queue == queue.QUEUE
