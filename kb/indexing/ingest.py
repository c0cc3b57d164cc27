"""A version on its way into the index: claim, read, cut, embed, publish.

The claim is one conditional update that gives an attempt number and a lease. Every later write is fenced by that
number, so a worker that lost its lease (it hung, or was cut off) cannot disturb the one that took over.
"""

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import PurePath
from time import monotonic

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from embedding.engine import EmbeddingEngine, EngineMisconfigured, EngineUnavailable, Vectors
from kb.models import Document, Stage, Status, Version, VersionQuerySet, VersionText
from kb.models.metadata import with_own
from kb.parsing.errors import ParsingError
from kb.parsing.languages import language_of
from kb.parsing.parsed import Parsed
from kb.parsing.process import Parser
from kb.storage import files
from kb.telemetry import metrics
from retrieval import build, embedding_cache
from retrieval.chunking.presets import PRESETS
from retrieval.chunking.tree import Section
from retrieval.engines import engine
from retrieval.models import Generation

logger = logging.getLogger(__name__)

ENGINE_RETRY = timedelta(seconds=20)
INTERNAL_RETRY = timedelta(seconds=5)  # times the square of the tries
PROGRESS_SECONDS = 0.3  # oftener than this, nobody sees it


class LeaseLost(Exception):
    """Another attempt took over, or the document was removed: nothing more is to be done here."""


@dataclass
class Claim:
    """The right to work on a version, as long as nobody else has taken it."""

    version: Version
    attempt: int
    tries: int
    renewed: float = field(default_factory=monotonic)

    def renew(self, **fields: object) -> None:
        """Extends the lease and writes `fields`. Raises LeaseLost."""
        if not self._mine().update(lease_until=_lease_end(), **fields):
            raise LeaseLost(str(self.version))
        self.renewed = monotonic()

    def keep(self) -> None:
        """Extends the lease when a quarter of it has passed; cheap to call often. Raises LeaseLost."""
        if monotonic() - self.renewed > settings.LEASE_SECONDS / 4:
            self.renew()

    def progress(self, done: int, total: int) -> None:
        if done in (0, total) or monotonic() - self.renewed > PROGRESS_SECONDS:
            self.renew(done=done, total=total)

    def end(self, **fields: object) -> None:
        """Gives the version up with a last word. Raises LeaseLost."""
        if not self._mine().update(lease_until=None, stage="", **fields):
            raise LeaseLost(str(self.version))

    def hold(self) -> None:
        """Until the transaction ends nobody takes the version over, however long that is. Raises LeaseLost."""
        if not self._mine().select_for_update().exists():
            raise LeaseLost(str(self.version))

    def _mine(self) -> VersionQuerySet:
        return Version.objects.filter(pk=self.version.pk, attempt=self.attempt, status=Status.PROCESSING)


def claim(version_id: int) -> Claim | None:
    """Takes a version that waits, or whose worker died; None if there is nothing to take."""
    found = (
        Version.objects.select_related("document__collection__generation__vector_space").filter(pk=version_id).first()
    )
    if found is None:
        return None
    with transaction.atomic():
        # Not waiting for a row that is held: whoever holds it is publishing, see Claim.hold.
        free = Version.objects.claimable().select_for_update(skip_locked=True, of=["self"])
        if free.filter(pk=found.pk, attempt=found.attempt).first() is None:
            return None
        Version.objects.filter(pk=found.pk).update(
            status=Status.PROCESSING,
            stage=Stage.READING,
            done=0,
            total=0,
            error_code="",
            error_detail="",
            attempt=F("attempt") + 1,
            tries=F("tries") + 1,
            lease_until=_lease_end(),
            not_before=None,
        )
    return Claim(found, found.attempt + 1, found.tries + 1)


def run(claim: Claim, parser: Parser) -> None:
    """Brings the claimed version to ready, to failed with its reason, or back to the queue if the engine is away.

    Anything else that goes wrong is raised; the caller then gives the version back with `put_back`.
    """
    try:
        if claim.tries > settings.MAX_TRIES:
            claim.end(status=Status.FAILED, error_code="internal", error_detail="every attempt was cut off")
            metrics.INGESTED.labels(Status.FAILED, "internal").inc()
            return
        with _timed(Stage.READING):
            parsed = _read(claim, parser)
        generation = claim.version.document.collection.generation
        engine = metrics.measured(generation.engine, _engine_of(generation))
        preset = _preset(claim, parsed, generation)
        with _timed(Stage.EMBEDDING):
            cut, vectors = _embed(claim, parsed, preset, engine)
        with _timed(Stage.PUBLISHING):
            _publish(claim, parsed, generation, preset, cut, vectors)
        metrics.INGESTED.labels(Status.READY, "").inc()
    except ParsingError as error:
        claim.end(status=Status.FAILED, error_code=error.code, error_detail=str(error))
        metrics.INGESTED.labels(Status.FAILED, error.code).inc()
    except EngineUnavailable as error:
        claim.end(
            status=Status.QUEUED,
            error_code="engine_down",
            error_detail=str(error),
            tries=F("tries") - 1,
            not_before=Now() + ENGINE_RETRY,
        )
        metrics.INGESTED.labels(Status.QUEUED, "engine_down").inc()


