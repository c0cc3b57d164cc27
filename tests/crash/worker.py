"""A Celery worker, killed (kill -9) at a chosen moment, once for each version and stage; started anew, it goes on.

`python -m tests.crash.worker MOMENT FOLDER`; FOLDER remembers which versions it has died of.
"""

import hashlib
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.utils.module_loading import import_string

from embedding.engine import Vectors
from tests.engines import WordsEngine

UNDISTURBED = "undisturbed"
EMBEDDED = "embedded.txt"  # in FOLDER: digests of what the engine has embedded
SLOWLY = "slowly"  # not killed at all, but long enough at work to be watched
ARGUMENTS = ["worker", "--concurrency=1", "--loglevel=WARNING", "--without-gossip", "--without-mingle"]

Function = Callable[..., Any]


class Killer:
    """Stands in the flow of a pool's process and ends its worker."""

    def __init__(self, moment: str, folder: Path) -> None:
        self.moment = moment
        self.folder = folder
        self.work = ""

    def kill(self) -> None:
        marker = self.folder / f"{self.moment}-{self.work}"
        if not marker.exists():
            marker.touch()
            os.kill(os.getppid(), signal.SIGKILL)
            signal.pause()  # until the worker's death reaches this process

    def after(self, function: Function) -> Function:
        def and_then_death(*args: Any, **options: Any) -> Any:
            result = function(*args, **options)
            self.kill()
            return result

        return and_then_death

    def note_work(self, take: Function) -> Function:
        def noted(claimable: Any, id: int, stage: str) -> Any:
            self.work = f"{stage}-{id}"
            return take(claimable, id, stage)

        return noted

    def while_reading(self, parse: Function) -> Function:
        def reading(parser: Any, path: Path, name: str, media_type: str, progress: Function, tick: Function) -> Any:
            return parse(parser, path, name, media_type, self.after(progress), tick)

        return reading

    def between_batches(self, embed: Function) -> Function:
        def embedding(engine: Any, inputs: Any, progress: Function) -> Any:
            def progressed(done: int, total: int) -> None:
                progress(done, total)
                if 0 < done < total:
                    self.kill()

            return embed(engine, inputs, progressed)

        return embedding

    def in_no_hurry(self, embed: Function) -> Function:
        def embedding(engine: Any, inputs: Any, progress: Function) -> Any:
            def progressed(done: int, total: int) -> None:
                progress(done, total)
                time.sleep(0.3)

            return embed(engine, inputs, progressed)

        return embedding


class LoggingEngine(WordsEngine):
    """Writes down what it has embedded, by digest."""

    def __init__(self, log: str) -> None:
        super().__init__()
        self._log = Path(log)

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = super().embed(texts)
        with self._log.open("a") as log:
            log.writelines(f"{hashlib.sha256(text.encode()).hexdigest()}\n" for text in texts)
        return vectors


# Where each moment is: a function of a module, and what is put in its place.
MOMENTS: dict[str, tuple[str, str, Callable[[Killer, Function], Function]]] = {
    "claimed": ("kb.indexing.claims", "take", Killer.after),  # in both stages
    "parsing": ("kb.parsing.process.Parser", "parse", Killer.while_reading),
    "parsed": ("kb.indexing.parse", "run", Killer.after),
    "embedding": ("retrieval.embedding_cache", "embed", Killer.between_batches),
    "publishing": ("retrieval.build", "publish", Killer.after),
    "committed": ("kb.indexing.build", "run", Killer.after),
    SLOWLY: ("retrieval.embedding_cache", "embed", Killer.in_no_hurry),
}


def main(moment: str, folder: Path) -> None:
    django.setup()
    settings.ENGINES["words"] = {"class": "tests.crash.worker.LoggingEngine", "log": str(folder / EMBEDDED)}
    from kb.celery import app
    from kb.indexing import claims
    from kb.operations import upkeep  # noqa: F401  # registers the tasks, before they are changed

    killer = Killer(moment, folder)
    if moment != UNDISTURBED:
        place, name, change = MOMENTS[moment]
        owner: Any = import_string(place)
        setattr(owner, name, change(killer, getattr(owner, name)))
        claims.take = killer.note_work(claims.take)
    app.worker_main(ARGUMENTS)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
