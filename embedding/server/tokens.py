"""Counting a text's tokens: by the model's own tokenizer file, by the server, or by an estimate from above.

Servers differ in their route /tokenize. Which of these one speaks is found out by asking:

- vLLM: https://docs.vllm.ai/en/stable/serving/openai_compatible_server/#tokenizer-api
- SGLang takes a list: https://docs.sglang.ai/basic_usage/native_api.html
- llama.cpp: https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
- Text Embeddings Inference takes a list: https://huggingface.github.io/text-embeddings-inference/
- Ollama has none.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import regex
from tokenizers import Tokenizer

from embedding.engine import EngineMisconfigured
from embedding.server.connection import Connection, Refused

CHARACTERS_PER_REQUEST = 100_000
PROBES = ["tea", " Tea\n", "茶", ""]


class TokenCounter(Protocol):
    @property
    def means(self) -> str:
        """How it counts, for people: "by …"."""

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without special tokens. Raises EngineError."""


class FileCounter:
    """By the model's tokenizer.json, in this process."""

    means = "by the tokenizer file"

    def __init__(self, file: Path) -> None:
        """`file`: a tokenizer.json or the folder it is in. Raises EngineMisconfigured."""
        file = file / "tokenizer.json" if file.is_dir() else file
        try:
            self._tokenizer = Tokenizer.from_file(str(file))
        except Exception as error:
            raise EngineMisconfigured(f"The tokenizer file {file} cannot be read: {error}") from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def count(self, texts: Sequence[str]) -> list[int]:
        return [len(encoding.ids) for encoding in self._tokenizer.encode_batch(list(texts), add_special_tokens=False)]


