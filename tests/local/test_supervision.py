"""Programs are restarted when they die, given up when they cannot start, and stopped in order."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kb.local.folder import DataFolder
from kb.local.messages import CannotStart
from kb.local.supervision import Program, Supervisor, supervised

# Records its start and end in a file shared by all programs of a test.
DIARIST = """
import signal, sys, time
def note(word):
    with open(sys.argv[1], "a") as diary:
        print(word, sys.argv[2], file=diary)
def end(*_):
    note("end")
    sys.exit()
signal.signal(signal.SIGTERM, end)
note("start")
time.sleep(60)
"""


def diarist(name: str, diary: Path) -> Program:
    command = [sys.executable, "-I", "-S", "-c", DIARIST, str(diary), name]
    return Program(name, command, stop_signal="TERM", orphan_signal="TERM", stop_seconds=5)


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.05)


def read(diary: Path) -> list[str]:
    return diary.read_text().splitlines() if diary.exists() else []


def start_all(supervisor: Supervisor, programs: list[Program], diary: Path) -> None:
    for count, program in enumerate(programs, start=1):
        supervisor.start(program.name)
        wait_until(lambda count=count: len(read(diary)) == count)  # type: ignore[misc]


def test_programs_stop_in_the_reverse_order_of_their_start(folder: DataFolder) -> None:
    diary = folder.path / "diary"
    programs = [diarist("first", diary), diarist("second", diary)]

    with supervised(folder, programs) as supervisor:
        start_all(supervisor, programs, diary)

    assert read(diary) == ["start first", "start second", "end second", "end first"]
    assert folder.children_are_gone(seconds=0)


def test_a_killed_program_is_started_again(folder: DataFolder) -> None:
    diary = folder.path / "diary"
    programs = [diarist("only", diary)]

    with supervised(folder, programs) as supervisor:
        start_all(supervisor, programs, diary)
        os.kill(supervisor.states()["only"].pid, signal.SIGKILL)
        wait_until(lambda: read(diary) == ["start only", "start only"])


def test_a_program_that_cannot_stay_up_is_reported_with_its_last_output(folder: DataFolder) -> None:
    broken = Program("broken", ["sh", "-c", "echo no such setting; exit 1"], "TERM", "TERM", stop_seconds=1)

    with supervised(folder, [broken]) as supervisor:
        supervisor.start("broken")
        wait_until(lambda: supervisor.states()["broken"].given_up)
        with pytest.raises(CannotStart, match=r"'broken' does not stay up(.|\n)*\n    no such setting"):
            supervisor.check()


def test_when_supervisord_is_killed_its_programs_end_and_the_starter_says_so(folder: DataFolder) -> None:
    diary = folder.path / "diary"
    programs = [diarist("only", diary)]

    with supervised(folder, programs) as supervisor:
        start_all(supervisor, programs, diary)
        os.kill(int((folder.run / "supervisord.pid").read_text()), signal.SIGKILL)
        with pytest.raises(CannotStart, match="The supervisor has stopped"):
            supervisor.check()

    assert read(diary) == ["start only", "end only"]
    assert folder.children_are_gone(seconds=0)
