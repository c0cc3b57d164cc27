import pytest
from django.db import OperationalError as DatabaseDown
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from pytest_django import Settings

from kb.celery import app
from kb.indexing import queue
from kb.operations import health
from kb.operations.checks import default_engine_is_named, recognised_languages_are_installed, services_are_known
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


def test_hints_are_counted_where_celery_puts_them() -> None:
    assert app.conf.task_default_queue == queue.QUEUE
