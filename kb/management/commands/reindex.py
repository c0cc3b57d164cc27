"""`manage.py reindex COLLECTION`: builds another index of a collection beside the active one."""

from argparse import ArgumentParser
from collections.abc import Sequence
from time import sleep
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from embedding.engine import EngineError
from embedding.transforms import Kind
from kb.indexing import generations
from kb.indexing.activation import GenerationError
from kb.indexing.generations import Building
from kb.models import Collection
from retrieval.chunking.presets import AUTO, PRESETS
from retrieval.engines import engine
from retrieval.models import Generation

LOOK_SECONDS = 1.0


class Command(BaseCommand):
    help = "Build another index of a collection beside the active one. Defaults are the settings of the active one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("collection", nargs="?", help="its id, or its name if that is unique")
        parser.add_argument("--all", action="store_true", help="every collection that is not indexed by --engine")
        parser.add_argument("--engine", metavar="NAME", help="one of: " + ", ".join(sorted(settings.ENGINES)))
        parser.add_argument(
            "--dimensions", type=int, metavar="N", help="fewer than the engine's own, if it allows that"
        )
        parser.add_argument("--preset", choices=[AUTO, *PRESETS], help="how documents are split")
        parser.add_argument("--transform", choices=list(Kind), help="fitted on the vectors of the active index")
        parser.add_argument("--activate", action="store_true", help="activate it when it is complete")
        parser.add_argument("--wait", action="store_true", help="wait until it is complete, and show its progress")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["all"] == bool(options["collection"]):
            raise CommandError("Name one collection, or give --all.")
        if options["all"] and not options["engine"]:
            raise CommandError("--all needs --engine.")
        chosen = _indexed_otherwise(options["engine"]) if options["all"] else [_collection(options["collection"])]
        started = []
        for collection in chosen:
            try:
                started.append((collection, self._start(collection, options)))
            except (GenerationError, EngineError) as reason:
                self.stderr.write(f"{_named(collection)}: {reason}")
        if options["wait"]:
            for collection, generation in started:
                self._wait(collection, generation)
        if refused := len(chosen) - len(started):
            raise CommandError(f"{refused} of {len(chosen)} indexes could not be started.")

    def _start(self, collection: Collection, options: dict[str, Any]) -> Generation:
        made = generations.start(
            collection,
            None,
            engine=options["engine"],
            dimensions=options["dimensions"],
            preset=options["preset"],
            transform=options["transform"] and Kind(options["transform"]),
            activate_when_complete=options["activate"],
        )
        total = generations.building(made).total
        self.stdout.write(
            f"{_named(collection)}: building index {made.pk} with {made.engine}, "
            f"{made.vector_space.dimensions} dimensions, split as {made.preset}, from {total} documents."
        )
        return made

    def _wait(self, collection: Collection, generation: Generation) -> None:
        """Prints each change of progress. Raises CommandError if the index is dropped meanwhile."""
        told = ""
        while True:
            found = Generation.objects.filter(pk=generation.pk).exclude(state=Generation.State.DROPPED).first()
            if found is None:
                raise CommandError(f"{_named(collection)}: index {generation.pk} was dropped.")
            building = generations.building(found)
            line = f"{_named(collection)}: {_progress(found, building)}"
            if line != told:
                self.stdout.write(line)
                told = line
            if building.complete and not (found.activate_when_complete and found.state == Generation.State.BUILDING):
                return
            sleep(LOOK_SECONDS)


def _progress(generation: Generation, building: Building) -> str:
    facts = [f"{building.done} of {building.total} documents done"]
    if building.failed:
        facts.append(f"{building.failed} failed")
    if generation.paused:
        facts.append("paused")
    if building.waits_for:
        facts.append(f"waiting for the engine ({building.waits_for})")
    if generation.state == Generation.State.ACTIVE:
        facts.append("active")
    elif building.complete and not generation.activate_when_complete:
        facts.append('complete: activate it on the collection\'s page "Index"')
    return ", ".join(facts) + "."


def _collection(wanted: str) -> Collection:
    present = Collection.objects.filter(removed_at=None)
    found = list(present.filter(pk=wanted) or present.filter(name=wanted))
    if not found:
        raise CommandError(f"No collection has the id or the name {wanted!r}.")
    if len(found) > 1:
        ids = ", ".join(collection.pk for collection in found)
        raise CommandError(f"{len(found)} collections are called {wanted!r}. Give the id of one: {ids}.")
    return found[0]


def _indexed_otherwise(name: str) -> Sequence[Collection]:
    """The collections whose vectors do not come from the present configuration of the engine `name`."""
    try:
        fingerprint = engine(name).fingerprint
    except EngineError as reason:
        raise CommandError(str(reason)) from reason
    others = Collection.objects.filter(removed_at=None).exclude(
        generation__engine=name, generation__vector_space__engine_fingerprint=fingerprint
    )
    return list(others)


def _named(collection: Collection) -> str:
    return f"{collection.name} ({collection.pk})"
