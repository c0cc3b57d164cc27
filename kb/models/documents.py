"""Documents and their versions."""

from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, OuterRef, Q, Subquery, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, JSONObject

from kb.models.collections import Collection
from kb.models.ids import new_id
from kb.models.progress import INDEXED_FIELDS, Progress
from retrieval.models import IndexedVersion, Status, Work, WorkQuerySet

if TYPE_CHECKING:
    from kb.models.tokens import Token


class DocumentQuerySet(models.QuerySet["Document"]):
    def present(self) -> Self:
        """Documents that have not been removed."""
        return self.filter(removed_at=None)

    def visible_to(self, user: User | AnonymousUser, token: "Token | None" = None) -> Self:
        return self.present().filter(collection__in=Collection.objects.visible_to(user, token))

    def editable_by(self, user: User | AnonymousUser, token: "Token | None" = None) -> Self:
        return self.present().filter(collection__in=Collection.objects.editable_by(user, token))

    def with_progress(self) -> Self:
        """Adds `status`, for filtering and counting, and the data for `Document.progress`, in one query."""
        indexed = IndexedVersion.objects.filter(
            generation=OuterRef("collection__generation"), version=OuterRef("latest")
        )
        status = Coalesce(Subquery(indexed.values("status")), Value(Status.QUEUED.value))
        row = JSONObject(**{name: name for name in INDEXED_FIELDS})
        return self.select_related("latest").annotate(
            status=Case(When(latest__status=Status.READY, then=status), default="latest__status"),
            indexed_row=Subquery(indexed.values_list(row)),
        )

    def in_status(self, status: str) -> Self:
        """Filters by the `status` of `with_progress`."""
        return self.filter(**{"status": status})

    def with_error(self) -> Self:
        """With `error`, the error code of the newest version if it failed or waits; "" if all is well."""
        of_indexing = KeyTextTransform("error_code", "indexed_row")
        return self.annotate(error=Coalesce(of_indexing, "latest__error_code", output_field=models.CharField()))


class Document(models.Model):
    """A named document with the versions of its file."""

    id = models.CharField(primary_key=True, max_length=12, default=new_id, editable=False)
    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, related_name="documents")
    name = models.CharField(max_length=255)
    metadata = models.JSONField(default=dict)
    latest = models.ForeignKey("Version", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    preset = models.CharField(max_length=32, blank=True)  # how it is split; empty: as set for its collection
    removed_at = models.DateTimeField(null=True, editable=False)  # hidden from now on; a task deletes the data

    objects = DocumentQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["collection", "-created_at", "id"], name="document_newest_first"),
            models.Index(fields=["-created_at", "id"], name="document_newest_of_all", condition=Q(removed_at=None)),
            models.Index(fields=["collection"], name="document_removed", condition=Q(removed_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def newest(self) -> "Version":
        """The latest version; every document has one."""
        if self.latest is None:
            raise Version.DoesNotExist(f"{self.pk} has no version")
        return self.latest

    @property
    def progress(self) -> Progress:
        """Progress of the newest version towards the active index."""
        newest = self.newest
        if hasattr(self, "indexed_row"):  # set by `with_progress`
            newest.indexed_row = self.indexed_row
        newest.document = self
        return newest.progress


class VersionQuerySet(WorkQuerySet["Version"]):
    def parsed(self) -> Self:
        """Versions with a text, which can be read and indexed."""
        return self.filter(status=Status.READY)

    def numbered(self, number: str) -> Self:
        """The version with the number in a request; none if it is not a number."""
        return self.filter(number=int(number)) if number.isdecimal() and len(number) < 10 else self.none()

    def with_progress(self) -> Self:
        """Adds `overall`, a Status for filtering and counting, and the data for `Version.progress`, in one query."""
        indexed = IndexedVersion.objects.filter(
            generation=OuterRef("document__collection__generation"), version=OuterRef("pk")
        )
        status = Coalesce(Subquery(indexed.values("status")), Value(Status.READY.value))
        return self.annotate(
            overall=Case(When(status=Status.READY, then=status), default="status"),
            indexed_row=Subquery(indexed.values_list(JSONObject(**{name: name for name in INDEXED_FIELDS}))),
        )

    def claimable(self) -> Self:
        """Versions that are due and whose document has not been removed."""
        return self.due().filter(document__removed_at=None)


class Version(Work):
    """One file of a document and the result of parsing it. Once ready, a version never changes.

    Parsing the same file again creates another version, so that citations of this one stay valid.
    """

    id = models.BigAutoField(primary_key=True)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    filename = models.CharField(max_length=255)
    media_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)  # also the name of the stored file: kb.storage.files
    batch = models.CharField(max_length=32, blank=True)  # versions uploaded together
    created_at = models.DateTimeField(auto_now_add=True)

    title = models.CharField(max_length=500, blank=True)
    page_count = models.IntegerField(null=True)
    unread_pages = models.IntegerField(default=0)  # pages with pictures that may contain text
    parsed_at = models.DateTimeField(null=True)

    indexed_row: dict[str, Any] | None  # set by `with_progress`

    objects = VersionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="version_once")]
        indexes = [
            models.Index(
                fields=["created_at"],
                name="version_unfinished",
                condition=Q(status__in=["queued", "processing"]),
            ),
            models.Index(fields=["queued_at"], name="version_waiting", condition=Q(status="queued")),
            models.Index(fields=["queued_at"], name="version_failed", condition=Q(status="failed")),
        ]

    def __str__(self) -> str:
        return f"{self.document_id} v{self.number}"

    @property
    def progress(self) -> Progress:
        """Progress towards the active index. A superseded version counts as ready."""
        if self.status != Status.READY:
            return Progress.of(self)
        if hasattr(self, "indexed_row"):  # set by `with_progress`
            row = self.indexed_row
        else:
            generation = self.document.collection.generation_id
            row = IndexedVersion.objects.filter(generation=generation, version=self.pk).values(*INDEXED_FIELDS).first()
        return Progress.from_row(row) if row else Progress(Status.READY, ready_at=self.parsed_at)


class VersionText(models.Model):
    """The normalised text of a version. Every `start` and `end` is an offset in it."""

    version = models.OneToOneField(Version, on_delete=models.CASCADE, primary_key=True, related_name="text")
    text = models.TextField()
    page_starts = ArrayField(models.IntegerField())
    page_labels = ArrayField(models.TextField(), default=list)  # the document's own labels; empty: 1, 2, 3 and so on
    sections = models.JSONField()  # [{"level", "title", "start", "body", "end"}], in order

    def __str__(self) -> str:
        return str(self.version_id)

    def page_label(self, page: int) -> str:
        """The document's own label of a page, counted from 1."""
        return self.page_labels[page - 1] if self.page_labels else str(page)

    def outline(self) -> list[dict[str, Any]]:
        """The sections as a tree: each with an id and the id of its parent section, or None."""
        tree: list[dict[str, Any]] = []
        ancestors: list[dict[str, Any]] = []
        for number, section in enumerate(self.sections):
            while ancestors and ancestors[-1]["end"] <= section["start"]:
                ancestors.pop()
            node = {"id": str(number), "parent": ancestors[-1]["id"] if ancestors else None}
            node |= {key: section[key] for key in ("level", "title", "start", "end")}
            tree.append(node)
            ancestors.append(node)
        return tree
