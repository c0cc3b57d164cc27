"""A person's question: over what they may see, to hits with the documents they are from."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db.models import Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kb.models import Collection, Document, DocumentQuerySet, Token, Version, ZeroResultSearch
from kb.searching.excerpts import Excerpt, excerpts
from kb.telemetry import metrics
from retrieval import search as retrieval
from retrieval.models import Passage

NOTICES: dict[retrieval.Notice, str | Promise] = {
    retrieval.Notice.FOREIGN_LANGUAGE: _(
        "The embedding engine of this collection was not trained for the language of the question, "
        "so only passages with its words were looked for."
    ),
    retrieval.Notice.FOREIGN_MEANING: _(
        "The embedding engine of this collection was not trained for the language of the question, "
        "so these passages may have little to do with it."
    ),
}


@dataclass(frozen=True)
class Filter:
    """Which documents may answer. An empty part allows all; the values of one part are alternatives."""

    media_type: Sequence[str] = ()
    document: Sequence[str] = ()
    created_after: datetime | None = None
    created_before: datetime | None = None
    metadata: dict[str, Any] = field(default_factory=dict)

    def condition(self) -> Q:
        """On Document."""
        wanted = Q()
        if self.media_type:
            wanted &= Q(latest__media_type__in=self.media_type)
        if self.document:
            wanted &= Q(pk__in=self.document)
        if self.created_after:
            wanted &= Q(created_at__gte=self.created_after)
        if self.created_before:
            wanted &= Q(created_at__lt=self.created_before)
        for key, value in self.metadata.items():
            any_of = Q()
            for one in value if isinstance(value, list) else [value]:
                any_of |= Q(metadata__contains={key: one}) | Q(metadata__contains={key: [one]})
            wanted &= any_of
        return wanted


@dataclass(frozen=True)
class FoundPassage:
    """A hit, and the place that it opens. Of the version's text only what names pages is there."""

    hit: retrieval.Hit
    version: Version
    excerpt: Excerpt

    @property
    def document(self) -> Document:
        return self.version.document

    @property
    def passage(self) -> Passage:
        return self.hit.passage

    @property
    def terms(self) -> tuple[str, ...]:
        return self.hit.lexical.terms if self.hit.lexical else ()

    @property
    def url(self) -> str:
        return place_url(self.version, self.passage.start, self.passage.end)


@dataclass(frozen=True)
class SearchResults:
    hits: list[FoundPassage]
    notices: list[str | Promise]
    took_ms: dict[str, float]


def place_url(version: Version, start: int, end: int) -> str:
    """Opens the document with text[start:end] of that version in view and highlighted."""
    query = urlencode({"version": version.number, "start": start, "end": end})
    return f"{reverse('document', args=[version.document_id])}?{query}#passage"


def search(
    user: User,
    token: Token | None,
    request: retrieval.Request,
    collections: Sequence[str] | None = None,
    only: Filter | None = None,
) -> SearchResults:
    """Asks some collections, or all that the user may see.

    Raises Collection.DoesNotExist if one of `collections` does not exist for this user, EngineError if the engine
    fails.
    """
    seen = Collection.objects.visible_to(user, token).select_related("generation")
    if collections is not None:
        seen = seen.filter(pk__in=collections)
        if len(seen) < len(set(collections)):
            raise Collection.DoesNotExist
    being_removed = Document.objects.filter(collection__in=seen).exclude(removed_at=None)
    if only is not None or being_removed.exists():
        allowed = Document.objects.visible_to(user, token).filter((only or Filter()).condition())
        versions = Version.objects.parsed().filter(document__in=allowed)
        request = replace(request, versions=list(versions.values_list("pk", flat=True)))
    results = retrieval.search([collection.generation for collection in seen], request)
    for part, ms in results.took_ms.items():
        metrics.SEARCH_SECONDS.labels(part).observe(ms / 1000)
    if request.mode != retrieval.Mode.DENSE and not any(hit.lexical for hit in results.hits):
        ZeroResultSearch.objects.create(user=user, question=request.text[:2000])
    return SearchResults(
        hits=_with_documents(results.hits, Document.objects.visible_to(user, token)),
        notices=[NOTICES[notice] for notice in results.notices],
        took_ms=results.took_ms,
    )


def _with_documents(hits: Sequence[retrieval.Hit], visible: DocumentQuerySet) -> list[FoundPassage]:
    """The hits whose documents are still there and may be seen."""
    wanted = {hit.passage.version for hit in hits}
    versions = Version.objects.select_related("document__collection", "text").filter(
        pk__in=wanted, document__in=visible
    )
    by_id = versions.defer("text__text", "text__page_starts", "text__sections").in_bulk()
    found = [(hit, by_id[hit.passage.version]) for hit in hits if hit.passage.version in by_id]
    shown = excerpts([(hit.passage, version) for hit, version in found])
    return [FoundPassage(*one, excerpt) for one, excerpt in zip(found, shown, strict=True)]
