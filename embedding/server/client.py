"""An engine whose model is served by another program: see embedding.server.

https://docs.vllm.ai/en/stable/serving/openai_compatible_server/
"""

import os
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextvars import copy_context
from pathlib import Path
from typing import Any

import numpy as np

from embedding.engine import EngineMisconfigured, EngineRejected, Vectors
from embedding.prompts import Prompts, Role, of_model
from embedding.server.answers import vectors_of
from embedding.server.batches import batches
from embedding.server.capabilities import DOCUMENT_PRIORITY, Capabilities, Wanted, discover
from embedding.server.connection import Connection, Refused
from embedding.server.tokens import FileCounter
from embedding.transforms import truncated

HARMLESS = "ready?"  # a text that no working server refuses
SPECIAL_TOKENS = 2  # at most, that a model puts around a text
TOO_LONG = re.compile(r"too (large|long)|exceed|maximum context|longer than|less than \d+ tokens", re.IGNORECASE)


class ServerEngine:
    """An EmbeddingEngine. Threads can share it; each process opens its own connections."""

    languages = None

    def __init__(
        self,
        *,
        url: str,
        model: str,
        revision: str,
        model_dimensions: int,
        dimensions: int,
        max_tokens: int,
        name: str = "server",
        smallest_dimensions: int | None = None,
        prompts: Prompts | None = None,
        api_key: str = "",
        headers: Mapping[str, str] | None = None,
        tokenizer: str = "",
        timeout_seconds: float = 30,
        request_tokens: int = 4096,
        requests_in_flight: int = 4,
    ) -> None:
        """`url`: the server's address, with or without /v1; several of the same model with commas between.

        `model`: the name under which the model is served. `name`: the engine's, for observers.
        `revision`: the revision of the weights. The server does not report it, and vectors of different weights must
        not be compared.
        `dimensions`: fewer than `model_dimensions` only for a model trained for truncation (MRL).
        `prompts`: what the model was trained to read before a text, by default by its name; the server adds nothing.
        `smallest_dimensions`: the shortest usable truncation; None if vectors must not be truncated.
        `max_tokens`: at most the server's own limit.
        `tokenizer`: the model's tokenizer.json or its folder; "" to count tokens by the server.
        `request_tokens`, `requests_in_flight`: about how many tokens a request has, and how many requests with
        documents a process has at the server at once. Questions do not wait for these.

        Sends no request. Raises EngineMisconfigured.
        """
        if not 0 < dimensions <= model_dimensions:
            raise EngineMisconfigured(f"Vectors of {model} have {model_dimensions} dimensions, not {dimensions}")
        self._connection = Connection(
            url, engine=name, api_key=api_key, headers=headers or {}, timeout_seconds=timeout_seconds
        )
        self._wanted = Wanted(model, model_dimensions, dimensions, max_tokens)
        self._counter = FileCounter(Path(tokenizer)) if tokenizer else None
        self._capabilities: Capabilities | None = None
        self._pools: dict[int, ThreadPoolExecutor] = {}  # by process id
        self._request_tokens = request_tokens
        self._in_flight = requests_in_flight
        self.batch_tokens = request_tokens * requests_in_flight
        self.model = model
        self.dimensions = dimensions
        self.smallest_dimensions = min(smallest_dimensions or dimensions, dimensions)
        self.max_tokens = max_tokens
        self._prompts = of_model(model) if prompts is None else prompts
        self.takes_instructions = bool(self._prompts.instructed)
        before_documents = f"/{self._prompts.document.strip()}" if self._prompts.document else ""
        # Pooling and normalisation are defined by the model's files, so the revision covers them.
        self.fingerprint = f"{model}@{revision[:12]}/{dimensions}{before_documents}"

    @property
    def capabilities(self) -> Capabilities:
        """What the server was found to do, asked once in a process. Raises EngineError."""
        if self._capabilities is None:
            self._capabilities = discover(self._connection, self._wanted, self._counter)
        return self._capabilities

    def embed(self, texts: Sequence[str], *, role: Role = Role.DOCUMENT, instruction: str = "") -> Vectors:
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        if not texts:
            return vectors
        can = self.capabilities
        prefix = self._prompts.prefix(role, instruction)
        inputs = [prefix + text for text in texts]
        groups = batches(inputs, budget=self._request_tokens, most=can.texts_per_request, max_tokens=self.max_tokens)
        if role is Role.QUERY:  # at once: no question waits for documents
            made = [self._group(can, inputs, group, role) for group in groups]
        else:
            made = self._side_by_side(can, inputs, groups, role)
        for group, some in zip(groups, made, strict=True):
            vectors[group] = some
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        try:
            return (self._counter or self.capabilities.counter).count(texts)
        except Refused as refused:
            raise refused.whatever_the_text() from refused
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._misconfigured(f"answers /tokenize in another way than before ({error!r})") from error

    def close(self) -> None:
        """Closes this process's connections. The next call opens new ones."""
        if pool := self._pools.pop(os.getpid(), None):
            pool.shutdown()
        self._connection.close()

    def _side_by_side(
        self, can: Capabilities, inputs: Sequence[str], groups: list[list[int]], role: Role
    ) -> list[Vectors]:
        """The first error ends it; what has not been sent by then is not sent any more."""
        running = [self._pool().submit(copy_context().run, self._group, can, inputs, group, role) for group in groups]
        _done, unfinished = wait(running, return_when=FIRST_EXCEPTION)
        for one in unfinished:
            one.cancel()
        failed = next((one for one in running if one.done() and not one.cancelled() and one.exception()), None)
        return [failed.result()] if failed else [one.result() for one in running]

    def _group(self, can: Capabilities, inputs: Sequence[str], places: list[int], role: Role) -> Vectors:
        """Vectors of the texts at `places`. Halves a request that is refused until the text is found that is why.

        Raises EngineRejected with the text's place.
        """
        try:
            return self._vectors(can, [inputs[place] for place in places], role)
        except Refused as refused:
            self._check_that_others_pass(can, refused)
            if len(places) > 1:
                middle = len(places) // 2
                halves = [self._group(can, inputs, some, role) for some in (places[:middle], places[middle:])]
                return np.concatenate(halves)
            reason = refused
        [place] = places
        text = inputs[place]
        if not can.truncates and TOO_LONG.search(str(reason)):
            text = self._shortened(can, text, reason)
        try:
            return self._vectors(can, [text], role)
        except Refused as again:
            self._check_that_others_pass(can, again)
            raise EngineRejected(f"It fails on this text every time: {again}", place) from again

    def _vectors(self, can: Capabilities, inputs: list[str], role: Role) -> Vectors:
        """One request. Raises Refused or EngineError."""
        body: dict[str, Any] = {"model": self.model, "input": inputs, "encoding_format": "base64"}
        if can.truncates:
            # The tokenizer truncates and keeps its end token. With "truncation_side", vLLM 0.32 drops that token too,
            # and a model that pools the last token then gives a different vector.
            body["truncate_prompt_tokens"] = self.max_tokens
        if can.takes_dimensions:
            body["dimensions"] = self.dimensions
        if can.takes_priority and role is Role.DOCUMENT:
            body["priority"] = DOCUMENT_PRIORITY
        answer = self._connection.post("/v1/embeddings", body, texts=len(inputs))
        if isinstance(answer, dict) and answer.get("model", can.answers_as) != can.answers_as:
            self._capabilities = None  # another server has taken its place
            raise self._misconfigured(f"serves the model {answer['model']!r} instead of {can.answers_as!r}")
        made = vectors_of(
            answer, len(inputs), self.dimensions if can.takes_dimensions else self._wanted.model_dimensions
        )
        return truncated(made, self.dimensions)

    def _check_that_others_pass(self, can: Capabilities, refused: Refused) -> None:
        """Raises EngineUnavailable or EngineMisconfigured if it is not the text that makes the server fail."""
        try:
            self._vectors(can, [HARMLESS], Role.QUERY)
        except Refused as again:
            self._capabilities = None  # perhaps it was started anew in another way
            raise again.whatever_the_text() from refused

    def _shortened(self, can: Capabilities, text: str, refused: Refused) -> str:
        """The beginning of a text that was refused as too long. Raises EngineMisconfigured if it is not too long."""
        most = self.max_tokens - SPECIAL_TOKENS
        [count] = can.counter.count([text])
        if count <= most:
            raise self._misconfigured(
                f"refuses a text of {count} tokens, and the settings say that it takes {self.max_tokens}: {refused}"
            )
        while count > most:
            text = text[: int(len(text) * most / count * 0.98)]
            [count] = can.counter.count([text])
        return text

    def _pool(self) -> ThreadPoolExecutor:
        process = os.getpid()
        if process not in self._pools:
            # It starts no thread before the first request: if two get here at once, one pool is dropped unused.
            self._pools.setdefault(process, ThreadPoolExecutor(self._in_flight, thread_name_prefix="embedding"))
        return self._pools[process]

    def _misconfigured(self, what: str) -> EngineMisconfigured:
        return EngineMisconfigured(f"{self._connection.name} {what}")
