"""What a server serves and can do: asked once, and never assumed from its name."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from embedding.engine import EngineMisconfigured
from embedding.server.answers import vectors_of
from embedding.server.connection import Connection, Refused
from embedding.server.tokens import TokenCounter, server_counter
from embedding.transforms import truncated

TEXTS_PER_REQUEST = 256
PROBE = "one two three four five six seven eight"
DOCUMENT_PRIORITY = 1  # questions have 0, which is earlier
PROBE_TOKENS = 4  # fewer than the probe has with any tokenizer
BEFORE_DOCUMENTS = "before documents, if it was started with --scheduling-policy priority"
VLLM = "vLLM"
SOFTWARE = {"vllm": VLLM, "sglang": "SGLang", "llamacpp": "llama.cpp", "library": "Ollama"}  # by "owned_by"
TEI = "Text Embeddings Inference"


@dataclass(frozen=True)
class Wanted:
    """What the settings say of the model."""

    model: str
    model_dimensions: int
    dimensions: int
    max_tokens: int


@dataclass(frozen=True)
class Capabilities:
    software: str  # "" if the server does not say
    answers_as: str  # the model's name in its answers
    max_tokens: int | None  # the longest text; None if it does not say
    texts_per_request: int
    truncates: bool  # takes truncate_prompt_tokens
    takes_dimensions: bool  # makes shorter vectors itself, the same as truncated here
    takes_priority: bool  # accepts a `priority`: a higher one is done later
    counter: TokenCounter

    def facts(self) -> dict[str, str]:
        """For people, in English: what was found, by what it is about."""
        return {
            "software": self.software or "not said",
            "longest text": f"{self.max_tokens} tokens" if self.max_tokens else "not said",
            "long texts": "truncated by the server" if self.truncates else "truncated here if the server refuses one",
            "fewer dimensions": "made by the server" if self.takes_dimensions else "truncated here",
            "tokens counted": self.counter.means,
            "questions": BEFORE_DOCUMENTS if self.takes_priority else "in turn with documents",
        }


@dataclass(frozen=True)
class _Said:
    """What the server says of itself, as far as it does."""

    models: list[str]
    software: str = ""
    max_tokens: int | None = None
    texts_per_request: int = TEXTS_PER_REQUEST


def discover(connection: Connection, wanted: Wanted, counter: TokenCounter | None) -> Capabilities:
    """Asks the server, with a handful of small requests. `counter`: None to let the server count tokens.

    Raises EngineMisconfigured if it serves another model or shorter texts; EngineUnavailable.
    """
    said = _said(connection, wanted.model)
    if said.models and wanted.model not in said.models:
        served = ", ".join(said.models[:5])
        raise EngineMisconfigured(f"{connection.name} serves {served}, and not {wanted.model} as the settings say")
    if said.max_tokens and said.max_tokens < wanted.max_tokens:
        raise EngineMisconfigured(
            f"{connection.name} takes texts of at most {said.max_tokens} tokens, and the settings say "
            f"{wanted.max_tokens}: set FOOTNOTE_VLLM_MAX_TOKENS to {said.max_tokens}, or start it for longer ones"
        )
    try:
        answers_as, truncates = _truncation(connection, wanted.model)
        if not said.models and answers_as != wanted.model:
            raise EngineMisconfigured(f"{connection.name} serves {answers_as}, and not {wanted.model}")
        return Capabilities(
            software=said.software,
            answers_as=answers_as,
            max_tokens=said.max_tokens,
            texts_per_request=said.texts_per_request,
            truncates=truncates,
            takes_dimensions=wanted.dimensions < wanted.model_dimensions and _takes_dimensions(connection, wanted),
            takes_priority=said.software == VLLM and _takes_priority(connection, wanted.model),
            counter=counter or server_counter(connection, wanted.model, said.texts_per_request),
        )
    except Refused as refused:
        raise refused.whatever_the_text() from refused


def _said(connection: Connection, model: str) -> _Said:
    """From /v1/models, or TEI's /info."""
    listed = connection.get("/v1/models")
    entries = listed.get("data") if isinstance(listed, dict) else None
    if isinstance(entries, list) and entries and all(isinstance(one, dict) and "id" in one for one in entries):
        about = next((one for one in entries if one["id"] == model), entries[0])
        software = SOFTWARE.get(str(about.get("owned_by")), "")
        return _Said([str(one["id"]) for one in entries], software, _positive(about.get("max_model_len")))
    info = connection.get("/info")
    if isinstance(info, dict) and "model_id" in info:
        most = _positive(info.get("max_client_batch_size")) or TEXTS_PER_REQUEST
        return _Said([str(info["model_id"])], TEI, _positive(info.get("max_input_length")), most)
    return _Said([])


def _truncation(connection: Connection, model: str) -> tuple[str, bool]:
    """The model's name in answers, and whether the server truncates as told. Raises EngineError."""
    try:
        answer = _probe(connection, model, truncate_prompt_tokens=PROBE_TOKENS)
        usage = answer.get("usage")
        truncates = isinstance(usage, dict) and usage.get("prompt_tokens") == PROBE_TOKENS
    except Refused:  # perhaps for the parameter that it does not know
        answer, truncates = _probe(connection, model), False
    return str(answer.get("model")), truncates


def _takes_dimensions(connection: Connection, wanted: Wanted) -> bool:
    """Whether the server's shorter vectors are the model's, truncated: not all refuse what they cannot do."""
    try:
        shorter = vectors_of(_probe(connection, wanted.model, dimensions=wanted.dimensions), 1, wanted.dimensions)
        whole = vectors_of(_probe(connection, wanted.model), 1, wanted.model_dimensions)
    except (Refused, EngineMisconfigured):
        return False
    return bool(np.vdot(shorter, truncated(whole, wanted.dimensions)) > 0.999)


def _takes_priority(connection: Connection, model: str) -> bool:
    """Whether `priority` may be sent. vLLM 0.32 accepts and ignores it unless it was started with the policy for it."""
    try:
        _probe(connection, model, priority=DOCUMENT_PRIORITY)
    except Refused:
        return False
    return True


def _probe(connection: Connection, model: str, **options: int) -> dict[str, Any]:
    body = {"model": model, "input": [PROBE], "encoding_format": "base64", **options}
    answer = connection.post("/v1/embeddings", body, texts=1)
    if not isinstance(answer, dict):
        raise EngineMisconfigured(f"{connection.name} does not answer as OpenAI's API does")
    return answer


def _positive(value: Any) -> int | None:
    return value if isinstance(value, int) and value > 0 else None
