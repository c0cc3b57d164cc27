"""/api/docs/: interactive API documentation."""

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
    """Public, like the schema that it shows. Signed-in users can try calls with their session."""
    return render(request, "api/docs.html")
