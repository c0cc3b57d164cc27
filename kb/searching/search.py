"""A person's question: over what they may see, to hits with the documents they are from."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kb.models import Collection, Document, Token, Version, ZeroResultSearch
from kb.searching.excerpts import Excerpt, excerpts
from kb.telemetry import metrics
from retrieval import search as retrieval
from retrieval.models import IndexedVersion, Passage
from retrieval.options import Mode, SearchOptions

NOTICES: dict[retrieval.Notice, str | Promise] = {
    retrieval.Notice.FOREIGN_LANGUAGE: _(
        "The embedding engine of this collection was not trained for the language of the question, "
        "so only passages with its words were searched."
    ),
    retrieval.Notice.FOREIGN_MEANING: _(
        "The embedding engine of this collection was not trained for the language of the question, "
        "so these passages may have little to do with it."
    ),
    retrieval.Notice.ENGINE_AWAY: _(
        "The embedding engine does not answer, so these passages were found by their words alone."
    ),
    retrieval.Notice.ENGINE_DOES_NOT_FIT: _(
        "The embedding engine is not the one that this index was built with, or is not set up right, so these passages "
        "were found by their words alone. An administrator can build a new index."
    ),
}


@dataclass(frozen=True)
class Filter:
    """Which documents are searched. An empty part allows all; the values of one part are alternatives."""

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
    preset: str  # by which the passage was split
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
    text: str,
    options: SearchOptions,
    collections: Sequence[str] | None = None,
    only: Filter | None = None,
) -> SearchResults:
    """Asks some collections, or all that the user may see; `only` takes the place of the options' own filter.

    Raises Collection.DoesNotExist if one of `collections` does not exist for this user, EngineError in dense mode if no
    engine answers.
    """
    seen = Collection.objects.visible_to(user, token).select_related("generation__vector_space")
    if collections is not None:
        seen = seen.filter(pk__in=collections)
        if len(seen) < len(set(collections)):
            raise Collection.DoesNotExist
    asked = [collection.pk for collection in seen]
    if only is not None:
        options = replace(options, filter=_versions(asked, only))
    results = retrieval.search([collection.generation for collection in seen], text, options)
    for part, ms in results.took_ms.items():
        metrics.SEARCH_SECONDS.labels(part).observe(ms / 1000)
    found_by_words = any(hit.lexical for hit in results.hits)
    if options.mode != Mode.DENSE and options.offset == 0 and not found_by_words:
        ZeroResultSearch.objects.create(user=user, question=text[:2000])
    return SearchResults(
        hits=_with_documents(results.hits, asked),
        notices=[NOTICES[notice] for notice in results.notices],
        took_ms=results.took_ms,
    )


def _versions(collections: Sequence[str], only: Filter) -> QuerySet[Version, Any]:
    """A query for the ids of the versions that `only` leaves; the index joins it."""
    documents = Document.objects.present().filter(only.condition(), collection__in=collections)
    return Version.objects.filter(document__in=documents.values("pk")).values("pk")


def _with_documents(hits: Sequence[retrieval.Hit], collections: Sequence[str]) -> list[FoundPassage]:
    """The hits whose documents are still there."""
    wanted = {hit.passage.version for hit in hits}
    versions = Version.objects.select_related("document__collection", "text").filter(
        pk__in=wanted, document__collection__in=collections, document__removed_at=None
    )
    by_id = versions.defer("text__text", "text__page_starts", "text__sections").in_bulk()
    found = [(hit, by_id[hit.passage.version]) for hit in hits if hit.passage.version in by_id]
    presets = _presets([hit for hit, _version in found])
    shown = excerpts([hit.passage for hit, _version in found], presets)
    return [
        FoundPassage(hit, version, preset, excerpt)
        for (hit, version), preset, excerpt in zip(found, presets, shown, strict=True)
    ]


def _presets(hits: Sequence[retrieval.Hit]) -> list[str]:
    """By which preset each hit's version was split; "" if that was before there were any."""
    places = [(hit.passage.generation_id, hit.passage.version) for hit in hits]
    rows = IndexedVersion.objects.filter(
        generation__in={generation for generation, _version in places}, version__in={version for _, version in places}
    )
    by_place = {(generation, version): preset for generation, version, preset in rows.values_list(
        "generation", "version", "preset"
    )}  # fmt: skip
    return [by_place.get(place, "") for place in places]