def put_back(claim: Claim, error: Exception) -> None:
    """Queues the version again after an unexpected error, later each time; after the last try it has failed."""
    if claim.tries < settings.MAX_TRIES:
        claim.end(status=Status.QUEUED, not_before=Now() + INTERNAL_RETRY * claim.tries**2)
        metrics.INGESTED.labels(Status.QUEUED, "internal").inc()
    else:
        detail = f"{type(error).__name__}: {error}"[:2000]
        claim.end(status=Status.FAILED, error_code="internal", error_detail=detail)
        metrics.INGESTED.labels(Status.FAILED, "internal").inc()


def _timed(stage: Stage) -> AbstractContextManager[object]:
    return metrics.STAGE_SECONDS.labels(stage).time()


def _read(claim: Claim, parser: Parser) -> Parsed:
    version = claim.version
    return parser.parse(files.path_of(version.sha256), version.filename, version.media_type, claim.progress, claim.keep)


def _engine_of(generation: Generation) -> EmbeddingEngine:
    found = engine(generation.engine)
    if found.fingerprint != generation.vector_space.engine_fingerprint:
        raise EngineMisconfigured(
            f"The index was built by {generation.vector_space.engine_fingerprint}, "
            f"but the engine called {generation.engine} is now {found.fingerprint}"
        )
    return found


def _preset(claim: Claim, parsed: Parsed, generation: Generation) -> str:
    titles = [section.title for section in parsed.sections]
    is_code = language_of(claim.version.media_type) is not None
    return build.preset_for(generation, parsed.text, titles, wanted=claim.version.document.preset, is_code=is_code)


def _embed(claim: Claim, parsed: Parsed, preset: str, engine: EmbeddingEngine) -> tuple[build.Cut, Vectors]:
    def count_tokens(texts: Sequence[str]) -> list[int]:
        claim.keep()
        return engine.count_tokens(texts)

    claim.renew(stage=Stage.EMBEDDING, done=0, total=0)
    cut = build.cut(
        parsed.text,
        [Section(**asdict(section)) for section in parsed.sections],
        parsed.page_starts,
        title=_title(claim.version, parsed),
        preset=PRESETS[preset].clipped(engine.max_tokens),
        count_tokens=count_tokens,
    )
    return cut, embedding_cache.embed(engine, cut.inputs, claim.progress)


def _publish(
    claim: Claim, parsed: Parsed, generation: Generation, preset: str, cut: build.Cut, vectors: Vectors
) -> None:
    version = claim.version
    claim.renew(stage=Stage.PUBLISHING)
    postings = build.postings(cut, claim.keep)
    with transaction.atomic():
        # The document first, as whoever removes it does.
        document = Document.objects.select_for_update().filter(pk=version.document_id).first()
        if document is None:
            raise LeaseLost(str(version))
        claim.hold()
        VersionText.objects.update_or_create(
            version=version,
            defaults={
                "text": parsed.text,
                "page_starts": list(parsed.page_starts),
                "page_labels": list(parsed.page_labels),
                "sections": [asdict(section) for section in parsed.sections],
            },
        )
        indexed = Version.objects.published().filter(document=document)
        if not indexed.filter(number__gt=version.number).exists():
            build.retire(list(indexed.values_list("pk", flat=True)))
            build.publish(generation, version.pk, cut, vectors, postings)
        # At first only: later it is its people's, and neither a new file nor another index changes it.
        if parsed.metadata and version.number == 1 and version.ready_at is None:
            Document.objects.filter(pk=document.pk).update(metadata=with_own(document.metadata, parsed.metadata))
        claim.end(
            status=Status.READY,
            ready_at=Now(),
            title=_title(version, parsed)[:500],
            page_count=len(parsed.page_starts) or None,
            unread_pages=parsed.unread_pages,
            passage_count=len(cut.leaves),
            preset=preset,
            error_code="",
            error_detail="",
            tries=0,
        )


def _title(version: Version, parsed: Parsed) -> str:
    return parsed.title or PurePath(version.filename).stem


def _lease_end() -> object:
    return Now() + timedelta(seconds=settings.LEASE_SECONDS)
