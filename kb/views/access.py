"""What the user of a request may see or change: 404 for what they may not see, 403 for what they may only see."""

from typing import cast

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from kb.models import Collection, Document, Version


def user_of(request: HttpRequest) -> User:
    """The signed-in user: LoginRequiredMiddleware has refused everybody else."""
    return cast(User, request.user)


def visible_collections(request: HttpRequest) -> QuerySet[Collection]:
    user = user_of(request)
    return Collection.objects.visible_to(user).summarised_for(user)


def collection_or_404(request: HttpRequest, id: str, *, to_change: bool = False, to_own: bool = False) -> Collection:
    """Raises Http404 if the user may not see it, PermissionDenied if they may only see it."""
    collection = get_object_or_404(visible_collections(request), pk=id)
    user = user_of(request)
    if to_change and not Collection.objects.editable_by(user).filter(pk=id).exists():
        raise PermissionDenied
    if to_own and not Collection.objects.owned_by(user).filter(pk=id).exists():
        raise PermissionDenied
    return collection


def document_or_404(request: HttpRequest, id: str, *, to_change: bool = False) -> Document:
    """Raises Http404 if the user may not see it, PermissionDenied if they may only see it."""
    user = user_of(request)
    seen = Document.objects.visible_to(user).with_progress().select_related("collection")
    document = get_object_or_404(seen, pk=id)
    if to_change and not Document.objects.editable_by(user).filter(pk=id).exists():
        raise PermissionDenied
    return document


def version_or_404(request: HttpRequest, document: Document) -> Version:
    """The version in `?version=`, else the newest parsed one, else the newest."""
    versions = document.versions.with_progress().order_by("-number")
    if "version" in request.GET:
        return get_object_or_404(versions.numbered(request.GET["version"]))
    return versions.parsed().first() or document.newest
