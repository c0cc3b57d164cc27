"""A question as vectors: one for each group of generations whose vectors may be compared."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import regex

from embedding.engine import EmbeddingEngine, EngineError, Vectors
from embedding.observation import observed
from embedding.prompts import Role
from retrieval import database, transforms
from retrieval.engines import engine_for
from retrieval.models import Generation, VectorSpace

logger = logging.getLogger(__name__)

_SCRIPTS = {"en": ("Latin",)}  # of the languages that engines name; one that is missing here counts as any script


@dataclass(frozen=True)
class QuestionVector:
    generations: list[int]
    vector: Vectors
    foreign: bool  # the engine was not trained for the question's script


@dataclass(frozen=True)
class _Group:
    """Generations of one engine, instruction and vector space."""

    name: str
    engine: EmbeddingEngine
    instruction: str
    space: VectorSpace
    generations: list[int]


def question_vectors(generations: Sequence[Generation], text: str) -> tuple[list[QuestionVector], list[EngineError]]:
    """The vectors of `text`, and why there are none for some of the generations.

    Each engine is asked once for each instruction, and holds no connection to the database up meanwhile.
    """
    groups, errors = _groups(generations)
    database.release()
    asked: dict[tuple[str, str], Vectors | None] = {}  # None: the engine failed
    found = []
    for group in groups:
        key = group.name, group.instruction
        if key not in asked:
            try:
                asked[key] = group.engine.embed([text], role=Role.QUERY, instruction=group.instruction)[0]
            except EngineError as failure:
                asked[key] = None
                errors.append(failure)
        vector = asked[key]
        if vector is not None:
            foreign = is_foreign(text, group.engine.languages)
            found.append(QuestionVector(group.generations, transforms.into(group.space, vector), foreign))
    for error in errors:
        logger.warning("A question goes without the vectors of an engine: %s", error)
    return found, errors


def is_foreign(text: str, languages: frozenset[str] | None) -> bool:
    """Whether most letters of `text` are of scripts that none of `languages` (None: any) is written in."""
    if languages is None:
        return False
    if not languages <= _SCRIPTS.keys():
        return False
    known = "".join(rf"\p{{{script}}}" for language in languages for script in _SCRIPTS[language])
    letters = regex.findall(r"\p{L}", text)
    return 2 * len(regex.findall(rf"[{known}]", text)) < len(letters)


def _groups(generations: Sequence[Generation]) -> tuple[list[_Group], list[EngineError]]:
    alike: dict[tuple[str, str, int], list[Generation]] = {}
    for one in generations:
        alike.setdefault((one.engine, one.instruction, one.vector_space_id), []).append(one)
    groups, errors = [], []
    for (name, instruction, _space), members in alike.items():
        try:
            made_by = observed(name, engine_for(members[0]))
        except EngineError as failure:
            errors.append(failure)
        else:
            groups.append(_Group(name, made_by, instruction, members[0].vector_space, [one.pk for one in members]))
    return groups, errors
