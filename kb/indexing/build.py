"""The second stage: splits, embeds and publishes a version's text in one generation of the index."""

import logging
from collections.abc import Sequence

from django.db import transaction
from django.db.models.functions import Now

from embedding.engine import EmbeddingEngine, EngineError, EngineRejected, Vectors
from embedding.observation import observed
from kb.celery import app
from kb.indexing import claims, queue
from kb.indexing.activation import activate_if_complete
from kb.indexing.claims import Claim
from kb.models import Document, Stage, Status, Version
from kb.parsing.languages import language_of
from kb.telemetry import metrics
from retrieval import build as index
from retrieval import embedding_cache, transforms
from retrieval.chunking.presets import PRESETS
from retrieval.chunking.split import Split, preset_name, split
from retrieval.chunking.tree import Section
from retrieval.engines import engine_for
from retrieval.models import Generation, IndexedVersion, IndexedVersionQuerySet
from retrieval.terms import CUT

logger = logging.getLogger(__name__)

ENQUEUED_AT_ONCE = 100  # kb.operations.upkeep enqueues the rest
QUOTED = 80  # characters of a passage that the engine refuses


@app.task
def build(indexed: int) -> None:
    """Indexes one version in one generation. Does nothing if another worker has claimed or finished it."""
    rows = IndexedVersion.objects.claimable().select_related("generation__vector_space")
    claim = claims.take(rows, indexed, Stage.EMBEDDING)
    if claim is not None:
        with claims.worked_on(claim):
            run(claim)
            activate_if_complete(claim.work.generation_id)


def enqueue(rows: Sequence[int]) -> None:
    """Enqueues the first of these IndexedVersions when the transaction commits."""

    def send() -> None:
        for row, state in IndexedVersion.objects.filter(pk__in=rows[:ENQUEUED_AT_ONCE]).values_list(
            "pk", "generation__state"
        ):
            if not queue.enqueue(build, row, queue=queue_of(state)):
                return

    transaction.on_commit(send)


def queue_of(state: str) -> str:
    return queue.BUILDS if state == Generation.State.BUILDING else queue.QUEUE


def run(claim: Claim[IndexedVersion]) -> None:
    """Makes the claimed row ready, or returns it to the queue if the engine is down or does not fit the index.

    It fails if the engine works but rejects one of its passages. Other errors are raised, for the caller to release the
    claim.
    """
    generation = claim.work.generation
    version = Version.objects.select_related("document", "text").filter(pk=claim.work.version).first()
    if version is None:
        raise claims.LeaseLost(str(claim.work))
    try:
        with metrics.STAGE_SECONDS.labels(Stage.EMBEDDING).time():
            engine = observed(generation.engine, engine_for(generation))
            transforms.fit(generation.vector_space)
            preset, parts = _split(claim, version, engine)
            vectors = embedding_cache.embed(engine, [window.text for window in parts.windows], claim.progress)
    except EngineRejected as error:
        claim.fail("engine_rejected", _rejected(parts, error))
        return
    except EngineError as error:
        logger.warning("%r waits for the engine %s: %s", claim.work, generation.engine, error)
        claim.wait_for_engine(str(error))
        return
    with metrics.STAGE_SECONDS.labels(Stage.PUBLISHING).time():
        _publish(claim, version, preset, parts, vectors)
    metrics.INGESTED.labels(Status.READY, "").inc()


def _split(claim: Claim[IndexedVersion], version: Version, engine: EmbeddingEngine) -> tuple[str, Split]:
    """The preset's name, and the text split by it."""

    def count_tokens(texts: Sequence[str]) -> list[int]:
        claim.keep()
        return engine.count_tokens(texts)

    text = version.text
    sections = [Section(**section) for section in text.sections]
    wanted = version.document.preset or claim.work.generation.preset
    is_code = language_of(version.media_type) is not None
    name = preset_name(wanted, text.text, [section.title for section in sections], is_code=is_code)
    parts = split(
        text.text,
        sections,
        text.page_starts,
        title=version.title,
        preset=PRESETS[name],
        max_tokens=engine.max_tokens,
        count_tokens=count_tokens,
    )
    return name, parts


def _rejected(parts: Split, error: EngineRejected) -> str:
    """Names the passage."""
    place = parts.windows[error.index].passage
    passage = parts.passages[place]
    text = " ".join(parts.text[passage.start : passage.end].split())
    quote = text if len(text) <= QUOTED else f"{text[:QUOTED]}…"
    return f"Passage {place + 1} of {len(parts.passages)}, which begins “{quote}”. {error}"


def _publish(claim: Claim[IndexedVersion], version: Version, preset: str, parts: Split, vectors: Vectors) -> None:
    generation = claim.work.generation
    claim.renew(stage=Stage.PUBLISHING)
    postings = index.postings(parts.text, parts.indexed, claim.keep)
    with transaction.atomic():
        # Locks the document first, as removal does: no deadlock.
        if not Document.objects.present().select_for_update().filter(pk=version.document_id).exists():
            raise claims.LeaseLost(str(version))
        claim.hold()
        others = _of_document(version, generation).exclude(pk=claim.work.pk)
        newer = Version.objects.filter(document=version.document_id, number__gt=version.number).values("pk")
        if others.filter(version__in=newer, status=Status.READY).exists():
            IndexedVersion.objects.filter(pk=claim.work.pk).delete()  # superseded
            return
        older = others.exclude(version__in=newer)
        index.remove(generation, [version.pk, *older.values_list("version", flat=True)])
        index.publish(generation, version.pk, parts, vectors, postings)
        older.delete()
        claim.succeed(preset=preset, cut=CUT, passage_count=len(parts.passages), ready_at=Now())


def _of_document(version: Version, generation: Generation) -> IndexedVersionQuerySet:
    siblings = Version.objects.filter(document=version.document_id).values("pk")
    return IndexedVersion.objects.filter(generation=generation, version__in=siblings)
