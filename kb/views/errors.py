"""Error pages; under /api/ the same in the API's shape."""

from typing import Any

from django.core.exceptions import TooManyFilesSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from kb.telemetry import logs
from kb.views import htmx

_TEXTS: dict[int, tuple[str, str | Promise, str | Promise]] = {
    400: ("bad_request", _("That request makes no sense"), _("Go back, reload the page and try again.")),
    403: ("forbidden", _("You may not do this"), _("Reload the page and try again, or ask the collection's owner.")),
    413: ("too_many_files", _("Too many files at once"), _("Send them in several uploads.")),
    404: ("not_found", _("There is nothing here"), _("It was removed, or it is not shared with you.")),
    500: (
        "internal",
        _("Something went wrong on our side"),
        _("Try again. An administrator finds why in the log."),
    ),
}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 413 if isinstance(exception, TooManyFilesSent) else 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _answer(request, 403)


def too_many_requests(request: HttpRequest, seconds: int) -> HttpResponse:
    """A page, or for htmx the same sentences in place of what it asked for."""
    advice = ngettext("Wait %(n)s second, then try again.", "Wait %(n)s seconds, then try again.", seconds)
    context = {
        "status": 429,
        "title": _("You asked for this very often within a minute"),
        "advice": advice % {"n": seconds},
    }
    template = "_problem.html" if htmx.asks(request) else "error.html"
    answer = render(request, template, context, status=429)
    answer["Retry-After"] = str(seconds)
    return answer


def _answer(request: HttpRequest, status: int) -> HttpResponse:
    code, title, advice = _TEXTS[status]
    if status == 500 and logs.request_id() != logs.NO_REQUEST:
        sentence = _("Try again. If it happens again, tell an administrator this number, which is in the log: %s.")
        advice = sentence % logs.request_id()
    if request.path.startswith("/api/"):
        return JsonResponse({"error": {"code": code, "message": f"{title}. {advice}"}}, status=status)
    context: dict[str, Any] = {"status": status, "title": title, "advice": advice}
    # On our own error nothing is asked of the database, which may be what is away: not even who is signed in.
    asked = None if status == 500 else request
    return HttpResponse(render_to_string("error.html", context, asked), status=status)
