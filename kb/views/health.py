"""Liveness and readiness, for load balancers, compose files and `make run`."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from kb.operations.health import readiness


@never_cache
@login_not_required
def alive(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "alive"})


@never_cache
@login_not_required
def ready(request: HttpRequest) -> HttpResponse:
    """503 if the database is down or not migrated; with ?all=1 also if any other part is down."""
    found = readiness()
    unavailable = found.status == "unavailable" or ("all" in request.GET and not found.all_ok)
    return JsonResponse({"status": found.status, "parts": found.parts}, status=503 if unavailable else 200)
