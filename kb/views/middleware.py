"""Our own middleware for all requests."""

import codecs
from collections.abc import Callable
from urllib.parse import unquote

from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from retrieval import database

Handler = Callable[[HttpRequest], HttpResponseBase]


def connection_released(get_response: Handler) -> Handler:
    """Returns the database connection to the pool before the response is sent: slow clients must not keep one."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        database.release()
        return response

    return handle


def no_nul_characters(get_response: Handler) -> Handler:
    """Refuses addresses and cookies with NUL characters, which Postgres cannot store."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        if "\0" in request.path or "\0" in unquote(request.META.get("QUERY_STRING", "")):
            raise BadRequest("The address contains a NUL character.")
        if any("\0" in value for value in request.COOKIES.values()):
            raise BadRequest("A cookie contains a NUL character.")
        return get_response(request)

    return handle


def only_utf_8(get_response: Handler) -> Handler:
    """Refuses other charsets, which nobody uses: some of Python's codecs are not text, and Django fails on them."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        if request.encoding and codecs.lookup(request.encoding).name not in ("utf-8", "ascii"):
            raise BadRequest("The request's text is not UTF-8.")
        return get_response(request)

    return handle
