"""Measures search quality on public sets, with the real parser, chunker, engine and search.

    python -m benchmarks.quality FOLDER [--sets A B] [--chunker ours fixed:1000 page] [--modes hybrid] [--json OUT]
        [--answers-as-spans] [--vectors 128 center pca:128 whiten:128] [--instruction NAME|TEXT|auto|none]

FOLDER holds sets in the form that `sets.py` tells. Postgres is started in the cache, which keeps embeddings, what was
read of PDFs, and finished sets: a run that was broken off goes on where it was, and only changed code is measured
again. The figures are defined in retrieval/evaluation.py. `python -m benchmarks.quality.compare A.json B.json` holds
two results of --json against each other.
"""

import argparse
import contextlib
import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import django

from benchmarks.quality.sets import NoSuchSet, crossed, mixed, sets_of
from embedding import instructions
from embedding.engine import EngineError
from embedding.transforms import Kind
from kb.local import servers
from kb.local.folder import DataFolder
from kb.local.messages import CannotStart
from retrieval.chunking.presets import AUTO, DEFAULT_PRESET, PRESETS

CHECKOUT = Path(__file__).parents[2]
MODES = ["dense", "lexical", "hybrid"]
ENGINE = "kept"  # what settings.ENGINES calls the engine asked for, with a memory


def main() -> None:
    options = arguments()
    options.cache = options.cache.resolve()
    try:
        with database(options):
            measure(options)
    except (CannotStart, EngineError, NoSuchSet) as problem:
        sys.exit(str(problem))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", nargs="+", metavar="NAME", help="only these, in this order")
    asked = parser.add_mutually_exclusive_group()
    asked.add_argument("--cross", action="store_true", help="instead: questions of one set on its translation's corpus")
    asked.add_argument(
        "--mixed", action="store_true", help="instead: questions on collections of a set and a translation"
    )
    asked.add_argument(
        "--answers-as-spans", action="store_true", help="where a set gives short answers, they are what must be found"
    )
    parser.add_argument(
        "--chunker", nargs="+", default=["ours"], type=chunker, help="ours, fixed:N or page; ratios are of the first"
    )
    parser.add_argument("--preset", choices=[AUTO, *PRESETS], default=DEFAULT_PRESET, help="of ours")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=MODES)
    parser.add_argument("--questions", type=int, metavar="N", help="only the first N of each set")
    parser.add_argument("--engine", default="minilm", help="a name in settings.ENGINES")
    parser.add_argument(
        "--instruction",
        type=instruction,
        metavar="NAME|TEXT",
        help="what questions are told, also auto and none; by default what a new collection has. An engine that takes "
        "none ignores it",
    )
    parser.add_argument(
        "--document-weight", type=float, default=0.0, metavar="W", help="rank by vectors of whole documents, too"
    )
    parser.add_argument(
        "--vectors", nargs="+", default=[], type=variant, metavar="VARIANT",
        help="also with vectors of so many dimensions, or transformed: 128, center, pca:128, whiten:128",
    )  # fmt: skip
    parser.add_argument("--worst", action="store_true", help="print the questions that each mode answered worst, too")
    parser.add_argument("--again", action="store_true", help="measure finished sets too")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--cache", type=Path, metavar="FOLDER", default=CHECKOUT / "var" / "quality")
    parser.add_argument("--database", metavar="URL", help="migrate and use this one; only vectors stay in it")
    return parser.parse_args()


def chunker(name: str) -> str:
    if not re.fullmatch(r"ours|page|fixed:[1-9]\d*", name):
        raise argparse.ArgumentTypeError(f"{name} is none: ours, page, or fixed:1000 (or another number of characters)")
    return name


def variant(name: str) -> str:
    if not re.fullmatch(rf"(({'|'.join(Kind)})(:[1-9]\d*)?|[1-9]\d*)", name):
        raise argparse.ArgumentTypeError(f"{name} is none: 128, center, pca, pca:128, whiten or whiten:128")
    return name


def instruction(setting: str) -> str:
    try:
        return instructions.normalised(setting)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from problem


@contextlib.contextmanager
def database(options: argparse.Namespace) -> Iterator[None]:
    """Leads Django to a migrated database."""
    with contextlib.ExitStack() as stack:
        if options.database:
            options.cache.mkdir(parents=True, exist_ok=True)
            os.environ |= {"DATABASE_URL": options.database, "FOOTNOTE_DATA": str(options.cache)}
        else:
            os.environ |= stack.enter_context(servers.running(DataFolder(options.cache), "a benchmark"))
        os.environ["DJANGO_SETTINGS_MODULE"] = "kb.settings"
        os.environ.setdefault("FOOTNOTE_LOG_LEVEL", "WARNING")  # not a line for each question
        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        yield


def measure(options: argparse.Namespace) -> None:
    # Only now: what follows asks Django for its settings.
    from django.conf import settings

    from benchmarks.quality.report import table, worst
    from benchmarks.quality.run import Plan, run
    from retrieval.options import Mode

    settings.ENGINES = {**settings.ENGINES, ENGINE: {"class": "benchmarks.quality.kept.Kept", "name": options.engine}}
    sets = sets_of(options.folder, options.sets, answers_as_spans=options.answers_as_spans)
    if options.cross or options.mixed:
        sets = crossed(sets) if options.cross else mixed(sets)
    plan = Plan(
        chunkers=options.chunker,
        modes=[Mode(mode) for mode in options.modes],
        preset=options.preset,
        engine=ENGINE,
        instruction=options.instruction,
        questions=options.questions,
        document_weight=options.document_weight,
        variants=options.vectors,
        again=options.again,
        cache=options.cache,
    )
    everything = []
    for results in run(sets, plan):
        print(table(results), flush=True)
        if options.worst:
            print("\n".join(worst(result) for result in results), flush=True)
        everything += [asdict(result) for result in results]
        if options.json:
            options.json.write_text(json.dumps(everything, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
