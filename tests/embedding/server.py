"""A small embedding server over real HTTP: vLLM's shapes, or those of another server as its documentation has them.

A token is a word, or a Chinese character. Every text ends with the special token <|end|>, as Qwen3-Embedding's do.
"""

import base64
import contextlib
import hashlib
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

from embedding.server.capabilities import PROBE

MODEL = "tests/tiny"
DIMENSIONS = 16
WINDOW = 200
END = "<|end|>"
TOKEN = re.compile(r"<\|end\|>|[一-鿿]|[^\s一-鿿]+?(?=<\|end\|>|[\s一-鿿]|$)")


@dataclass(frozen=True)
class Kind:
    """What a server has of the protocol. The default is vLLM with a model that is known to support truncation."""

    owned_by: str = "vllm"
    models: bool = True  # /v1/models
    says_window: bool = True
    info: dict[str, Any] | None = None  # TEI's /info
    truncates: bool = True  # takes truncate_prompt_tokens
    cuts: bool = False  # truncates without being told, and without a word
    dimensions: str = "made"  # or "refused", "ignored"
    tokenize: str | None = "vllm"  # or "sglang", "llama.cpp", "tei"; None: no such route
    priority: bool = True  # accepts one, as vLLM 0.32 does with any --scheduling-policy
    base64: bool = True
    answers_as: str = ""  # "": as the request says
    too_long: tuple[int, str] = (400, "This model's maximum context length is 200 tokens.")


