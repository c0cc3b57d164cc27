"""Documents, their versions, text and passages."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kb.api.serializers.fields import Metadata, Strict
from kb.indexing.failures import FAILURES
from kb.models import Document, Progress, Status, Version, VersionText
from retrieval.chunking.presets import AUTO, PRESETS
from retrieval.models import Passage

UNREAD_PAGES = "Pages that are pictures and were not read: text recognition is not installed, or gave up."


class ProgressSerializer(serializers.Serializer[Any]):
    """`done` of `total` counts pages while reading, then windows of passages."""

    stage = serializers.CharField()
    done = serializers.IntegerField()
    total = serializers.IntegerField()


class FailureSerializer(serializers.Serializer[Any]):
    code = serializers.ChoiceField(choices=sorted(FAILURES))
    message = serializers.CharField(help_text="What happened and what to do.")
    detail = serializers.CharField(allow_blank=True)


class VersionSerializer(serializers.ModelSerializer[Version]):
    """Shows a version of a document."""

    version = serializers.IntegerField(source="number")
    status = serializers.ChoiceField(choices=Status.choices, source="progress.status")
    progress = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    page_count = serializers.IntegerField(allow_null=True)
    unread_pages = serializers.IntegerField(help_text=UNREAD_PAGES)
    passage_count = serializers.IntegerField(
        source="progress.passage_count", help_text="0 if searches use another version."
    )
    ready_at = serializers.DateTimeField(source="progress.ready_at", allow_null=True)

    class Meta:
        model = Version
        fields = (
            *("version", "filename", "media_type", "size", "sha256", "status", "progress", "error"),
            *("page_count", "unread_pages", "passage_count", "created_at", "ready_at"),
        )
        read_only_fields = fields

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, version: Version) -> dict[str, Any]:
        return _progress(version.progress)

    @extend_schema_field(FailureSerializer(allow_null=True))
    def get_error(self, version: Version) -> dict[str, Any] | None:
        return _failure(version.progress)


class DocumentSerializer(Strict, serializers.ModelSerializer[Document]):
    """Shows a document with its latest version; accepts name, metadata and preset."""

    metadata = Metadata(required=False)
    media_type = serializers.CharField(source="latest.media_type", read_only=True)
    size = serializers.IntegerField(source="latest.size", read_only=True)
    sha256 = serializers.CharField(source="latest.sha256", read_only=True)
    status = serializers.ChoiceField(choices=Status.choices, source="progress.status", read_only=True)
    progress = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    version = serializers.IntegerField(source="latest.number", read_only=True)
    preset = serializers.ChoiceField(
        choices=("", AUTO, *PRESETS), required=False, help_text="How it is split; empty: the collection's preset."
    )
    split_by = serializers.CharField(source="progress.preset", read_only=True, help_text="The preset that was used.")
    page_count = serializers.IntegerField(source="latest.page_count", read_only=True, allow_null=True)
    unread_pages = serializers.IntegerField(source="latest.unread_pages", read_only=True, help_text=UNREAD_PAGES)
    passage_count = serializers.IntegerField(source="progress.passage_count", read_only=True)
    ready_at = serializers.DateTimeField(source="progress.ready_at", read_only=True, allow_null=True)

    class Meta:
        model = Document
        fields: tuple[str, ...] = (
            *("id", "collection", "name", "media_type", "size", "sha256", "status", "progress", "error", "version"),
            *(
                "metadata",
                "preset",
                "split_by",
                "page_count",
                "unread_pages",
                "passage_count",
                "created_at",
                "ready_at",
            ),
        )
        read_only_fields = ("id", "collection", "created_at")

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, document: Document) -> dict[str, Any]:
        return _progress(document.progress)

    @extend_schema_field(FailureSerializer(allow_null=True))
    def get_error(self, document: Document) -> dict[str, Any] | None:
        return _failure(document.progress)


class AcceptedDocument(DocumentSerializer):
    """A document after a file was received for it."""

    duplicate = serializers.BooleanField(read_only=True, help_text="This file exists already.")

    class Meta(DocumentSerializer.Meta):
        fields = (*DocumentSerializer.Meta.fields, "duplicate")


class NewFiles(Strict):
    """A multipart body: one or more files, and metadata for each of them as JSON text."""

    file = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True),  # it becomes a failed document that says why
        min_length=1,
        error_messages=dict.fromkeys(
            ("required", "min_length"), _('Send one file or several as multipart parts named "file".')
        ),
    )
    metadata = Metadata(default=dict)


class NewFile(Strict):
    """A multipart body: one file."""

    file = serializers.FileField(
        allow_empty_file=True, error_messages={"required": _('Send one file as a multipart part named "file".')}
    )


class DocumentsQuery(serializers.Serializer[Any]):
    """Filters of a list of documents."""

    status = serializers.ChoiceField(choices=Status.choices, required=False)
    name = serializers.CharField(max_length=255, required=False, help_text="A part of the name; case is ignored.")


class PassageSerializer(serializers.ModelSerializer[Passage]):
    id = serializers.SerializerMethodField()
    heading_path = serializers.ListField(child=serializers.CharField())
    pages = serializers.ListField(
        child=serializers.IntegerField(), allow_null=True, help_text="First and last page, from 1."
    )
    page_labels = serializers.SerializerMethodField(
        help_text="The document's own labels of these two pages, such as iv and A-3."
    )

    class Meta:
        model = Passage
        fields = ("id", "text", "heading_path", "start", "end", "pages", "page_labels")
        read_only_fields = ("text", "start", "end")

    def get_id(self, passage: Passage) -> str:
        """Its place in the version: the same in every generation with the same preset."""
        return f"{passage.start}-{passage.end}"

    def get_page_labels(self, passage: Passage) -> list[str] | None:
        # The context holds the texts of the versions, so that a list needs one query instead of one per passage.
        text: VersionText = self.context["texts"][passage.version]
        return None if passage.pages is None else [text.page_label(page) for page in passage.pages]


class SectionSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    parent = serializers.CharField(allow_null=True)  # type: ignore[assignment]  # a field may be called like the attribute
    level = serializers.IntegerField()
    title = serializers.CharField()
    start = serializers.IntegerField()
    end = serializers.IntegerField()


class TextSerializer(serializers.Serializer[VersionText]):
    """The text of a version. All offsets count its Unicode code points."""

    version = serializers.IntegerField(source="version.number")
    text = serializers.CharField()
    page_starts = serializers.ListField(child=serializers.IntegerField())
    page_labels = serializers.SerializerMethodField(help_text="The document's own label of each page.")
    sections = SectionSerializer(many=True, source="outline")

    def get_page_labels(self, text: VersionText) -> list[str]:
        return [text.page_label(page) for page in range(1, len(text.page_starts) + 1)]


def _progress(progress: Progress) -> dict[str, Any]:
    return {"stage": progress.stage or progress.status, "done": progress.done, "total": progress.total}


def _failure(progress: Progress) -> dict[str, Any] | None:
    if not progress.error_code:
        return None
    failure = FAILURES[progress.error_code]
    message = f"{failure.title}. {failure.advice}"
    return {"code": progress.error_code, "message": message, "detail": progress.error_detail}
