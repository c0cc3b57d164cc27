"""A small embedding server: /v1/embeddings and /tokenize with vLLM's shapes, over real HTTP.

A token is a word, or a Chinese character. Every text ends with the special token <|end|>, as Qwen3-Embedding's do.
"""

import base64
import contextlib
import hashlib
import json
import re
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

MODEL = "tests/tiny"
DIMENSIONS = 16
WINDOW = 200
END = "<|end|>"
TOKEN = re.compile(r"<\|end\|>|[一-鿿]|[^\s一-鿿]+?(?=<\|end\|>|[\s一-鿿]|$)")


class EmbeddingServer(ThreadingHTTPServer):
    """Set its attributes to make it misbehave. `asked` holds the requests received."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.key = ""
        self.refusals: list[tuple[int, Any]] = []  # status and body of the next answers
        self.drop = 0  # this many of the next requests get no answer
        self.wait = threading.Event()  # requests are answered when it is set
        self.wait.set()
        self.as_floats = False
        self.end: str | None = END  # None: a model that adds no special token
        self.change: Any = lambda answer: answer
        self._connections: list[socket.socket] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def paths(self) -> list[str]:
        return [path for path, _body in self.asked]

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.append(request)
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

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, body))
        if self.server.drop:
            self.server.drop -= 1
            self.close_connection = True
            return
        self.server.wait.wait(timeout=10)
        if self.server.refusals:
            return self.say(*self.server.refusals.pop(0))
        if self.server.key and self.headers["Authorization"] != f"Bearer {self.server.key}":
            return self.say(401, {"error": "Unauthorized"})
        if body["model"] != MODEL:
            return self.refuse(404, f"The model `{body['model']}` does not exist.")
        self.embed(body) if self.path == "/v1/embeddings" else self.tokenize(body)

    def embed(self, body: dict[str, Any]) -> None:
        if body["truncate_prompt_tokens"] > WINDOW:
            return self.refuse(400, "truncate_prompt_tokens value is greater than max_model_len.")
        size = body.get("dimensions", DIMENSIONS)
        rows = []
        for place, text in enumerate(body["input"]):
            tokens = self.tokens(text)[: body["truncate_prompt_tokens"] - 1]
            vector = vector_of(tokens)[:size]
            vector = vector / np.linalg.norm(vector)
            coded: Any = vector.tolist() if self.server.as_floats else base64.b64encode(vector.tobytes()).decode()
            rows.append({"index": place, "object": "embedding", "embedding": coded})
        self.say(200, self.server.change({"object": "list", "model": MODEL, "data": rows}))

    def tokenize(self, body: dict[str, Any]) -> None:
        tokens = self.tokens(body["prompt"])
        if body["add_special_tokens"] and self.server.end:
            tokens.append(self.server.end)
        ids = [0 if token == self.server.end else 1 + hash_of(token) % 1000 for token in tokens]
        strings = tokens if body.get("return_token_strs") else None
        self.say(200, {"count": len(ids), "max_model_len": WINDOW, "tokens": ids, "token_strs": strings})

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
def running(port: int = 0) -> Iterator[EmbeddingServer]:
    with EmbeddingServer(port) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
            server.hang_up()
