"""Whether htmx asks for a part of the page.

Going back, it asks for the whole of one that it has forgotten; of a boosted link's page it takes what it needs.
"""

from django.http import HttpRequest


def asks(request: HttpRequest) -> bool:
    whole = {"HX-History-Restore-Request", "HX-Boosted"}
    return "HX-Request" in request.headers and not any(name in request.headers for name in whole)
