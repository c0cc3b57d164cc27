"""What engines tell about their work. Whoever counts it subscribes; nobody has to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, cast

from embedding.engine import EmbeddingEngine, EngineError, Vectors
from embedding.prompts import Role

OK = "ok"


@dataclass(frozen=True)
class Call:
    """One call of an engine's `embed`."""

    engine: str  # its name in the settings
    role: Role
    texts: int
    dimensions: int
    instructed: bool  # the question got an instruction
    seconds: float
    result: str  # OK, or the name of the error's class


@dataclass(frozen=True)
class Request:
    """One request to an embedding server, with its retries."""

    engine: str
    path: str
    texts: int
    tokens: int  # as the server counted them; 0 if it did not
    retries: int
    seconds: float
    result: str  # OK, or the name of the error's class


@dataclass(frozen=True)
class Circuit:
    """A server is left alone from now on because it does not answer (`open`), or is asked again."""

    engine: str
    server: str  # host and port
    open: bool


Event = Call | Request | Circuit
_subscribers: list[Callable[[Event], None]] = []


def subscribe(told: Callable[[Event], None]) -> None:
    """`told` is called with every event, in the thread that causes it; it must be quick and raise nothing."""
    if told not in _subscribers:
        _subscribers.append(told)


def unsubscribe(told: Callable[[Event], None]) -> None:
    _subscribers.remove(told)


def publish(event: Event) -> None:
    for told in _subscribers:
        told(event)


def observed(name: str, engine: EmbeddingEngine) -> EmbeddingEngine:
    """The engine, which tells about every call of `embed` under `name`."""
    return cast(EmbeddingEngine, _Observed(name, engine))


class _Observed:
    def __init__(self, name: str, engine: EmbeddingEngine) -> None:
        self._name = name
        self._engine = engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def embed(self, texts: Sequence[str], *, role: Role = Role.DOCUMENT, instruction: str = "") -> Vectors:
        started = perf_counter()
        result = OK
        try:
            return self._engine.embed(texts, role=role, instruction=instruction)
        except EngineError as error:
            result = type(error).__name__
            raise
        finally:
            instructed = role is Role.QUERY and bool(instruction) and self._engine.takes_instructions
            seconds = perf_counter() - started
            publish(Call(self._name, role, len(texts), self._engine.dimensions, instructed, seconds, result))
