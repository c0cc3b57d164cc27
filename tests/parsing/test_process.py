"""A bad file can kill the child process, never the worker: a new child parses the next file."""

import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from kb.parsing.child import Child
from kb.parsing.errors import NoText, ParsingError, TooLarge, Unreadable, Unsupported
from kb.parsing.media_type import MARKDOWN, PLAIN
from kb.parsing.parsed import Parsed
from kb.parsing.process import Parser

MEBIBYTE = 1024**2


def parser(
    *, seconds: float = 20, memory_bytes: int = 1024 * MEBIBYTE, max_characters: int = 10**8, **options: Any
) -> Parser:
    return Parser(seconds=seconds, memory_bytes=memory_bytes, max_characters=max_characters, **options)


def nothing(*_: int) -> None:
    """Ignores progress."""


def parse(with_parser: Parser, path: Path, media_type: str = PLAIN) -> Parsed:
    return with_parser.parse(path, path.name, media_type, nothing, nothing)


def children() -> set[int]:
    """The parser processes that this process has now."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            command = (process / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == os.getpid() and b"kb.parsing" in command:
            found.add(int(process.name))
    return found


def is_running(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
def others() -> set[int]:
    """Parsers kept by other tests."""
    return children()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.txt"
    path.write_text("hello")
    return path


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A file that is never read to its end: a pipe that nobody writes to."""
    path = tmp_path / "endless.txt"
    os.mkfifo(path)
    return path


def test_the_same_child_parses_one_file_after_another(file: Path, others: set[int]) -> None:
    with parser() as one:
        assert parse(one, file).text == "hello"
        first = children() - others
        assert parse(one, file).text == "hello"
        assert children() - others == first
        assert len(first) == 1


def test_the_child_ends_with_the_parser(file: Path, others: set[int]) -> None:
    with parser() as one:
        parse(one, file)
    assert children() == others


