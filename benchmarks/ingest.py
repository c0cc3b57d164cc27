"""Texts per second of the whole pipeline against the bare engine, and how long questions take meanwhile.

    python -m benchmarks.ingest FOLDER --set NAME [--documents 200] [--processes 2] [--nice 10]

FOLDER holds sets as for benchmarks.quality. In one run, with Postgres and Redis of its own: so many processes embed the
windows of the documents with nothing around it; then a worker of so many processes takes the same documents as uploads,
to the end that all are ready; then the bare engine once more, since a shared machine changes its pace. Questions are
asked one after the other in this process, as the web server does: alone, and while further documents are ingested.
"""

import argparse
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.services import running_servers

QUESTIONS = 200
LOOK_SECONDS = 0.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--set", default="anthropic-docs")
    parser.add_argument("--documents", type=int, default=200, help="for each of the two halves")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--engine", default="minilm")
    parser.add_argument("--nice", type=int, default=10, help="of the worker; 10 as `make run` starts it")
    options = parser.parse_args()
    with running_servers() as environment:
        os.environ.update(environment, DJANGO_SETTINGS_MODULE="kb.settings", FOOTNOTE_LOG_LEVEL="ERROR")
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        measure(options)


def measure(options: argparse.Namespace) -> None:
    from django.contrib.auth.models import User

    from benchmarks.quality.sets import sets_of
    from kb.library import collections
    from retrieval.chunking.presets import DEFAULT_PRESET

    data = sets_of(options.folder, [options.set])[0]
    texts = [source.text for source in data.sources()][: 2 * options.documents]
    half = len(texts) // 2
    questions = [question.text for question in data.questions(QUESTIONS)]
    ada = User.objects.create_superuser("ada")
    collection = collections.create(ada, engine=options.engine, preset=DEFAULT_PRESET, name="Ingest")
    with workers(options.processes, options.nice), tempfile.TemporaryDirectory() as folder:
        ingested(collection, ada, texts[:1], Path(folder), "warm")
        windows = windows_of(texts[:half], options.engine, Path(folder))
        before = bare(windows, options)
        piped = len(windows) / ingested(collection, ada, texts[:half], Path(folder), "first")
        after = bare(windows, options)
        alone = asked(ada, questions)
        begun = add(collection, ada, texts[half:], Path(folder), "second")
        busy = asked_until_ready(ada, questions)
        busy_seconds = time.perf_counter() - begun
    engine_alone = statistics.mean([before, after])
    print(f"{half} documents, {len(windows)} windows, {options.processes} processes, {options.engine}")
    print(f"engine alone  {before:8.1f} and {after:.1f} texts/s")
    print(f"pipeline      {piped:8.1f} texts/s, {piped / engine_alone:.2f} of it")
    print(f"questions     {'p50 ms':>10}{'p95 ms':>10}")
    for name, took in (("idle", alone), (f"ingesting for {busy_seconds:.0f} s", busy)):
        print(f"{name:20}{statistics.median(took):8.1f}{p95(took):10.1f}")
    print(f"p95, ingesting to idle: {p95(busy) / p95(alone):.2f}")


@contextmanager
def workers(processes: int, nice: int) -> Iterator[None]:
    command = ["nice", "-n", str(nice), sys.executable, "-m", "celery", "--quiet", "-A", "kb", "worker"]
    command += ["--concurrency", str(processes), "--loglevel", "ERROR", "--without-gossip", "--without-mingle"]
    with subprocess.Popen(command, env=os.environ) as worker:
        try:
            yield
        finally:
            worker.terminate()


def windows_of(texts: Sequence[str], engine_name: str, folder: Path) -> list[str]:
    """What the pipeline embeds of these documents."""
    from django.conf import settings

    from benchmarks.quality.chunkers import chunker
    from kb.parsing.markdown import parse
    from retrieval.chunking.presets import DEFAULT_PRESET
    from retrieval.engines import engine

    chunk = chunker("ours", DEFAULT_PRESET)
    parsed = []
    for number, text in enumerate(texts):
        path = folder / f"parsed-{number}.md"
        path.write_text(text)
        parsed.append(parse(path, settings.MAX_TEXT_CHARACTERS, lambda done, total: None))
    return [window.text for one in parsed for window in chunk(one, one.title or "", engine(engine_name)).split.windows]


def bare(windows: Sequence[str], options: argparse.Namespace) -> float:
    """Texts a second of processes that only embed."""
    spawn: Any = multiprocessing.get_context("spawn")
    ready, go = spawn.Barrier(options.processes + 1), spawn.Event()
    shares = [list(windows[place :: options.processes]) for place in range(options.processes)]
    processes = [spawn.Process(target=embed, args=(share, options.engine, ready, go)) for share in shares]
    for process in processes:
        process.start()
    ready.wait()
    begun = time.perf_counter()
    go.set()
    for process in processes:
        process.join()
    return len(windows) / (time.perf_counter() - begun)


def embed(share: Sequence[str], engine_name: str, ready: Any, go: Any) -> None:
    import django

    django.setup()
    from retrieval.engines import engine

    made = engine(engine_name)
    made.embed(share[:1])
    ready.wait()
    go.wait()
    for start in range(0, len(share), 16):
        made.embed(share[start : start + 16])


def add(collection: Any, by: Any, texts: Sequence[str], folder: Path, name: str) -> float:
    """Uploads texts; gives the time of the first."""
    from kb.library import documents
    from kb.storage import files

    begun = time.perf_counter()
    for number, text in enumerate(texts):
        path = folder / f"{name}-{number}.md"
        path.write_text(text)
        with files.copied(path) as incoming:
            documents.add(collection, by, incoming)
    return begun


def ingested(collection: Any, by: Any, texts: Sequence[str], folder: Path, name: str) -> float:
    """Seconds from the first upload until all are ready."""
    begun = add(collection, by, texts, folder, name)
    while not all_ready():
        time.sleep(LOOK_SECONDS)
    return time.perf_counter() - begun


def all_ready() -> bool:
    from kb.models import Version
    from retrieval.models import IndexedVersion

    for rows in (Version.objects, IndexedVersion.objects):
        failed = rows.filter(status="failed").first()
        if failed:
            raise SystemExit(f"{failed}: {failed.error_detail}")
        if rows.exclude(status="ready").exists():
            return False
    return True


def asked(by: Any, questions: Sequence[str]) -> list[float]:
    """Milliseconds of each question, hybrid, with its vector."""
    from kb.searching.search import search
    from retrieval.options import SearchOptions

    took = []
    for question in questions:
        begun = time.perf_counter()
        search(by, None, question, SearchOptions())
        took.append(1000 * (time.perf_counter() - begun))
    return took


def asked_until_ready(by: Any, questions: Sequence[str]) -> list[float]:
    took: list[float] = []
    while not all_ready():
        took += asked(by, questions[len(took) % len(questions) :][:5])
    return took


def p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    main()
