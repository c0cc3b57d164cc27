"""A client of an OpenAI-compatible embedding server: vLLM, or another that speaks /v1/embeddings and vLLM's /tokenize.

https://docs.vllm.ai/en/stable/serving/openai_compatible_server/
"""

import base64
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx
import numpy as np
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from embedding.engine import EngineMisconfigured, EngineUnavailable, Vectors

CONNECT_SECONDS = 5
TRIES = 3
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.2, 1.0
PASSING = {429, 502, 503, 504}  # overloaded, or a proxy whose server just starts
CHARACTERS_AT_ONCE = 100_000  # in one request that counts tokens


class _Passing(EngineUnavailable):
    """Likely over in a moment: worth another try at once."""


@dataclass(frozen=True)
class _Separator:
    """A special token of the model: texts joined by it are read apart, as if each came alone."""

    text: str
    token: int


class VLLM:
    """An EmbeddingEngine. Threads may share it; each process that uses it opens connections of its own.

    It adds no instruction: what a model wants before a question is the caller's to put there.
    """

    languages = None
    batch_tokens = 16_384

    def __init__(
        self,
        *,
        url: str,
        model: str,
        revision: str,
        model_dimensions: int,
        dimensions: int,
        max_tokens: int,
        smallest_dimensions: int | None = None,
        api_key: str = "",
        timeout_seconds: float = 30,
    ) -> None:
        """`url`: the server's, with or without /v1. `model`: the name it serves under.

        `revision`: which weights it serves; it cannot be asked, and vectors of other weights may not be compared.
        `dimensions`: fewer than `model_dimensions` only for a model trained to be cut (MRL), on a server told so.
        `smallest_dimensions`: how far that model's vectors may be cut; None: not at all.
        `max_tokens`: at most the server's own limit. Raises EngineMisconfigured; asks the server nothing.
        """
        self._url = httpx.URL(url.rstrip("/").removesuffix("/v1"))
        if self._url.scheme not in ("http", "https") or not self._url.host:
            raise EngineMisconfigured(f"The embedding server's address is not one of http:// or https://: {url!r}")
        if not 0 < dimensions <= model_dimensions:
            raise EngineMisconfigured(f"Vectors of {model} have {model_dimensions} dimensions, not {dimensions}")
        self.model = model
        self.dimensions = dimensions
        self.smallest_dimensions = min(smallest_dimensions or dimensions, dimensions)
        self.max_tokens = max_tokens
        # Pooling and normalisation are the model's own, in files of that revision.
        self.fingerprint = f"{model}@{revision[:12]}/{dimensions}"
        self._is_cut = dimensions < model_dimensions
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._timeout = httpx.Timeout(timeout_seconds, connect=CONNECT_SECONDS)
        self._clients: dict[int, httpx.Client] = {}  # by process: a fork must not share connections

    def embed(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        wanted: dict[str, Any] = {
            "model": self.model,
            "input": list(texts),
            "encoding_format": "base64",
            # By the tokenizer, which keeps its end token: with "truncation_side" vLLM 0.32 cuts that too, and a model
            # that pools the last token then gives another vector.
            "truncate_prompt_tokens": self.max_tokens,
        }
        if self._is_cut:
            wanted["dimensions"] = self.dimensions
        answer = self._ask("/v1/embeddings", wanted)
        try:
            return self._vectors(answer, len(texts))
        except (KeyError, TypeError, ValueError) as error:
            raise self._misconfigured(f"does not answer as OpenAI's API does ({error!r})") from error

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """As the Protocol says. One request for many texts, if the model has a token that keeps them apart."""
        separator = self._separator
        counts: list[int] = []
        for group in _groups(texts, separator):
            tokens = self._tokens(group, separator)
            if len(tokens) != len(group):
                raise self._misconfigured("was told to count the tokens of texts apart, but joined some")
            counts += tokens
        return counts

    def close(self) -> None:
        """Closes this process's connections; the next call opens new ones."""
        if client := self._clients.pop(os.getpid(), None):
            client.close()

    def _vectors(self, answer: dict[str, Any], count: int) -> Vectors:
        if answer["model"] != self.model:
            raise self._misconfigured(f"serves {answer['model']!r} where {self.model!r} is wanted")
        rows = {row["index"]: row["embedding"] for row in answer["data"]}
        if len(answer["data"]) != count or set(rows) != set(range(count)):
            raise self._misconfigured(f"gave {len(answer['data'])} vectors for {count} texts")
        vectors = np.empty((count, self.dimensions), dtype=np.float32)
        for place in range(count):
            vector = _decoded(rows[place])
            if vector.shape != (self.dimensions,):
                raise self._misconfigured(f"gives vectors of {vector.size} dimensions, not {self.dimensions}")
            vectors[place] = vector
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not (np.isfinite(lengths).all() and lengths.all()):
            raise self._misconfigured("gives vectors without a direction: some are zero or not finite")
        unit: Vectors = vectors / lengths  # not every server that speaks this protocol does it
        return unit

    @cached_property
    def _separator(self) -> _Separator | None:
        """The special token that the model ends (or begins) every text with, if it does what we need of it."""
        answer = self._tokenized("", add_special_tokens=True, return_token_strs=True)
        if not answer["tokens"] or not answer.get("token_strs"):
            return None
        separator = _Separator(answer["token_strs"][-1], answer["tokens"][-1])
        probe = ["tea", " Tea\n", "茶", ""]
        alone = [self._tokens([text], None)[0] for text in probe]
        return separator if self._tokens(probe, separator) == alone else None

    def _tokens(self, texts: Sequence[str], separator: _Separator | None) -> list[int]:
        """How many tokens each text has, in one request; without a separator of one text."""
        joined = separator.text.join(texts) if separator else texts[0]
        counts = [0]
        for token in self._tokenized(joined, add_special_tokens=False)["tokens"]:
            if separator and len(texts) > 1 and token == separator.token:
                counts.append(0)
            else:
                counts[-1] += 1
        return counts

    def _tokenized(self, prompt: str, **options: bool) -> dict[str, Any]:
        answer = self._ask("/tokenize", {"model": self.model, "prompt": prompt, **options})
        if not isinstance(answer.get("tokens"), list):
            raise self._misconfigured("does not answer /tokenize as vLLM does")
        return answer

    def _ask(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        patient = Retrying(
            retry=retry_if_exception_type(_Passing),
            stop=stop_after_attempt(TRIES),
            wait=wait_random_exponential(FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS),
            reraise=True,
        )
        return patient(self._ask_once, path, body)

    def _ask_once(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            response = self._client().post(path, json=body)
        except httpx.TimeoutException as error:  # another try would only double its load
            raise EngineUnavailable(f"{self._name()} did not answer in time ({type(error).__name__})") from error
        except httpx.TransportError as error:
            raise _Passing(f"{self._name()} cannot be reached: {error}") from error
        if response.status_code in PASSING:
            raise _Passing(f"{self._name()} answers {response.status_code}: {_words(response)}")
        if response.is_server_error:
            raise EngineUnavailable(f"{self._name()} answers {response.status_code}: {_words(response)}")
        if not response.is_success:
            raise self._misconfigured(f"answers {response.status_code} to {path}: {_words(response)}")
        try:
            answer = response.json()
        except ValueError as error:
            raise self._misconfigured(f"answers {path} with something that is not JSON") from error
        if not isinstance(answer, dict):
            raise self._misconfigured(f"answers {path} with something that is no JSON object")
        return answer

    def _client(self) -> httpx.Client:
        process = os.getpid()
        if process not in self._clients:
            client = httpx.Client(base_url=self._url, headers=self._headers, timeout=self._timeout)
            # Of two threads that come here at once, one's client is forgotten before it opens a connection.
            self._clients.setdefault(process, client)
        return self._clients[process]

    def _misconfigured(self, what: str) -> EngineMisconfigured:
        return EngineMisconfigured(f"{self._name()} {what}")

    def _name(self) -> str:
        """Without the user and password that an address may hold."""
        port = f":{self._url.port}" if self._url.port else ""
        return f"The embedding server {self._url.host}{port}"


def _groups(texts: Sequence[str], separator: _Separator | None) -> Iterator[list[str]]:
    """Texts that may be counted in one request, in order; one that holds the separator itself goes alone."""
    group: list[str] = []
    size = 0
    for text in texts:
        alone = separator is None or separator.text in text
        if group and (alone or size + len(text) > CHARACTERS_AT_ONCE):
            yield group
            group, size = [], 0
        if alone:
            yield [text]
        else:
            group.append(text)
            size += len(text)
    if group:
        yield group


def _decoded(embedding: str | list[float]) -> Vectors:
    """Little-endian float32 in base64, or, from servers that know no base64, a list of numbers."""
    if isinstance(embedding, str):
        return np.frombuffer(base64.b64decode(embedding, validate=True), dtype="<f4")
    return np.array(embedding, dtype=np.float32)


def _words(response: httpx.Response) -> str:
    """What a server says of its refusal: {"error": {"message"}}, or flat, or {"detail"}, or plain text."""
    try:
        said = response.json()
    except ValueError:
        return response.text[:300] or response.reason_phrase
    if isinstance(said, dict):
        error = said.get("error", said)
        said = error.get("message") or error.get("detail") or error if isinstance(error, dict) else error
    return str(said)[:300]
