"""The user is told about restarts and about the sample collection's progress."""

import pytest
from django.db import connection

from kb.local import watch
from kb.local.sample import Sample
from kb.local.supervision import State
from kb.local.watch import Watch
from kb.models import Collection, Status, Version
from retrieval.models import IndexedVersion
from tests.conftest import Upload

UP, AGAIN, GIVEN_UP = State(1, True, False), State(2, True, False), State(0, False, True)
BETWEEN = State(0, False, False)


class Script:
    """Replaces a supervisord that reports these states of the worker, one after another."""

    def __init__(self, *looks: State) -> None:
        self.looks = list(looks)
        self.started: list[str] = []

    def states(self) -> dict[str, State]:
        return {"worker": self.looks.pop(0)}

    def failure(self, name: str) -> str:
        return f"The program '{name}' does not stay up."

    def start(self, name: str) -> None:
        self.started.append(name)


def look_at(script: Script) -> None:
    programs = Watch(script)  # type: ignore[arg-type]
    while script.looks:
        programs.check()


def test_nothing_is_printed_while_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    look_at(Script(UP, UP, UP))

    assert capsys.readouterr().out == ""


def test_a_restart_is_reported_once(capsys: pytest.CaptureFixture[str]) -> None:
    look_at(Script(UP, BETWEEN, AGAIN, AGAIN))

    assert capsys.readouterr().out == ("The program 'worker' stopped and was restarted; see logs/worker.log.\n")


def test_a_program_that_was_given_up_is_reported_once(capsys: pytest.CaptureFixture[str]) -> None:
    script = Script(UP, GIVEN_UP, GIVEN_UP)

    look_at(script)

    assert capsys.readouterr().out.count("does not stay up") == 1
    assert script.started == []


def test_a_program_that_was_given_up_is_restarted_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "RETRY_SECONDS", 0)
    script = Script(UP, GIVEN_UP, GIVEN_UP)

    look_at(script)

    assert script.started == ["worker"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("parsed", "indexed", "sentence", "is_last"),
    [
        ([Status.READY, Status.PROCESSING], [Status.READY], "is being indexed: 1 of 2 documents.", False),
        ([Status.READY, Status.FAILED], [Status.QUEUED], "is being indexed: 1 of 2 documents.", False),
        ([Status.READY, Status.READY], [Status.READY, Status.READY], "is ready for search: 2 documents.", True),
        ([Status.READY, Status.FAILED], [Status.READY], "is indexed, but 1 of 2 documents failed.", True),
        ([Status.READY, Status.READY], [Status.READY, Status.FAILED], "is indexed, but 1 of 2 documents failed.", True),
    ],
)
def test_the_sample_collection_is_followed_to_its_end(
    parsed: list[Status],
    indexed: list[Status],
    sentence: str,
    is_last: bool,
    collection: Collection,
    add: Upload,
) -> None:
    """`parsed` are the statuses of two files, `indexed` those of the parsed ones in the index."""
    versions = [add(f"{number}.md", f"# Number {number}").newest for number in range(2)]
    for version, status in zip(versions, parsed, strict=True):
        Version.objects.filter(pk=version.pk).update(status=status)
    for version, status in zip(versions, indexed, strict=False):
        IndexedVersion.objects.create(generation=collection.generation, version=version.pk, status=status)

    assert Sample(database_url(), collection.pk).progress() == (f"The sample collection {sentence}", is_last)


def database_url() -> str:
    known = connection.settings_dict
    return f"postgresql://{known['USER']}:{known['PASSWORD']}@{known['HOST']}:{known['PORT']}/{known['NAME']}"
