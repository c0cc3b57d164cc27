"""Creating and revoking one's own tokens."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from kb.people import tokens
from kb.views.access import user_of
from kb.views.forms import TokenForm


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The secret is shown only on the response page."""
    user = user_of(request)
    form = TokenForm(user, request.POST or None)
    if form.is_valid():
        token, secret = tokens.create(user, user, **form.options())
        return render(request, "account/token_created.html", {"token": token, "secret": secret})
    return render(request, "account/token_new.html", {"form": form})


@require_POST
def revoke(request: HttpRequest, id: int) -> HttpResponse:
    user = user_of(request)
    token = get_object_or_404(user.tokens, pk=id)
    tokens.revoke(token, user)
    messages.success(request, _("Token “%s” revoked.") % token.name)
    return redirect("account")
