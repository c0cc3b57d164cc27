"""How often one person may ask for a page that costs as much as a call of the API."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse

from kb.people.rates import seconds_to_wait
from kb.views.access import user_of
from kb.views.errors import too_many_requests

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def limited(*names: str, when: Callable[[HttpRequest], bool]) -> Callable[[View[P]], View[P]]:
    """Counts requests for which `when` is true under `names`, keys of settings.RATES; answers 429 over a limit."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def within_limits(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            wait = seconds_to_wait(user_of(request), *names) if when(request) else None
            return view(request, *args, **kwargs) if wait is None else too_many_requests(request, wait)

        return within_limits

    return decorate
