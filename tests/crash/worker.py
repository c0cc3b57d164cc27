"""A Celery worker that is killed (kill -9) at a chosen moment, once for each row. After a restart it continues.

`python -m tests.crash.worker MOMENT FOLDER KILLS`; FOLDER records the rows at which it died, and the embedded texts.
"""

import hashlib
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import django
from django.conf import settings

from embedding.engine import Vectors
from embedding.prompts import Role
from tests.engines import WordsEngine

SLOWLY, UNHARMED = "slowly", "unharmed"  # not killed at all; slowly: long enough at work to be watched
ARGUMENTS = ["worker", "--concurrency=1", "--loglevel=WARNING", "--without-gossip", "--without-mingle"]
EMBEDDED = "embedded"  # a file in FOLDER: a line for each text that the engine was given

Function = Callable[..., Any]


class NotedEngine(WordsEngine):
    """Records what it embeds, in small batches."""

    batch_tokens = 300

    def embed(self, texts: Sequence[str], *, role: Role = Role.DOCUMENT, instruction: str = "") -> Vectors:
        lines = "".join(f"{hashlib.sha256(text.encode()).hexdigest()}\n" for text in texts)
        with (Path(sys.argv[2]) / EMBEDDED).open("a") as file:
            file.write(lines)
        return super().embed(texts, role=role, instruction=instruction)


class Killer:
    """Kills the worker at a certain point in a pool's process."""

    def __init__(self, moment: str, folder: Path, kills: int) -> None:
        self.moment = moment
        self.folder = folder
        self.kills = kills
        self.row = ""

    def kill(self) -> None:
        marker = self.folder / f"{self.moment}-{self.row}"
        if not marker.exists() and len([*self.folder.glob(f"{self.moment}-*")]) < self.kills:
            marker.touch()
            os.kill(os.getppid(), signal.SIGKILL)
            signal.pause()  # until the worker's death reaches this process

    def after(self, function: Function) -> Function:
        def and_then_death(*args: Any, **options: Any) -> Any:
            result = function(*args, **options)
            self.kill()
            return result

        return and_then_death

    def note_row(self, take: Function) -> Function:
        def noted(rows: Any, id: int, stage: str) -> Any:
            self.row = f"{stage}-{id}"
            return take(rows, id, stage)

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


def claiming(wanted: str) -> Callable[[Killer, Function], Function]:
    """After a row was claimed for this stage."""

    def change(killer: Killer, take: Function) -> Function:
        def taken(rows: Any, id: int, stage: str) -> Any:
            claim = take(rows, id, stage)
            if claim is not None and stage == wanted:
                killer.kill()
            return claim

        return taken

    return change


# Where each moment is: a function of a module, and what is put in its place.
MOMENTS: dict[str, tuple[str, str, Callable[[Killer, Function], Function]]] = {
    "claimed_to_parse": ("kb.indexing.claims", "take", claiming("reading")),
    "parsing": ("kb.parsing.process.Parser", "parse", Killer.while_reading),
    "parsed": ("kb.indexing.parse", "run", Killer.after),
    "claimed_to_build": ("kb.indexing.claims", "take", claiming("embedding")),
    "embedding": ("retrieval.embedding_cache", "embed", Killer.between_batches),
    "publishing": ("retrieval.build", "publish", Killer.after),
    "committed": ("kb.indexing.build", "run", Killer.after),
    SLOWLY: ("retrieval.embedding_cache", "embed", Killer.in_no_hurry),
    UNHARMED: ("retrieval.embedding_cache", "embed", lambda killer, embed: embed),
}


def main(moment: str, folder: Path, kills: int) -> None:
    django.setup()
    settings.ENGINES["words"] = {"class": "tests.crash.worker.NotedEngine"}
    from kb.celery import app
    from kb.indexing import claims

    killer = Killer(moment, folder, kills)
    place, name, change = MOMENTS[moment]
    owner: Any = resolve_name(place)
    setattr(owner, name, change(killer, getattr(owner, name)))
    claims.take = killer.note_row(claims.take)
    app.worker_main(ARGUMENTS)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
