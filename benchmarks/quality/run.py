"""Measures all sets and chunkers, and skips unchanged ones that were measured before."""

import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from benchmarks.quality.chunkers import chunker
from benchmarks.quality.measure import Asked, Index, Indexed, Outcome, measure
from benchmarks.quality.read import code_digest, read, replace
from benchmarks.quality.report import Result
from benchmarks.quality.sets import Set
from kb.parsing.process import Parser
from retrieval.engines import engine
from retrieval.options import Mode

CODE = ("embedding", "retrieval", "kb/parsing", "benchmarks/quality")


@dataclass(frozen=True)
class Plan:
    """What to measure. `questions` limits each set to its first questions, `instruction` replaces the default one."""

    chunkers: Sequence[str]
    modes: Sequence[Mode]
    preset: str
    engine: str
    instruction: str | None
    questions: int | None
    document_weight: float
    variants: Sequence[str]
    again: bool
    cache: Path


def run(sets: Sequence[Set], plan: Plan) -> Iterator[list[Result]]:
    """Yields the results of each set, one for each chunker that can split it."""
    for data in sets:
        names = [name for name in plan.chunkers if name != "page" or data.has_pages]
        if names:
            yield [_result(data, name, plan) for name in names]


def _result(data: Set, chunker_name: str, plan: Plan) -> Result:
    kept = plan.cache / "results" / f"{_key(data, chunker_name, plan)}.json"
    if kept.exists() and not plan.again:
        return _from_dict(json.loads(kept.read_text()))
    print(f"{data.name}, {chunker_name}: under way", file=sys.stderr)
    questions = data.questions(plan.questions)
    with _parser() as parser:
        texts = read(data, parser, plan.cache)
    chunk = chunker(chunker_name, plan.preset)
    index = Index(plan.engine, plan.preset, plan.instruction)
    indexed = measure(texts, questions, chunk, plan.modes, index, plan.document_weight, plan.variants)
    result = Result(
        set=data.name,
        questions=len(questions),
        chunker=chunker_name,
        preset=plan.preset,
        engine=engine(plan.engine).fingerprint,
        indexed=indexed,
    )
    replace(kept, json.dumps(asdict(result)))
    return result


def _key(data: Set, chunker_name: str, plan: Plan) -> str:
    """A key that identifies the figures: a hash of the set, the code and the options."""
    asked = [chunker_name, list(plan.modes), plan.questions, plan.document_weight, list(plan.variants)]
    index = [engine(plan.engine).fingerprint, plan.preset, plan.instruction]
    parts = [data.name, data.digest(), code_digest(*CODE), *index, *asked]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _from_dict(data: dict[str, Any]) -> Result:
    indexed = data.pop("indexed")
    outcomes = [
        Outcome(**{**outcome, "worst": [Asked(**one) for one in outcome["worst"]]})
        for outcome in indexed.pop("outcomes")
    ]
    return Result(**data, indexed=Indexed(**indexed, outcomes=outcomes))


def _parser() -> Parser:
    return Parser(
        seconds=settings.PARSE_SECONDS,
        memory_bytes=settings.PARSE_MEMORY_BYTES,
        max_characters=settings.MAX_TEXT_CHARACTERS,
    )
