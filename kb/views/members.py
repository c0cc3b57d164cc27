"""The members of a collection and their roles."""

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kb.library import collections
from kb.library.collections import LastOwner
from kb.models import Collection, Role
from kb.views.access import collection_or_404, user_of
from kb.views.forms import InviteForm


@require_http_methods(["GET", "HEAD", "POST"])
def members(request: HttpRequest, id: str) -> HttpResponse:
    """Lists the members. Owners invite others by user name."""
    collection = _collection(request, id)
    user = user_of(request)
    if request.method == "POST":
        collection_or_404(request, id, to_own=True)
    form = InviteForm(request.POST or None)
    if form.is_valid():
        invited = form.cleaned_data["username"]
        if collection.members.filter(user=invited).exists():
            form.add_error("username", _("This person is a member already. Change the role in the list."))
        else:
            collections.set_member(collection, user, invited, Role(form.cleaned_data["role"]))
            return redirect("members", id)
    context = {
        "collection": collection,
        "members": collection.members.select_related("user").order_by("user__username"),
        "may_own": collection.role_of_reader == Role.OWNER,
        "roles": Role.choices,
        "form": form,
    }
    return render(request, "collection/members.html", context)


@require_POST
def change(request: HttpRequest, id: str, member: int) -> HttpResponse:
    """Sets a member's role. An empty `role` removes the member, which everybody may do to themselves."""
    collection = _collection(request, id)
    user = user_of(request)
    found = get_object_or_404(collection.members.select_related("user"), pk=member)
    role = request.POST.get("role", "")
    leaves = found.user == user and not role
    if not leaves:
        collection_or_404(request, id, to_own=True)
    try:
        if role in Role.values:
            collections.set_member(collection, user, found.user, Role(role))
        elif not role:
            collections.remove_member(collection, user, found.user)
        else:
            raise BadRequest(f"{role!r} is not a role")
    except LastOwner:
        messages.error(request, _("A collection needs an owner. Make somebody else an owner first."))
    if Collection.objects.visible_to(user).filter(pk=id).exists():
        return redirect("members", id)
    return redirect("library")


def _collection(request: HttpRequest, id: str) -> Collection:
    """Raises PermissionDenied for non-members: if everyone may read, they still must not see the members."""
    collection = collection_or_404(request, id)
    if not Collection.objects.with_member(user_of(request)).filter(pk=id).exists():
        raise PermissionDenied
    return collection
