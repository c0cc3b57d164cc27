"""Whether htmx asks for a part of the page. Going back, it asks for the whole of one that it has forgotten."""

from django.http import HttpRequest


def asks(request: HttpRequest) -> bool:
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers
