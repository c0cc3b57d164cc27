"""/api/docs/: the API to read and try."""

from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
@login_not_required
@csp_update({"img-src": [SELF, "data:"]})  # Swagger UI's arrows are data: images in its style sheet
def api_docs(request: HttpRequest) -> HttpResponse:
    """Open to all, like the schema that it shows; whoever is signed in tries calls with their session."""
    return render(request, "api/docs.html")
