"""Error pages; under /api/, errors in the API's format."""

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
    400: ("bad_request", _("Invalid request"), _("Go back, reload the page and try again.")),
    403: ("forbidden", _("Not allowed"), _("Reload the page and try again, or ask the collection's owner.")),
    413: ("too_many_files", _("Too many files at once"), _("Send them in several uploads.")),
    404: ("not_found", _("Not found"), _("It was removed, or it is not shared with you.")),
    500: (
        "internal",
        _("Something went wrong on the server"),
        _("Try again. An administrator can find the reason in the log."),
    ),
}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _response(request, 413 if isinstance(exception, TooManyFilesSent) else 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _response(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _response(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return _response(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _response(request, 403)


def too_many_requests(request: HttpRequest, seconds: int) -> HttpResponse:
    """A page, or for htmx a fragment with the same sentences."""
    advice = ngettext("Wait %(n)s second, then try again.", "Wait %(n)s seconds, then try again.", seconds)
    context = {
        "status": 429,
        "title": _("Too many requests"),
        "advice": advice % {"n": seconds},
    }
    template = "_problem.html" if htmx.asks(request) else "error.html"
    response = render(request, template, context, status=429)
    response["Retry-After"] = str(seconds)
    return response


def _response(request: HttpRequest, status: int) -> HttpResponse:
    code, title, advice = _TEXTS[status]
    if status == 500 and logs.request_id() != logs.NO_REQUEST:
        sentence = _("Try again. If it happens again, give an administrator this number from the log: %s.")
        advice = sentence % logs.request_id()
    if request.path.startswith("/api/"):
        return JsonResponse({"error": {"code": code, "message": f"{title}. {advice}"}}, status=status)
    context: dict[str, Any] = {"status": status, "title": title, "advice": advice}
    # After a server error the page makes no query, not even for the user: the database may be down.
    for_context = None if status == 500 else request
    return HttpResponse(render_to_string("error.html", context, for_context), status=status)
