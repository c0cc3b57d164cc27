"""Whether htmx asks, so that a part of the page is enough."""

from django.http import HttpRequest


def asks(request: HttpRequest) -> bool:
    return "HX-Request" in request.headers