class Estimate:
    """From above, for natural language and code: texts may be cut into more windows than needed, but none is too long.

    Two letters of the Latin alphabet are one token, and so is everything else that is one character of ASCII; any other
    character is two: trained tokenizers of embedding models stay below that.
    """

    means = "by an estimate from above: the server counts no tokens, and no tokenizer file is set"
    _PARTS = regex.compile(r"(?P<word>\p{Latin}+)|(?P<space>\s+)|(?P<ascii>[\x21-\x7e])|(?P<other>.)", regex.DOTALL)

    def count(self, texts: Sequence[str]) -> list[int]:
        return [sum(map(self._tokens, self._PARTS.finditer(text))) for text in texts]

    def _tokens(self, part: "regex.Match[str]") -> int:
        match part.lastgroup:
            case "word":
                return -(-len(part[0].encode()) // 2)
            case "space":
                return 0 if part[0] == " " else -(-len(part[0]) // 4)
            case "ascii":
                return 1
            case _:
                return 2


class _ManyAtOnce:
    """A server whose /tokenize takes a list of texts."""

    means = "by the server, many texts a request"

    def __init__(self, ask: Callable[[list[str]], list[list[Any]]], texts_per_request: int) -> None:
        self._ask = ask
        self._most = texts_per_request

    def count(self, texts: Sequence[str]) -> list[int]:
        counts: list[int] = []
        for group in groups(texts, self._most):
            tokens = self._ask(group)
            if len(tokens) != len(group):
                raise EngineMisconfigured(f"The embedding server tokenised {len(tokens)} texts instead of {len(group)}")
            counts += map(len, tokens)
        return counts


@dataclass(frozen=True)
class _Token:
    id: int
    text: str  # "" where it was not asked for


class _Joined:
    """A server whose /tokenize takes one text. Many texts share a request, joined by a special token of the model."""

    def __init__(self, ask: Callable[[str, bool], list[_Token]]) -> None:
        """`ask(text, special)`: its tokens; with `special`, those that the model adds too, and all with their text."""
        self._ask = ask
        self._separator: _Token | None = None
        added = [token for token in ask("", True) if token.text]
        if added:
            alone = [self._counted([text], None)[0] for text in PROBES]
            if self._counted(PROBES, added[-1]) == alone:
                self._separator = added[-1]

    @property
    def means(self) -> str:
        return "by the server, many texts a request" if self._separator else "by the server, one text a request"

    def count(self, texts: Sequence[str]) -> list[int]:
        """A text that contains the separator goes alone, and so does each if the model has none."""
        counts = [0] * len(texts)
        alone = [place for place, text in enumerate(texts) if not self._separator or self._separator.text in text]
        for place in alone:
            [counts[place]] = self._counted([texts[place]], None)
        rest = [place for place in range(len(texts)) if place not in set(alone)]
        joined: list[int] = []
        for group in groups([texts[place] for place in rest], len(rest)):
            joined += self._counted(group, self._separator)
        if len(joined) != len(rest):
            raise EngineMisconfigured("The embedding server did not tokenise joined texts separately")
        for place, count in zip(rest, joined, strict=True):
            counts[place] = count
        return counts

    def _counted(self, texts: Sequence[str], separator: _Token | None) -> list[int]:
        counts = [0]
        for token in self._ask(separator.text.join(texts) if separator else texts[0], False):
            if separator and len(texts) > 1 and token.id == separator.id:
                counts.append(0)
            else:
                counts[-1] += 1
        return counts


def server_counter(connection: Connection, model: str, texts_per_request: int) -> TokenCounter:
    """How this server counts; an estimate if it does not. Raises EngineUnavailable."""

    def sglang(texts: list[str]) -> list[list[Any]]:
        body = {"model": model, "prompt": texts, "add_special_tokens": False}
        return _lists(connection.post("/tokenize", body)["tokens"])

    def tei(texts: list[str]) -> list[list[Any]]:
        return _lists(connection.post("/tokenize", {"inputs": texts, "add_special_tokens": False}))

    def vllm(text: str, special: bool) -> list[_Token]:
        body = {"model": model, "prompt": text, "add_special_tokens": special, "return_token_strs": special}
        answer = connection.post("/tokenize", body)
        strings = answer.get("token_strs") or [""] * len(answer["tokens"])
        return [_Token(id, string) for id, string in zip(answer["tokens"], strings, strict=True)]

    def llama_cpp(text: str, special: bool) -> list[_Token]:
        body = {"content": text, "add_special": special, "parse_special": True, "with_pieces": special}
        tokens = connection.post("/tokenize", body)["tokens"]
        return [_Token(one["id"], str(one["piece"])) if special else _Token(one, "") for one in tokens]

    dialects: list[Callable[[], TokenCounter]] = [
        lambda: _checked(_ManyAtOnce(sglang, texts_per_request)),
        lambda: _checked(_Joined(vllm)),
        lambda: _checked(_Joined(llama_cpp)),
        lambda: _checked(_ManyAtOnce(tei, texts_per_request)),
    ]
    for make in dialects:
        try:
            return make()
        except (Refused, EngineMisconfigured, KeyError, TypeError, ValueError, AttributeError):
            continue  # it speaks another
    return Estimate()


def groups(texts: Sequence[str], most: int) -> Iterator[list[str]]:
    """Groups for one request each, in order: at most so many texts and CHARACTERS_PER_REQUEST, or one text."""
    group: list[str] = []
    size = 0
    for text in texts:
        if group and (len(group) >= most or size + len(text) > CHARACTERS_PER_REQUEST):
            yield group
            group, size = [], 0
        group.append(text)
        size += len(text)
    if group:
        yield group


def _checked(counter: TokenCounter) -> TokenCounter:
    """Raises ValueError if the server's answers are no counts of tokens."""
    counts = counter.count(PROBES)
    if not (counts[0] > 0 and counts[2] > 0 and counts[3] == 0):
        raise ValueError(counts)
    return counter


def _lists(tokens: Any) -> list[list[Any]]:
    if not (isinstance(tokens, list) and all(isinstance(one, list) for one in tokens)):
        raise TypeError(tokens)
    return tokens