class EmbeddingServer(ThreadingHTTPServer):
    """Set its attributes to make it misbehave. `asked` holds the requests received with POST."""

    def __init__(self, port: int = 0, kind: Kind | None = None) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.kind = kind or Kind()
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.window = WINDOW
        self.serves = MODEL
        self.poison = "\0"  # a text with this in it makes the server fail
        self.drops_on = "\0"  # a text with this in it gets no answer
        self.most_texts = 1000
        self.busy = self.busiest = 0  # requests under way: now, and at most
        self.seconds = 0.0  # an answer takes
        self.headers: list[dict[str, str]] = []
        self._lock = threading.Lock()
        self.key = ""
        self.refusals: list[tuple[int, Any]] = []  # status and body of the next answers
        self.drop = 0  # this many of the next requests get no answer
        self.wait = threading.Event()  # requests are answered when it is set
        self.wait.set()
        self.as_floats = False
        self.end: str | None = END  # None: a model that adds no special token
        self.change: Any = lambda answer: answer
        self._connections: list[socket.socket] = []
        self.connections = 0  # opened by clients

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def paths(self) -> list[str]:
        return [path for path, _body in self.asked]

    def embedded(self) -> list[dict[str, Any]]:
        """The requests for vectors, without those that find out what the server can do."""
        bodies = [body for path, body in self.asked if path == "/v1/embeddings"]
        return [body for body in bodies if body["input"] != [PROBE]]

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        with self._lock:
            self.busy += 1
            self.busiest = max(self.busy, self.busiest)
        try:
            yield
        finally:
            with self._lock:
                self.busy -= 1

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.append(request)
        self.connections = len(self._connections)
        super().process_request(request, client_address)

    def hang_up(self) -> None:
        """Closes connections that clients keep alive."""
        for connection in self._connections:
            with contextlib.suppress(OSError):  # already closed
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignores clients that disconnect, which tests do on purpose."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # header and body in one packet; two packets would wait for each other
    server: EmbeddingServer

    def do_GET(self) -> None:
        kind = self.server.kind
        if self.path == "/v1/models" and kind.models:
            model: dict[str, Any] = {"id": self.server.serves, "object": "model", "owned_by": kind.owned_by}
            if kind.says_window:
                model["max_model_len"] = self.server.window
            return self.say(200, {"object": "list", "data": [model]})
        if self.path == "/info" and kind.info:
            return self.say(200, kind.info)
        self.say(404, {"detail": "Not Found"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, body))
        self.server.headers.append({name.lower(): value for name, value in self.headers.items()})
        if self.server.drop or self.server.drops_on in str(body):
            self.server.drop = max(0, self.server.drop - 1)
            self.close_connection = True
            return
        with self.server.working():
            self.server.wait.wait(timeout=10)
            time.sleep(self.server.seconds)
            self.answer(body)

    def answer(self, body: dict[str, Any]) -> None:
        if self.server.refusals:
            return self.say(*self.server.refusals.pop(0))
        if self.server.key and self.headers["Authorization"] != f"Bearer {self.server.key}":
            return self.say(401, {"error": "Unauthorized"})
        if body.get("model", self.server.serves) != self.server.serves:
            return self.refuse(404, f"The model `{body['model']}` does not exist.")
        if self.path == "/v1/embeddings":
            return self.embed(body)
        if self.path == "/tokenize" and self.server.kind.tokenize:
            return self.tokenize(body)
        self.say(404, {"detail": "Not Found"})

    def embed(self, body: dict[str, Any]) -> None:
        kind = self.server.kind
        window = body.get("truncate_prompt_tokens", self.server.window) if kind.truncates else self.server.window
        texts = [self.tokens(text) for text in body["input"]]
        if body.get("priority") and not kind.priority:
            return self.refuse(400, "Got priority 1 but Priority scheduling is not enabled.")
        if window > self.server.window:
            return self.refuse(400, "truncate_prompt_tokens value is greater than max_model_len.")
        if len(texts) > self.server.most_texts:
            return self.refuse(422, f"batch size {len(texts)} > maximum allowed batch size {self.server.most_texts}")
        if any(self.server.poison in text for text in body["input"]):
            return self.refuse(500, "list index out of range")
        told = kind.cuts or (kind.truncates and "truncate_prompt_tokens" in body)
        if not told and any(len(tokens) >= self.server.window for tokens in texts):
            return self.refuse(*kind.too_long)
        if "dimensions" in body and kind.dimensions == "refused":
            return self.refuse(400, "Model 'tiny' does not support Matryoshka embeddings; dimensions must be unset.")
        size = body.get("dimensions", DIMENSIONS) if kind.dimensions == "made" else DIMENSIONS
        rows, used = [], 0
        for place, tokens in enumerate(texts):
            used += min(len(tokens) + 1, window)
            vector = vector_of(tokens[: window - 1])[:size]
            vector = vector / np.linalg.norm(vector)
            as_floats = self.server.as_floats or not kind.base64 or body.get("encoding_format") != "base64"
            coded: Any = vector.tolist() if as_floats else base64.b64encode(vector.tobytes()).decode()
            rows.append({"index": place, "object": "embedding", "embedding": coded})
        usage = {"prompt_tokens": used, "total_tokens": used}
        model = kind.answers_as or MODEL
        self.say(200, self.server.change({"object": "list", "model": model, "data": rows, "usage": usage}))

    def tokenize(self, body: dict[str, Any]) -> None:
        answer = getattr(self, "tokenize_" + str(self.server.kind.tokenize).replace(".", "_"))
        try:
            answer(body)
        except KeyError as missing:
            self.refuse(400, f"{missing} is missing")

    def tokenize_vllm(self, body: dict[str, Any]) -> None:
        if not isinstance(body["prompt"], str):
            return self.refuse(400, "1 validation error: Input should be a valid string")
        ids, tokens = self.numbered(body["prompt"], body["add_special_tokens"])
        strings = tokens if body.get("return_token_strs") else None
        self.say(200, {"count": len(ids), "max_model_len": self.server.window, "tokens": ids, "token_strs": strings})

    def tokenize_sglang(self, body: dict[str, Any]) -> None:
        ids = [self.numbered(text, body["add_special_tokens"])[0] for text in body["prompt"]]
        self.say(200, {"tokens": ids, "count": [len(some) for some in ids], "max_model_len": self.server.window})

    def tokenize_llama_cpp(self, body: dict[str, Any]) -> None:
        ids, tokens = self.numbered(body["content"], body.get("add_special", False))
        pieces = [{"id": id, "piece": token} for id, token in zip(ids, tokens, strict=True)]
        self.say(200, {"tokens": pieces if body.get("with_pieces") else ids})

    def tokenize_tei(self, body: dict[str, Any]) -> None:
        if len(body["inputs"]) > self.server.most_texts:
            return self.refuse(422, "batch size > maximum allowed batch size")
        found = [zip(*self.numbered(text, body["add_special_tokens"]), strict=True) for text in body["inputs"]]
        self.say(200, [[{"id": id, "text": token, "special": False} for id, token in some] for some in found])

    def numbered(self, text: str, special: bool) -> tuple[list[int], list[str]]:
        """Ids and texts of the tokens."""
        tokens = self.tokens(text)
        if special and self.server.end:
            tokens.append(self.server.end)
        return [0 if token == self.server.end else 1 + hash_of(token) % 1000 for token in tokens], tokens

    def tokens(self, text: str) -> list[str]:
        return TOKEN.findall(text)

    def refuse(self, status: int, message: str) -> None:
        self.say(status, {"error": {"message": message, "type": "BadRequestError", "param": None, "code": status}})

    def say(self, status: int, body: Any) -> None:
        raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: Any) -> None:
        """Keeps the test output clean."""


def vector_of(tokens: list[str]) -> Any:
    """Deterministic: texts that share words get similar vectors."""
    vector = np.full(DIMENSIONS, 1e-2, dtype="<f4")
    for token in tokens:
        vector[hash_of(token) % DIMENSIONS] += 1
    return vector


def hash_of(token: str) -> int:
    return int.from_bytes(hashlib.sha256(token.encode()).digest()[:4], "little")


@contextlib.contextmanager
def running(port: int = 0, kind: Kind | None = None) -> Iterator[EmbeddingServer]:
    with EmbeddingServer(port, kind) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
            server.hang_up()
