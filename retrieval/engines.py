"""The engines that settings.ENGINES names, one of each in a process."""

from functools import cache
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from embedding import instructions
from embedding.engine import EmbeddingEngine, EngineError, EngineMisconfigured
from retrieval.models import Generation, VectorSpace

MOST_DIMENSIONS = 4000  # a vector of halves stays in its row, and a row in its page of 8 kB


@cache
def engine(name: str) -> EmbeddingEngine:
    """The engine called `name`. Raises EngineMisconfigured if settings do not name it."""
    if name not in settings.ENGINES:
        raise EngineMisconfigured(f"No engine is called {name!r}: settings.ENGINES has {sorted(settings.ENGINES)}")
    options = dict(settings.ENGINES[name])
    try:
        return cast(EmbeddingEngine, import_string(options.pop("class"))(**options))
    except (ImportError, KeyError, TypeError) as error:
        raise EngineMisconfigured(f"settings.ENGINES[{name!r}] makes no engine: {error!r}") from error


def engine_for(generation: Generation) -> EmbeddingEngine:
    """The engine that `generation` names. Raises EngineMisconfigured if its vectors would not fit the others there."""
    found = engine(generation.engine)
    built_by = generation.vector_space.engine_fingerprint
    if found.fingerprint != built_by:
        raise EngineMisconfigured(
            f"The index was built by {built_by}, but the engine called {generation.engine} is now {found.fingerprint}. "
            "Build a new index with it, or name the former engine in the settings again."
        )
    return found


def check_dimensions(made_by: EmbeddingEngine, wanted: int | None) -> int:
    """How long the vectors of an index are that `wanted` dimensions, or as many as the engine makes.

    Raises EngineMisconfigured if the engine cannot make such vectors or the index cannot keep them.
    """
    dimensions = made_by.dimensions if wanted is None else wanted
    if not made_by.smallest_dimensions <= dimensions <= made_by.dimensions:
        allowed = (
            f"{made_by.dimensions} dimensions only"
            if made_by.smallest_dimensions == made_by.dimensions
            else f"{made_by.smallest_dimensions} to {made_by.dimensions} dimensions"
        )
        raise EngineMisconfigured(f"{made_by.model} makes vectors of {allowed}, not of {dimensions}.")
    if dimensions > MOST_DIMENSIONS:
        raise EngineMisconfigured(
            f"{made_by.model} makes vectors of {dimensions} dimensions; an index keeps at most {MOST_DIMENSIONS}. "
            "Choose fewer if the model was trained for that, or another engine."
        )
    return dimensions


def takes_instructions(engine_name: str) -> bool:
    """Whether questions to the engine called so can be told what to look for; not if it cannot be had."""
    try:
        return engine(engine_name).takes_instructions
    except EngineError:
        return False


def check_instruction(made_by: EmbeddingEngine, wanted: str) -> str:
    """How the setting `wanted` is kept, see embedding.instructions.

    Raises EngineMisconfigured if the engine takes no instruction, or this is none.
    """
    try:
        kept = instructions.normalised(wanted)
    except ValueError as error:
        raise EngineMisconfigured(str(error)) from error
    if kept != instructions.NONE and not made_by.takes_instructions:
        raise EngineMisconfigured(f"{made_by.model} takes no instruction.")
    return kept


def new_generation(
    collection: str,
    *,
    engine_name: str,
    preset: str,
    dimensions: int | None = None,
    vector_space: VectorSpace | None = None,
    instruction: str | None = None,
    state: Generation.State = Generation.State.ACTIVE,
    activate_when_complete: bool = False,
) -> Generation:
    """A still empty index for `collection`, in `vector_space` or in one of `dimensions`. Raises EngineError.

    `instruction`: for its questions, as check_instruction gives it; None for the usual one. An engine that takes none
    gets none.
    """
    made_by = engine(engine_name)
    if not made_by.takes_instructions:
        instruction = instructions.NONE
    elif instruction is None:
        instruction = instructions.DEFAULT
    if vector_space is None:
        vector_space, _created = VectorSpace.objects.get_or_create(
            engine_fingerprint=made_by.fingerprint, dimensions=check_dimensions(made_by, dimensions), transform=""
        )
    return Generation.objects.create(
        collection=collection,
        vector_space=vector_space,
        engine=engine_name,
        instruction=instruction,
        preset=preset,
        state=state,
        activate_when_complete=activate_when_complete,
    )
