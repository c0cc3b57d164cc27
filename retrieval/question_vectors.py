"""Embeds a question, once for each group of generations with comparable vectors."""

import json
import logging
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import regex
from django.conf import settings

from embedding import instructions
from embedding.engine import EmbeddingEngine, EngineError, Vectors
from embedding.instructions import Chosen
from embedding.observation import observed
from embedding.prompts import Role
from retrieval import database, transforms
from retrieval.cache import Cache, key_of
from retrieval.engines import engine_for, takes_instructions
from retrieval.models import Generation, VectorSpace

logger = logging.getLogger(__name__)

# The instruction that suits the documents of a preset, if they are of one kind.
SUITING = {"technical": "technical", "paper": "science", "legal": "law", "code": "code"}

_BYTES = 4  # of numbers in the cache

_SCRIPTS = {"en": ("Latin",)}  # scripts of the languages of engines; unlisted languages accept any script


@dataclass(frozen=True)
class QuestionVector:
    generations: list[int]
    vector: Vectors
    foreign: bool  # the engine was not trained for the question's script
    is_multilingual: bool
    engine: str  # its name in the settings
    instruction: Chosen


@dataclass(frozen=True)
class _Group:
    """Generations of one engine, instruction and vector space."""

    name: str
    engine: EmbeddingEngine
    instruction: Chosen
    space: VectorSpace
    generations: list[int]


def question_vectors(
    generations: Sequence[Generation], text: str, cache: Cache | None = None
) -> tuple[list[QuestionVector], list[EngineError]]:
    """The vectors of `text`, and the errors of engines that failed.

    Each engine embeds once per instruction, unless `cache` has the vector. No database connection is held meanwhile.
    """
    text = unicodedata.normalize("NFC", text.strip())
    groups, errors = _groups(generations, text)
    database.release()
    asked: dict[tuple[str, Chosen], Vectors | None] = {}  # None: the engine failed
    found = []
    for group in groups:
        key = group.name, group.instruction
        if key not in asked:
            try:
                asked[key] = _vector(group, text, cache)
            except EngineError as failure:
                asked[key] = None
                errors.append(failure)
        vector = asked[key]
        if vector is None:
            continue
        try:
            fitting = transforms.into(group.space, vector)
        except EngineError as failure:  # an index whose transform is not fitted yet
            errors.append(failure)
            continue
        foreign = is_foreign(text, group.engine.languages)
        is_multilingual = group.engine.languages is None
        found.append(
            QuestionVector(group.generations, fitting, foreign, is_multilingual, group.name, group.instruction)
        )
    for error in errors:
        logger.warning("A question goes without the vectors of an engine: %s", error)
    return found, errors


def told(setting: str, preset: str, text: str) -> Chosen:
    """The instruction for a question to a generation with this setting and preset."""
    return instructions.chosen(setting, text, SUITING.get(preset, instructions.DEFAULT))


def is_foreign(text: str, languages: frozenset[str] | None) -> bool:
    """Whether most letters of `text` are in scripts that none of `languages` uses (None: any script is used)."""
    if languages is None:
        return False
    if not languages <= _SCRIPTS.keys():
        return False
    known = "".join(rf"\p{{{script}}}" for language in languages for script in _SCRIPTS[language])
    letters = regex.findall(r"\p{L}", text)
    return 2 * len(regex.findall(rf"[{known}]", text)) < len(letters)


def _vector(group: _Group, text: str, cache: Cache | None) -> Vectors:
    key = _key(group, text)
    kept = cache.get("vector", key) if cache else None
    if kept is not None and len(kept) == _BYTES * group.engine.dimensions:
        return np.frombuffer(kept, dtype="<f4")
    made: Vectors = group.engine.embed([text], role=Role.QUERY, instruction=group.instruction.text)[0]
    if cache:
        cache.put("vector", key, made.astype("<f4").tobytes())
    return made


def _key(group: _Group, text: str) -> str:
    """A key from everything that affects the vector. The fingerprint covers only passages, so options are included."""
    options = json.dumps(settings.ENGINES.get(group.name), sort_keys=True, default=repr)
    parts = [group.engine.fingerprint, options, Role.QUERY.value, group.instruction.text, text]
    return key_of(parts)


def _groups(generations: Sequence[Generation], text: str) -> tuple[list[_Group], list[EngineError]]:
    alike: dict[tuple[str, Chosen, int], list[Generation]] = {}
    for one in generations:
        setting = one.instruction if takes_instructions(one.engine) else instructions.NONE
        instruction = told(setting, one.preset, text)
        alike.setdefault((one.engine, instruction, one.vector_space_id), []).append(one)
    groups, errors = [], []
    for (name, instruction, _space), members in alike.items():
        try:
            made_by = observed(name, engine_for(members[0]))
        except EngineError as failure:
            errors.append(failure)
        else:
            groups.append(_Group(name, made_by, instruction, members[0].vector_space, [one.pk for one in members]))
    return groups, errors
