"""The engines that settings.ENGINES names, one of each in a process."""

from functools import cache
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from embedding.engine import EmbeddingEngine, EngineMisconfigured
from retrieval.models import Generation, Space


@cache
def engine(name: str) -> EmbeddingEngine:
    """The engine called `name`. Raises EngineMisconfigured if settings do not name it."""
    if name not in settings.ENGINES:
        raise EngineMisconfigured(f"No engine is called {name!r}: settings.ENGINES has {sorted(settings.ENGINES)}")
    options = dict(settings.ENGINES[name])
    return cast(EmbeddingEngine, import_string(options.pop("class"))(**options))


def new_generation(collection: str, *, engine_name: str, preset: str) -> Generation:
    """An active, still empty index for `collection` at the engine's own number of dimensions."""
    made_by = engine(engine_name)
    space, _created = Space.objects.get_or_create(
        engine_fingerprint=made_by.fingerprint, dimensions=made_by.dimensions, transform=""
    )
    return Generation.objects.create(
        collection=collection, space=space, engine=engine_name, preset=preset, state=Generation.State.ACTIVE
    )
