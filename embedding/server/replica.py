"""One of the servers: its connections, how busy it is, and the circuit that keeps callers from waiting for it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from time import monotonic

import httpx

from embedding.observation import Circuit as CircuitChanged
from embedding.observation import publish

FAILURES = 3  # in a row open the circuit
OPEN_SECONDS = 10.0  # until one request is let through to see whether the server is back

_order = count(1)


class Replica:
    def __init__(self, engine: str, url: httpx.URL, client: httpx.Client) -> None:
        self.name = f"{url.host}:{url.port}" if url.port else url.host
        self.client = client
        self.circuit = Circuit(engine, self.name)
        self.outstanding = 0  # requests that are not answered yet
        self.last_chosen = 0  # the higher, the later
        self._lock = threading.Lock()

    @contextmanager
    def request(self) -> Iterator[None]:
        """Counts one request as outstanding during the block."""
        with self._lock:
            self.outstanding += 1
            self.last_chosen = next(_order)
        try:
            yield
        finally:
            with self._lock:
                self.outstanding -= 1


class Circuit:
    """Open after FAILURES in a row: then nobody waits for a server that does not answer, until it does again."""

    def __init__(self, engine: str, server: str) -> None:
        self._engine = engine
        self._server = server
        self._lock = threading.Lock()
        self._failures = 0
        self._next_try = 0.0
        self.reason = ""  # of the last failure

    @property
    def is_open(self) -> bool:
        return self._failures >= FAILURES

    def lets_through(self) -> bool:
        """Whether a request may be sent now. While it is open, one every OPEN_SECONDS may."""
        with self._lock:
            if not self.is_open:
                return True
            if monotonic() < self._next_try:
                return False
            self._next_try = monotonic() + OPEN_SECONDS
            return True

    def succeeded(self) -> None:
        with self._lock:
            was_open, self._failures = self.is_open, 0
        if was_open:
            publish(CircuitChanged(self._engine, self._server, open=False))

    def failed(self, reason: str) -> None:
        with self._lock:
            was_open = self.is_open
            self._failures += 1
            self.reason = reason
            if self.is_open and not was_open:
                self._next_try = monotonic() + OPEN_SECONDS
            opened = self.is_open and not was_open
        if opened:
            publish(CircuitChanged(self._engine, self._server, open=True))