@pytest.mark.parametrize("worn", [{"files_per_child": 1}, {"recycle_bytes": MEBIBYTE}])
def test_a_used_up_child_is_replaced(worn: dict[str, int], file: Path, others: set[int]) -> None:
    starts: list[None] = []
    with parser(**worn, on_start=lambda: starts.append(None)) as one:
        parse(one, file)
        assert children() == others
        assert parse(one, file).text == "hello"
    assert len(starts) == 2


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [("empty.txt", "", NoText), ("a.pdf", "text", Unreadable), ("a.rtf", "{\\rtf1}", Unsupported)],
)
def test_the_reason_of_a_refusal_is_returned(
    name: str, content: str, error: type[ParsingError], tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(content)
    with parser() as one, pytest.raises(error):
        parse(one, path, "application/octet-stream")


def test_an_unexpected_error_makes_a_file_unreadable(tmp_path: Path) -> None:
    with parser() as one, pytest.raises(Unreadable, match="FileNotFoundError"):
        parse(one, tmp_path / "gone.txt")


def test_a_name_may_hold_anything(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff\n%s.txt")
    path.write_text("hello")
    with parser() as one:
        assert parse(one, path).text == "hello"


def test_a_long_text_arrives_complete(tmp_path: Path) -> None:
    text = "中文 and \U0001f600\n" * 300_000
    (tmp_path / "long.txt").write_text(text)
    with parser() as one:
        assert parse(one, tmp_path / "long.txt").text == text.strip()


def test_a_file_that_takes_too_long_is_given_up(endless: Path, file: Path) -> None:
    with parser(seconds=2) as one:
        with pytest.raises(TooLarge, match="longer than 2 s"):
            parse(one, endless)
        assert parse(one, file).text == "hello"


def test_the_caller_is_called_every_second(endless: Path) -> None:
    ticks = [time.monotonic()]
    with parser(seconds=2.5) as one, pytest.raises(TooLarge):
        one.parse(endless, "endless", PLAIN, nothing, lambda: ticks.append(time.monotonic()))
    assert len(ticks) >= 3
    assert max(after - before for before, after in pairwise(ticks)) < 1.2


def test_a_caller_who_gives_up_ends_the_child(endless: Path, file: Path, others: set[int]) -> None:
    def give_up() -> None:
        raise KeyboardInterrupt

    with parser() as one:
        with pytest.raises(KeyboardInterrupt):
            one.parse(endless, "endless", PLAIN, nothing, give_up)
        assert children() == others
        assert parse(one, file).text == "hello"


@pytest.mark.parametrize(("died_of", "error"), [(signal.SIGSEGV, Unreadable), (signal.SIGKILL, TooLarge)])
def test_a_child_that_dies_is_replaced(
    died_of: signal.Signals, error: type[ParsingError], endless: Path, file: Path, others: set[int]
) -> None:
    def kill() -> None:
        for pid in children() - others:
            os.kill(pid, died_of)

    with parser() as one:
        with pytest.raises(error, match=died_of.name):
            one.parse(endless, "endless", PLAIN, nothing, kill)
        assert parse(one, file).text == "hello"


def test_the_child_does_not_outlive_a_killed_worker(endless: Path) -> None:
    work = """
import os, sys
from pathlib import Path
from kb.parsing.process import Parser

def tick():
    print(Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text(), flush=True)

parser = Parser(seconds=20, memory_bytes=2**30, max_characters=100)
parser.parse(Path(sys.argv[1]), "endless", "text/plain", print, tick)
"""
    command = [sys.executable, "-c", work, str(endless)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        child = int(worker.stdout.readline())
        worker.kill()
    deadline = time.monotonic() + 5
    while is_running(child):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_child_that_died_between_files_loses_none(file: Path, others: set[int]) -> None:
    with parser() as one:
        parse(one, file)
        for pid in children() - others:
            os.kill(pid, signal.SIGKILL)
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        assert parse(one, file).text == "hello"


def test_a_file_that_needs_too_much_memory_is_refused(tmp_path: Path, file: Path) -> None:
    (tmp_path / "wide.txt").write_text("\U0001f600a" * 10 * MEBIBYTE)
    with parser(memory_bytes=200 * MEBIBYTE) as one:
        with pytest.raises(TooLarge, match="memory"):
            parse(one, tmp_path / "wide.txt")
        assert parse(one, file).text == "hello"


def test_a_text_over_the_limit_is_refused(file: Path) -> None:
    with parser(max_characters=4) as one, pytest.raises(TooLarge, match="more than 4 characters"):
        parse(one, file)


def test_a_child_that_cannot_start_is_not_the_files_fault(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "argparse.py").write_text("raise SystemExit(3)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with parser() as one, pytest.raises(RuntimeError, match="does not start: it exited with status 3"):
        parse(one, file)


def test_what_a_library_prints_does_not_disturb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "yaml.py").write_text("import os\nprint('{}', flush=True)\nos.write(1, b'{}\\n')\n")
    (tmp_path / "a.md").write_text("# Hello")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with parser() as one:
        assert parse(one, tmp_path / "a.md", MARKDOWN).title == "Hello"


def test_the_child_is_given_no_secrets(file: Path, others: set[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTNOTE_SECRET_KEY", "very secret")
    with parser() as one:
        parse(one, file)
        (pid,) = children() - others
        assert b"secret" not in Path(f"/proc/{pid}/environ").read_bytes()


SLOW = """
import json, sys, time

def say(**message):
    print(json.dumps(message), flush=True)

say(ready=True)
for line in sys.stdin:
    for page in range(4):
        time.sleep(0.4)
        say(extra=0.4)
    say(done=True)
"""


def slow_child(folder: Path, monkeypatch: pytest.MonkeyPatch, extra_seconds: float) -> Child:
    """It works for 1.6 seconds, all of them extra; the limit is one second."""
    (folder / "slow_child.py").write_text(SLOW)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return Child("slow_child", [], seconds=1, extra_seconds=extra_seconds)


def test_time_for_slow_work_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = slow_child(tmp_path, monkeypatch, extra_seconds=10)
    assert [child.ask({"name": name}) for name in ("one", "two")] == [{"done": True}] * 2
    child.close()


def test_time_for_slow_work_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = slow_child(tmp_path, monkeypatch, extra_seconds=0.1)
    with pytest.raises(TooLarge, match=r"longer than 1\.1 s"):
        child.ask({"name": "one"})
