"""Searches what a person may see, and returns hits with their documents."""

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

from kb.models import Collection, Document, DocumentQuerySet, Token, Version, VersionQuerySet, ZeroResultSearch
from kb.searching import question_cache
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
    retrieval.Notice.FOREIGN_TO_SOME: _(
        "The embedding engine of some of these collections was not trained for the language of the question. "
        "There only passages with its words were searched."
    ),
    retrieval.Notice.FOREIGN_MEANING: _(
        "The embedding engine of this collection was not trained for the language of the question, "
        "so these passages may have little to do with it."
    ),
    retrieval.Notice.ENGINE_AWAY: _(
        "An embedding engine does not answer now, so its collections were not searched by meaning."
    ),
    retrieval.Notice.ENGINE_DOES_NOT_FIT: _(
        "An embedding engine is not set up, or is not the one that built the index, so its collections were not "
        "searched by meaning. Administrators find the reason in the log."
    ),
    retrieval.Notice.LEFT_OUT: _("Passages with the words after a minus sign were left out."),
    retrieval.Notice.NO_SUCH_PHRASE: _(
        "No passage holds the quoted words one after the other, so they were searched separately."
    ),
}


@dataclass(frozen=True)
class Filter:
    """Which documents are searched. Values of one field are alternatives; an empty field allows all."""

    media_type: Sequence[str] = ()
    document: Sequence[str] = ()
    created_after: datetime | None = None
    created_before: datetime | None = None
    metadata: dict[str, Any] = field(default_factory=dict)

    def versions(self, collections: Sequence[str]) -> VersionQuerySet:
        """A query for their versions in `collections`."""
        wanted = Q(document__collection__in=collections)
        if self.media_type:
            wanted &= Q(media_type__in=self.media_type)
        if self.document:
            wanted &= Q(document__in=self.document)
        if self.created_after:
            wanted &= Q(document__created_at__gte=self.created_after)
        if self.created_before:
            wanted &= Q(document__created_at__lt=self.created_before)
        for key, value in self.metadata.items():
            any_of = Q()
            for one in value if isinstance(value, list) else [value]:
                any_of |= Q(document__metadata__contains={key: one}) | Q(document__metadata__contains={key: [one]})
            wanted &= any_of
        return Version.objects.filter(wanted)


@dataclass(frozen=True)
class FoundPassage:
    """A hit with its document and excerpt. Of the version's text, only the page labels are loaded."""

    hit: retrieval.Hit
    version: Version
    preset: str  # that split it; empty for passages older than presets
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
    """The address that opens a document with text[start:end] of that version highlighted."""
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
    """Searches some collections, or all that the user may see.

    Raises Collection.DoesNotExist if the user cannot see one of `collections`, EngineError if dense mode has no engine.
    """
    seen = Collection.objects.visible_to(user, token).select_related("generation__vector_space")
    if collections is not None:
        seen = seen.filter(pk__in=collections)
        if len(seen) < len(set(collections)):
            raise Collection.DoesNotExist
    if only is not None:
        options = replace(options, filter=only.versions([collection.pk for collection in seen]))
    results = retrieval.search(
        [collection.generation for collection in seen], text, options, question_cache.cache(user)
    )
    for vector in results.vectors:
        metrics.QUESTION_VECTORS.labels(vector.engine, vector.instruction.name).inc()
    for part, ms in results.took_ms.items():
        metrics.SEARCH_SECONDS.labels(part).observe(ms / 1000)
    has_words = any(hit.lexical for hit in results.hits)
    if options.mode != Mode.DENSE and options.offset == 0 and not has_words:
        ZeroResultSearch.objects.create(user=user, question=text[:2000])
    return SearchResults(
        hits=_with_documents(results.hits, Document.objects.visible_to(user, token)),
        notices=[NOTICES[notice] for notice in results.notices],
        took_ms=results.took_ms,
    )


def _with_documents(hits: Sequence[retrieval.Hit], visible: DocumentQuerySet) -> list[FoundPassage]:
    """The hits whose documents still exist and are visible."""
    wanted = {hit.passage.version for hit in hits}
    versions = Version.objects.select_related("document__collection", "text").filter(
        pk__in=wanted, document__in=visible
    )
    by_id = versions.defer("text__text", "text__page_starts", "text__sections").in_bulk()
    found = [hit for hit in hits if hit.passage.version in by_id]
    presets = _presets(found)
    shown = excerpts([(hit.passage, preset) for hit, preset in zip(found, presets, strict=True)])
    return [
        FoundPassage(hit, by_id[hit.passage.version], preset, excerpt)
        for hit, preset, excerpt in zip(found, presets, shown, strict=True)
    ]


def _presets(hits: Sequence[retrieval.Hit]) -> list[str]:
    """The presets that split them."""
    places = [(hit.passage.generation_id, hit.passage.version) for hit in hits]
    indexed = IndexedVersion.objects.filter(
        generation__in={generation for generation, _version in places},
        version__in={version for _generation, version in places},
    )
    presets = {
        (generation, version): preset
        for generation, version, preset in indexed.values_list("generation_id", "version", "preset")
    }
    return [presets.get(place, "") for place in places]  # missing if it was just removed
