"""The first stage: parses a version's file into its text, once. The result is never overwritten."""

from collections.abc import Iterable
from dataclasses import asdict
from functools import cache
from pathlib import PurePath

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from kb.celery import app
from kb.indexing import build, claims, coverage, queue
from kb.indexing.claims import Claim
from kb.models import Document, Stage, Version, VersionText
from kb.models.metadata import with_own
from kb.parsing import recognition
from kb.parsing.errors import ParsingError
from kb.parsing.parsed import Parsed
from kb.parsing.process import Parser
from kb.storage import files
from kb.telemetry import metrics
from retrieval.models import Generation, IndexedVersion

ENQUEUED_AT_ONCE = 100  # kb.operations.upkeep enqueues the rest


@app.task
def parse(version: int) -> None:
    """Parses one version, then indexes it. Does nothing if another worker has claimed or finished it."""
    claim = claims.take(Version.objects.claimable().select_related("document"), version, Stage.READING)
    if claim is not None:
        with claims.worked_on(claim):
            run(claim, parser())
        # At once, so that the first of many documents is ready before the last one is parsed.
        for indexed in IndexedVersion.objects.filter(version=version, generation__state=Generation.State.ACTIVE):
            build.build(indexed.pk)


def enqueue(versions: Iterable[int]) -> None:
    """Enqueues the first of these versions when the transaction commits."""

    def send() -> None:
        for version in list(versions)[:ENQUEUED_AT_ONCE]:
            if not queue.enqueue(parse, version):
                return

    transaction.on_commit(send)


def run(claim: Claim[Version], parser: Parser) -> None:
    """Makes the claimed version ready, or failed with a reason.

    Other errors are raised, for the caller to release the claim.
    """
    version = claim.work
    try:
        with metrics.STAGE_SECONDS.labels(Stage.READING).time():
            path = files.path_of(version.sha256)
            parsed = parser.parse(path, version.filename, version.media_type, claim.progress, claim.keep)
    except ParsingError as error:
        claim.fail(error.code, str(error))
    else:
        _keep(claim, parsed)


@cache
def parser() -> Parser:
    """This process's parser, which keeps a child process alive between documents."""
    return Parser(
        seconds=settings.PARSE_SECONDS,
        memory_bytes=settings.PARSE_MEMORY_BYTES,
        max_characters=settings.MAX_TEXT_CHARACTERS,
        recognition=recognition.find(settings.OCR_LANGUAGES, settings.OCR_DATA),
        page_seconds=settings.OCR_PAGE_SECONDS,
        extra_seconds=settings.OCR_SECONDS,
        on_start=metrics.PARSER_STARTS.inc,
    )


def _keep(claim: Claim[Version], parsed: Parsed) -> None:
    """Stores the text, and adds the version to the generations that are filled."""
    version = claim.work
    with transaction.atomic():
        # Locks the document first, as removal does: no deadlock.
        document = Document.objects.present().select_for_update().filter(pk=version.document_id).first()
        if document is None:
            raise claims.LeaseLost(str(version))
        claim.hold()
        VersionText.objects.create(
            version=version,
            text=parsed.text,
            page_starts=list(parsed.page_starts),
            page_labels=list(parsed.page_labels),
            sections=[asdict(section) for section in parsed.sections],
        )
        # Only for the first version: later the metadata belongs to people, and no file changes it.
        if parsed.metadata and version.number == 1:
            Document.objects.filter(pk=document.pk).update(metadata=with_own(document.metadata, parsed.metadata))
        claim.succeed(
            parsed_at=Now(),
            title=(parsed.title or PurePath(version.filename).stem)[:500],
            page_count=len(parsed.page_starts) or None,
            unread_pages=parsed.unread_pages,
        )
        build.enqueue(coverage.add(document.collection_id, version.pk))
