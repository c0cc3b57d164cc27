"""Logs and measures each request. Its id is taken from X-Request-ID or generated, and returned in X-Request-ID."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin
from django.utils.functional import SimpleLazyObject

from kb.telemetry import logs, metrics

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

logger = logging.getLogger(__name__)

QUIET = frozenset({"/healthz", "/readyz", "/metrics"})  # polled by machines
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
STATIC, UNKNOWN = "static", "unknown"  # used instead of a route
CLIENT_CLOSED = 499  # nginx' code for a client that disconnected before the response
_FACTS = "footnote"  # key in the scope for what RouteAndUser tells about the request


class AccessLog:
    """ASGI middleware around everything else.

    It logs a request's route, never its path or query, which contain names and questions.
    """

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        id = logs.valid_or_new(dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1"))
        status = CLIENT_CLOSED
        facts: dict[str, Any] = {}

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", []), (b"x-request-id", id.encode())]}
            await send(message)

        started = perf_counter()
        with logs.request(id):
            try:
                await self.application({**scope, _FACTS: facts}, receive, watched)
            except Exception:
                status = 500
                raise
            finally:
                _record(scope, facts, status, perf_counter() - started)


class RouteAndUser(MiddlewareMixin):
    """Django middleware that tells AccessLog the route and the user of a request."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        scope: Scope = getattr(request, "scope", {})  # missing in tests that use WSGI
        if _FACTS in scope:
            match = request.resolver_match
            scope[_FACTS] |= {"route": f"/{match.route}" if match else None, "user": _user_id(request)}
        return response


def _user_id(request: HttpRequest) -> int | None:
    """The user, if the view has loaded them: the session is not read just for the log."""
    user = vars(request).get("user")
    if type(user) is SimpleLazyObject:
        user = vars(request).get("_cached_user")  # where AuthenticationMiddleware caches it
    return None if user is None else user.pk


def _record(scope: Scope, facts: dict[str, Any], status: int, seconds: float) -> None:
    method = scope["method"] if scope["method"] in METHODS else "OTHER"
    route = facts.get("route") or (STATIC if scope["path"].startswith(settings.STATIC_URL) else UNKNOWN)
    metrics.REQUESTS.labels(route, method, status).inc()
    metrics.REQUEST_SECONDS.labels(route, method).observe(seconds)
    fields = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1)}
    fields["user"] = facts.get("user")
    level = logging.DEBUG if route in QUIET else logging.INFO
    logger.log(level, "%(method)s %(route)s %(status)s %(ms)s ms, user %(user)s", fields, extra=fields)
