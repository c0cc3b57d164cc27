"""Requests to one or several servers of the same model: retries, a circuit breaker, the least busy server first."""

import os
from collections.abc import Mapping
from time import perf_counter
from typing import Any

import httpx
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from embedding.engine import EngineError, EngineMisconfigured, EngineUnavailable
from embedding.observation import OK, Request, publish
from embedding.server.replica import Replica

ATTEMPTS = 3
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.2, 1.0
CONNECT_SECONDS = 3
IDLE_SECONDS = 4  # uvicorn, which serves vLLM, closes a connection that was idle for 5
OVERLOADED = 429
GATEWAY_STATUSES = {502, 503, 504}  # a proxy's server is away or still starting
REFUSALS = {400, 413, 422, 500}


class Refused(EngineError):
    """The server did not do this request: because of one of its texts, or because it would not do any."""

    def __init__(self, message: str, *, is_the_servers: bool) -> None:
        super().__init__(message)
        self._is_the_servers = is_the_servers

    def whatever_the_text(self) -> EngineError:
        """The error to raise if the server refuses every text."""
        return (EngineUnavailable if self._is_the_servers else EngineMisconfigured)(str(self))


class _Transient(EngineUnavailable):
    """Likely to be over in a moment, so it is retried at once."""


class _Dropped(_Transient):
    """The server took the request and hung up without an answer."""


class Connection:
    """Threads can share it; each process opens its own connections."""

    def __init__(
        self, addresses: str, *, engine: str, api_key: str, headers: Mapping[str, str], timeout_seconds: float
    ) -> None:
        """`addresses`: one or several with commas between, each with or without /v1. `engine`: its name for observers.

        Sends no request. Raises EngineMisconfigured.
        """
        self._addresses = [_url(address.strip()) for address in addresses.split(",")]
        self._engine = engine
        self._headers = {**headers, **({"Authorization": f"Bearer {api_key}"} if api_key else {})}
        self._timeout = httpx.Timeout(timeout_seconds, connect=CONNECT_SECONDS)
        self._by_process: dict[int, list[Replica]] = {}  # a forked child must not share connections or locks

    @property
    def name(self) -> str:
        """For people; leaves out the user and password that an address may contain."""
        names = [replica.name for replica in self.replicas()]
        return f"The embedding server {names[0]}" if len(names) == 1 else f"The embedding servers {', '.join(names)}"

    def get(self, path: str) -> Any | None:
        """The JSON at `path`; None if the server has nothing there. Raises EngineUnavailable."""
        try:
            return self._request("GET", path, None, texts=0)
        except (EngineMisconfigured, Refused):
            return None

    def post(self, path: str, body: dict[str, Any], *, texts: int = 0) -> Any:
        """The JSON of the answer. `texts`: how many are in the request, for observers.

        Raises Refused, EngineUnavailable or EngineMisconfigured.
        """
        return self._request("POST", path, body, texts=texts)

    def replicas(self) -> list[Replica]:
        process = os.getpid()
        if process not in self._by_process:
            made = [
                Replica(self._engine, url, httpx.Client(**self._options(url), timeout=self._timeout))
                for url in self._addresses
            ]
            # If two threads get here at once, one list is dropped before it opens a connection.
            self._by_process.setdefault(process, made)
        return self._by_process[process]

    def close(self) -> None:
        """Closes this process's connections. The next request opens new ones."""
        for replica in self._by_process.pop(os.getpid(), []):
            replica.client.close()

    def _options(self, url: httpx.URL) -> dict[str, Any]:
        limits = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=IDLE_SECONDS)
        return {"base_url": url, "headers": self._headers, "limits": limits}

    def _request(self, method: str, path: str, body: dict[str, Any] | None, *, texts: int) -> Any:
        retrying = Retrying(
            retry=retry_if_exception_type(_Transient),
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_random_exponential(FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS),
            reraise=True,
        )
        tried: list[Replica] = []
        started, result, answer = perf_counter(), OK, None
        try:
            answer = retrying(self._once, method, path, body, tried)
            return answer
        except _Dropped as error:
            result = Refused.__name__
            raise Refused(str(error), is_the_servers=True) from error
        except EngineError as error:
            result = _public_name(error)
            raise
        finally:
            seconds, retries = perf_counter() - started, max(0, len(tried) - 1)
            publish(Request(self._engine, path, texts, _tokens(answer), retries, seconds, result))

    def _once(self, method: str, path: str, body: dict[str, Any] | None, tried: list[Replica]) -> Any:
        replica = self._choose(tried)
        tried.append(replica)
        with replica.request():
            try:
                response = replica.client.request(method, path, json=body)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
                reason = f"The embedding server {replica.name} cannot be reached: {error}"
                replica.circuit.failed(reason)
                raise _Transient(reason) from error
            except httpx.TimeoutException as error:  # a retry would only double the server's load
                reason = f"The embedding server {replica.name} did not answer in time ({type(error).__name__})"
                replica.circuit.failed(reason)
                raise EngineUnavailable(reason) from error
            except httpx.TransportError as error:
                raise _Dropped(f"The embedding server {replica.name} cannot be reached: {error}") from error
        return _json(replica, path, response)

    def _choose(self, tried: list[Replica]) -> Replica:
        """The least busy server that may be asked, rather not one that this request was `tried` on."""
        by_load = sorted(self.replicas(), key=lambda one: (one in tried, one.outstanding, one.last_chosen))
        for replica in by_load:
            if replica.circuit.lets_through():
                return replica
        raise EngineUnavailable(by_load[0].circuit.reason)


def _json(replica: Replica, path: str, response: httpx.Response) -> Any:
    """The answer's content. Raises Refused, EngineUnavailable or EngineMisconfigured."""
    name, status = f"The embedding server {replica.name}", response.status_code
    said = "" if response.is_success else f"{name} answers {status} to {path}: {_error_message(response)}"
    if status in GATEWAY_STATUSES:
        replica.circuit.failed(said)
        raise _Transient(said)
    replica.circuit.succeeded()
    if status == OVERLOADED:
        raise _Transient(said)
    if status in REFUSALS:
        raise Refused(said, is_the_servers=response.is_server_error)
    if not response.is_success:
        raise (EngineUnavailable if response.is_server_error else EngineMisconfigured)(said)
    try:
        return response.json()
    except ValueError as error:
        raise EngineMisconfigured(f"{name} answers {path} with something that is not JSON") from error


def _url(address: str) -> httpx.URL:
    url = httpx.URL(address.rstrip("/").removesuffix("/v1"))
    if url.scheme not in ("http", "https") or not url.host:
        raise EngineMisconfigured(f"The embedding server's address must start with http:// or https://: {address!r}")
    return url


def _tokens(answer: Any) -> int:
    usage = answer.get("usage") if isinstance(answer, dict) else None
    tokens = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    return tokens if isinstance(tokens, int) else 0


def _public_name(error: EngineError) -> str:
    return (EngineUnavailable if isinstance(error, _Transient) else type(error)).__name__


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
