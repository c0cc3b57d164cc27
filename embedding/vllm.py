"""Client of an OpenAI-compatible embedding server: vLLM, or another with /v1/embeddings and vLLM's /tokenize.

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
from embedding.prompts import Prompts, Role, of_model

CONNECT_SECONDS = 5
ATTEMPTS = 3
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.2, 1.0
TRANSIENT_STATUSES = {429, 502, 503, 504}  # overloaded, or a proxy whose server is still starting
CHARACTERS_PER_REQUEST = 100_000  # when counting tokens


class _Transient(EngineUnavailable):
    """Likely to be over in a moment, so it is retried at once."""


@dataclass(frozen=True)
class _Separator:
    """A special token of the model. Texts joined by it are tokenised as if each were alone."""

    text: str
    token: int


class VLLM:
    """An EmbeddingEngine. Threads can share it; each process opens its own connections."""

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
        prompts: Prompts | None = None,
        api_key: str = "",
        timeout_seconds: float = 30,
    ) -> None:
        """`url`: the server's address, with or without /v1. `model`: the name under which the model is served.

        `revision`: the revision of the weights. The server does not report it, and vectors of different weights must
        not be compared.
        `dimensions`: fewer than `model_dimensions` only for a model trained for truncation (MRL), on a server
        configured for that.
        `prompts`: what the model was trained to read before a text, by default by its name; the server adds nothing.
        `smallest_dimensions`: the shortest usable truncation; None if vectors must not be truncated.
        `max_tokens`: at most the server's own limit.

        Sends no request. Raises EngineMisconfigured.
        """
        self._url = httpx.URL(url.rstrip("/").removesuffix("/v1"))
        if self._url.scheme not in ("http", "https") or not self._url.host:
            raise EngineMisconfigured(f"The embedding server's address must start with http:// or https://: {url!r}")
        if not 0 < dimensions <= model_dimensions:
            raise EngineMisconfigured(f"Vectors of {model} have {model_dimensions} dimensions, not {dimensions}")
        self.model = model
        self.dimensions = dimensions
        self.smallest_dimensions = min(smallest_dimensions or dimensions, dimensions)
        self.max_tokens = max_tokens
        self._prompts = of_model(model) if prompts is None else prompts
        self.takes_instructions = bool(self._prompts.instructed)
        before_documents = f"/{self._prompts.document.strip()}" if self._prompts.document else ""
        # Pooling and normalisation are defined by the model's files, so the revision covers them.
        self.fingerprint = f"{model}@{revision[:12]}/{dimensions}{before_documents}"
        self._is_truncated = dimensions < model_dimensions
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._timeout = httpx.Timeout(timeout_seconds, connect=CONNECT_SECONDS)
        self._clients: dict[int, httpx.Client] = {}  # by process id: a forked child must not share connections

    def embed(self, texts: Sequence[str], *, role: Role = Role.DOCUMENT, instruction: str = "") -> Vectors:
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        body: dict[str, Any] = {
            "model": self.model,
            "input": [self._prompts.prefix(role, instruction) + text for text in texts],
            "encoding_format": "base64",
            # The tokenizer truncates and keeps its end token. With "truncation_side", vLLM 0.32 drops that token too,
            # and a model that pools the last token then gives a different vector.
            "truncate_prompt_tokens": self.max_tokens,
        }
        if self._is_truncated:
            body["dimensions"] = self.dimensions
        answer = self._post("/v1/embeddings", body)
        try:
            return self._vectors(answer, len(texts))
        except (KeyError, TypeError, ValueError) as error:
            raise self._misconfigured(f"does not answer as OpenAI's API does ({error!r})") from error

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See EmbeddingEngine. Many texts share one request if the model has a token that separates them."""
        separator = self._separator
        counts: list[int] = []
        for group in _groups(texts, separator):
            tokens = self._tokens(group, separator)
            if len(tokens) != len(group):
                raise self._misconfigured("did not tokenise joined texts separately")
            counts += tokens
        return counts

    def close(self) -> None:
        """Closes this process's connections. The next call opens new ones."""
        if client := self._clients.pop(os.getpid(), None):
            client.close()

    def _vectors(self, answer: dict[str, Any], count: int) -> Vectors:
        if answer["model"] != self.model:
            raise self._misconfigured(f"serves the model {answer['model']!r} instead of {self.model!r}")
        rows = {row["index"]: row["embedding"] for row in answer["data"]}
        if len(answer["data"]) != count or set(rows) != set(range(count)):
            raise self._misconfigured(f"returned {len(answer['data'])} vectors for {count} texts")
        vectors = np.empty((count, self.dimensions), dtype=np.float32)
        for index in range(count):
            vector = _decode_vector(rows[index])
            if vector.shape != (self.dimensions,):
                raise self._misconfigured(f"returns vectors of {vector.size} dimensions, not {self.dimensions}")
            vectors[index] = vector
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not (np.isfinite(lengths).all() and lengths.all()):
            raise self._misconfigured("returns vectors without a direction: some are zero or not finite")
        unit: Vectors = vectors / lengths  # not every compatible server normalises
        return unit

    @cached_property
    def _separator(self) -> _Separator | None:
        """The special token that the model puts after (or before) every text, if it separates joined texts."""
        answer = self._tokenize("", add_special_tokens=True, return_token_strs=True)
        if not answer["tokens"] or not answer.get("token_strs"):
            return None
        separator = _Separator(answer["token_strs"][-1], answer["tokens"][-1])
        probe = ["tea", " Tea\n", "茶", ""]
        alone = [self._tokens([text], None)[0] for text in probe]
        return separator if self._tokens(probe, separator) == alone else None

    def _tokens(self, texts: Sequence[str], separator: _Separator | None) -> list[int]:
        """The token count of each text, in one request. Without a separator, `texts` must hold one text."""
        joined = separator.text.join(texts) if separator else texts[0]
        counts = [0]
        for token in self._tokenize(joined, add_special_tokens=False)["tokens"]:
            if separator and len(texts) > 1 and token == separator.token:
                counts.append(0)
            else:
                counts[-1] += 1
        return counts

    def _tokenize(self, prompt: str, **options: bool) -> dict[str, Any]:
        answer = self._post("/tokenize", {"model": self.model, "prompt": prompt, **options})
        if not isinstance(answer.get("tokens"), list):
            raise self._misconfigured("does not answer /tokenize as vLLM does")
        return answer

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        retrying = Retrying(
            retry=retry_if_exception_type(_Transient),
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_random_exponential(FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS),
            reraise=True,
        )
        return retrying(self._post_once, path, body)

    def _post_once(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            response = self._client().post(path, json=body)
        except httpx.TimeoutException as error:  # a retry would only double the server's load
            raise EngineUnavailable(f"{self._name()} did not answer in time ({type(error).__name__})") from error
        except httpx.TransportError as error:
            raise _Transient(f"{self._name()} cannot be reached: {error}") from error
        if response.status_code in TRANSIENT_STATUSES:
            raise _Transient(f"{self._name()} answers {response.status_code}: {_error_message(response)}")
        if response.is_server_error:
            raise EngineUnavailable(f"{self._name()} answers {response.status_code}: {_error_message(response)}")
        if not response.is_success:
            raise self._misconfigured(f"answers {response.status_code} to {path}: {_error_message(response)}")
        try:
            answer = response.json()
        except ValueError as error:
            raise self._misconfigured(f"answers {path} with something that is not JSON") from error
        if not isinstance(answer, dict):
            raise self._misconfigured(f"answers {path} with something that is not a JSON object")
        return answer

    def _client(self) -> httpx.Client:
        process = os.getpid()
        if process not in self._clients:
            client = httpx.Client(base_url=self._url, headers=self._headers, timeout=self._timeout)
            # If two threads get here at once, one client is dropped before it opens a connection.
            self._clients.setdefault(process, client)
        return self._clients[process]

    def _misconfigured(self, what: str) -> EngineMisconfigured:
        return EngineMisconfigured(f"{self._name()} {what}")

    def _name(self) -> str:
        """Leaves out the user and password that the address may contain."""
        port = f":{self._url.port}" if self._url.port else ""
        return f"The embedding server {self._url.host}{port}"


def _groups(texts: Sequence[str], separator: _Separator | None) -> Iterator[list[str]]:
    """Groups texts for one request each, in order. A text that contains the separator goes alone."""
    group: list[str] = []
    size = 0
    for text in texts:
        alone = separator is None or separator.text in text
        if group and (alone or size + len(text) > CHARACTERS_PER_REQUEST):
            yield group
            group, size = [], 0
        if alone:
            yield [text]
        else:
            group.append(text)
            size += len(text)
    if group:
        yield group


def _decode_vector(embedding: str | list[float]) -> Vectors:
    """Accepts base64 of little-endian float32, or a list of numbers from servers without base64 support."""
    if isinstance(embedding, str):
        return np.frombuffer(base64.b64decode(embedding, validate=True), dtype="<f4")
    return np.array(embedding, dtype=np.float32)


def _error_message(response: httpx.Response) -> str:
    """The server's error message: {"error": {"message"}}, the same without "error", {"detail"}, or plain text."""
    try:
        body = response.json()
    except ValueError:
        return response.text[:300] or response.reason_phrase
    if isinstance(body, dict):
        error = body.get("error", body)
        body = error.get("message") or error.get("detail") or error if isinstance(error, dict) else error
    return str(body)[:300]
