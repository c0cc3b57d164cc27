"""A Celery worker that is killed (kill -9) at a chosen moment, once for each version; started anew, it goes on.

`python -m tests.crash.worker MOMENT FOLDER`; FOLDER remembers which versions it has died of.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
from django.conf import settings

SLOWLY = "slowly"  # not killed at all, but long enough at work to be watched
MOMENTS = ("claimed", "parsing", "embedding", "publishing", "committed")
ARGUMENTS = ["worker", "--concurrency=1", "--loglevel=WARNING", "--without-gossip", "--without-mingle"]


def main(moment: str, folder: Path) -> None:
    django.setup()
    settings.ENGINES["words"] = {"class": "tests.engines.WordsEngine"}
    arm(moment, folder)
    from kb.celery import app

    app.worker_main(ARGUMENTS)


def arm(moment: str, folder: Path) -> None:
    """Puts the end of the worker into the flow; the pool's processes inherit it."""
    from kb import ingest
    from kb.parsing.process import Parser
    from retrieval import embedded, index

    current: list[int] = []

    def die() -> None:
        marker = folder / f"{moment}-{current[-1]}"
        if not marker.exists():
            marker.touch()
            os.kill(os.getppid(), signal.SIGKILL)  # the worker; this is a process of its pool
            signal.pause()

    def after(function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **options: Any) -> Any:
            result = function(*args, **options)
            die()
            return result

        return wrapped

    claim = ingest.claim

    def claimed(version: int) -> Any:
        current.append(version)
        return after(claim)(version) if moment == "claimed" else claim(version)

    ingest.claim = claimed
    if moment == "parsing":
        parse = Parser.parse

        def parsing(self: Parser, path: Path, name: str, media_type: str, on_progress: Any, on_tick: Any) -> Any:
            return parse(self, path, name, media_type, after(on_progress), on_tick)

        Parser.parse = parsing  # type: ignore[method-assign]
    if moment in ("embedding", SLOWLY):
        embed = embedded.embed

        def embedding(engine: Any, inputs: Any, on_progress: Any) -> Any:
            def progressed(done: int, total: int) -> None:
                on_progress(done, total)
                if moment == SLOWLY:
                    time.sleep(0.3)
                elif 0 < done < total:
                    die()

            return embed(engine, inputs, progressed)

        embedded.embed = embedding
    if moment == "publishing":
        index.publish = after(index.publish)
    if moment == "committed":
        ingest.run = after(ingest.run)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
