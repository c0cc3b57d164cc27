"""The engines in settings.ENGINES, one instance of each per process."""

from functools import cache
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from embedding import instructions
from embedding.engine import EmbeddingEngine, EngineError, EngineMisconfigured
from retrieval.models import Generation, VectorSpace

MOST_DIMENSIONS = 4000  # a halfvec of this length fits into a database page of 8 kB


@cache
def engine(name: str) -> EmbeddingEngine:
    """The engine `name`. Raises EngineMisconfigured if it is missing from the settings or cannot be created."""
    if name not in settings.ENGINES:
        raise EngineMisconfigured(f"No engine is called {name!r}: settings.ENGINES has {sorted(settings.ENGINES)}")
    options = dict(settings.ENGINES[name])
    try:
        return cast(EmbeddingEngine, import_string(options.pop("class"))(**options))
    except (ImportError, KeyError, TypeError) as error:
        raise EngineMisconfigured(f"settings.ENGINES[{name!r}] cannot be created: {error!r}") from error


def engine_for(generation: Generation) -> EmbeddingEngine:
    """The engine of `generation`. Raises EngineMisconfigured if it is not the one that built the index."""
    found = engine(generation.engine)
    built_by = generation.vector_space.engine_fingerprint
    if found.fingerprint != built_by:
        raise EngineMisconfigured(
            f"The index was built by {built_by}, but the engine called {generation.engine} is now {found.fingerprint}. "
            "Build a new index with it, or name the former engine in the settings again."
        )
    return found


def check_dimensions(made_by: EmbeddingEngine, wanted: int | None) -> int:
    """The dimensions of an index: `wanted`, or all of the engine's.

    Raises EngineMisconfigured if the engine cannot make such vectors, or the index cannot store them.
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
    """Whether the engine `name` exists and accepts an instruction for questions."""
    try:
        return engine(engine_name).takes_instructions
    except EngineError:
        return False


def check_instruction(made_by: EmbeddingEngine, wanted: str) -> str:
    """The normalised setting `wanted`, see embedding.instructions.

    Raises EngineMisconfigured if the engine accepts no instruction, or the setting is invalid.
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
    """An empty index for `collection`, in `vector_space` or in one of `dimensions`. Raises EngineError.

    `instruction` is for its questions, as returned by check_instruction; None is the default. Engines that accept none
    get none.
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
