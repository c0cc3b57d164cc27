"""What the caller of a request may see or change: 404 for what they may not see, 403 for what they may only see."""

from collections.abc import Callable
from typing import cast

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from kb.api.authentication import token_of
from kb.api.errors import NotReady
from kb.models import Collection, Document, DocumentQuerySet, Token, VersionText

Allowed = Callable[[User | AnonymousUser, Token | None], QuerySet[Collection]]


def user_of(request: Request) -> User:
    """The caller: SignedInAndMayWrite has refused everybody else."""
    return cast(User, request.user)


def visible_collections(request: Request) -> QuerySet[Collection]:
    return Collection.objects.visible_to(request.user, token_of(request)).summarised_for(request.user)


def visible_documents(request: Request) -> DocumentQuerySet:
    return Document.objects.visible_to(request.user, token_of(request)).with_progress()


def collection_or_404(request: Request, id: str, allowed: Allowed | None = None) -> Collection:
    """The collection; with `allowed`, PermissionDenied if the caller sees it but it is not in that queryset."""
    collection = get_object_or_404(visible_collections(request), pk=id)
    if allowed is not None:
        require(request, id, allowed)
    return collection


def document_or_404(request: Request, id: str, *, to_change: bool = False) -> Document:
    document = get_object_or_404(visible_documents(request), pk=id)
    if to_change:
        require(request, document.collection_id, Collection.objects.editable_by)
    return document


def text_or_404(request: Request, document: Document) -> VersionText:
    """The text of the version in `?version=`, else of the newest parsed one. Raises NotReady if there is no text."""
    versions = document.versions.order_by("-number")
    number = request.query_params.get("version")
    if number is not None:
        version = get_object_or_404(versions.numbered(number))
    else:
        version = versions.parsed().first() or document.newest
    text = VersionText.objects.filter(version=version).select_related("version").first()
    if text is None:
        raise NotReady
    return text


def require(request: Request, id: str, allowed: Allowed) -> None:
    """Raises PermissionDenied unless the collection is in `allowed` for the caller."""
    if not allowed(request.user, token_of(request)).filter(pk=id).exists():
        raise PermissionDenied(_("Your role in this collection does not allow this. Ask one of its owners."))
