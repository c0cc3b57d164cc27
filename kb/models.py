"""Collections and who may read them, documents and their versions, tokens.

Rights live here: every page, API call and search starts from `visible_to` or `editable_by`.
"""

import hashlib
import secrets
from typing import Any, Self, cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from retrieval.models import Generation

ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no letter looks like a digit


def new_id() -> str:
    """An opaque public id: 12 characters, 60 random bits, so that counts and neighbours cannot be guessed."""
    return "".join(secrets.choice(ID_ALPHABET) for _position in range(12))


class Role(models.TextChoices):
    OWNER = "owner", _("owner")
    EDITOR = "editor", _("editor")
    VIEWER = "viewer", _("viewer")


class CollectionQuerySet(models.QuerySet["Collection"]):
    def visible_to(self, user: User | AnonymousUser, token: "Token | None" = None) -> Self:
        """What `user` may read, within what `token` (if the request came with one) is limited to."""
        return self._with_role(user, token, list(Role), everyone=True)

    def editable_by(self, user: User | AnonymousUser, token: "Token | None" = None) -> Self:
        if token is not None and token.read_only:
            return self.none()
        return self._with_role(user, token, [Role.OWNER, Role.EDITOR], everyone=False)

    def owned_by(self, user: User | AnonymousUser, token: "Token | None" = None) -> Self:
        if token is not None and token.read_only:
            return self.none()
        return self._with_role(user, token, [Role.OWNER], everyone=False)

    def summarised_for(self, user: User | AnonymousUser) -> Self:
        """With `document_count`, `passage_count` and `role_of_reader`, whatever the number of rows in one query."""
        documents = Document.objects.filter(collection=OuterRef("pk")).order_by().values("collection")
        passages = Coalesce(Sum("latest__passage_count"), 0)
        role: Any = Value(Role.OWNER)
        if not user.is_superuser:
            mine = Member.objects.filter(collection=OuterRef("pk"), user=cast(User, user)).values("role")
            role = Coalesce(Subquery(mine), Value(Role.VIEWER))
        return self.select_related("generation__space").annotate(
            document_count=Coalesce(Subquery(documents.annotate(n=Count("pk")).values("n")), 0),
            passage_count=Coalesce(Subquery(documents.annotate(n=passages).values("n")), 0),
            role_of_reader=role,
        )

    def _with_role(
        self, user: User | AnonymousUser, token: "Token | None", roles: list[Role], *, everyone: bool
    ) -> Self:
        if isinstance(user, AnonymousUser) or not user.is_active:
            return self.none()
        found = self.filter(removed_at=None)
        if not user.is_superuser:
            mine = Q(pk__in=Member.objects.filter(user=user, role__in=roles).values("collection"))
            found = found.filter(mine | Q(everyone_may_read=True) if everyone else mine)
        if token is not None and token.is_limited:
            found = found.filter(pk__in=token.collections.values("pk"))
        return found


class Collection(models.Model):
    """Documents that are read, searched and shared together."""

    id = models.CharField(primary_key=True, max_length=12, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    everyone_may_read = models.BooleanField(_("everyone signed in may read"), default=False)
    generation = models.ForeignKey(Generation, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, editable=False)  # gone for everyone; a task takes away the rest

    objects = CollectionQuerySet.as_manager()

    # From `summarised_for`
    document_count: int
    passage_count: int
    role_of_reader: str

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=8, choices=Role)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["collection", "user"], name="member_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.role}"


class DocumentQuerySet(models.QuerySet["Document"]):
    def visible_to(self, user: User | AnonymousUser, token: "Token | None" = None) -> Self:
        return self.filter(collection__in=Collection.objects.visible_to(user, token))

    def editable_by(self, user: User | AnonymousUser, token: "Token | None" = None) -> Self:
        return self.filter(collection__in=Collection.objects.editable_by(user, token))


class Document(models.Model):
    """A document as people know it: a name, and the versions of its file."""

    id = models.CharField(primary_key=True, max_length=12, default=new_id, editable=False)
    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, related_name="documents")
    name = models.CharField(max_length=255)
    metadata = models.JSONField(default=dict)
    latest = models.ForeignKey("Version", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = DocumentQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["collection", "-created_at", "id"], name="document_newest_first")]

    def __str__(self) -> str:
        return self.name

    @property
    def newest(self) -> "Version":
        """The latest version; every document has one."""
        if self.latest is None:
            raise Version.DoesNotExist(f"{self.pk} has no version")
        return self.latest


class Status(models.TextChoices):
    QUEUED = "queued", _("queued")
    PROCESSING = "processing", _("processing")
    READY = "ready", _("ready")
    FAILED = "failed", _("failed")


class Stage(models.TextChoices):
    """Where a version in processing is; `done` of `total` counts pages while reading, passages while embedding."""

    READING = "reading", _("reading")
    EMBEDDING = "embedding", _("embedding")
    PUBLISHING = "publishing", _("publishing")


class VersionQuerySet(models.QuerySet["Version"]):
    def unfinished(self) -> Self:
        return self.filter(status__in=[Status.QUEUED, Status.PROCESSING])

    def numbered(self, number: str) -> Self:
        """The version that a request names; none if it names no number."""
        return self.filter(number=int(number)) if number.isdecimal() and len(number) < 10 else self.none()

    def claimable(self) -> Self:
        """Queued and due, or left behind by a worker whose lease ran out, by the database's clock."""
        waiting = Q(status=Status.QUEUED) & (Q(not_before=None) | Q(not_before__lte=Now()))
        return self.filter(waiting | Q(status=Status.PROCESSING, lease_until__lt=Now()))


class Version(models.Model):
    """One file of a document, and how far it is on its way into the index."""

    id = models.BigAutoField(primary_key=True)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    filename = models.CharField(max_length=255)
    media_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)  # also where its bytes are kept: kb.files
    batch = models.CharField(max_length=32, blank=True)  # versions uploaded together
    created_at = models.DateTimeField(auto_now_add=True)

    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    stage = models.CharField(max_length=10, choices=Stage, blank=True)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    error_code = models.CharField(max_length=20, blank=True)  # a key of kb.failures.FAILURES
    error_detail = models.TextField(blank=True)

    attempt = models.IntegerField(default=0)  # the fence: only the worker that holds this number may write
    tries = models.IntegerField(default=0)  # attempts that count against settings.MAX_TRIES
    lease_until = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)

    title = models.CharField(max_length=500, blank=True)
    page_count = models.IntegerField(null=True)
    passage_count = models.IntegerField(default=0)
    ready_at = models.DateTimeField(null=True)

    objects = VersionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="version_once")]
        indexes = [
            models.Index(
                fields=["created_at"],
                name="version_unfinished",
                condition=Q(status__in=["queued", "processing"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.document_id} v{self.number}"


class VersionText(models.Model):
    """The normalised text of a version: what every `start` and `end` counts in."""

    version = models.OneToOneField(Version, on_delete=models.CASCADE, primary_key=True, related_name="text")
    text = models.TextField()
    page_starts = ArrayField(models.IntegerField())
    sections = models.JSONField()  # [{"level", "title", "start", "body", "end"}], in order

    def __str__(self) -> str:
        return str(self.version_id)

    def outline(self) -> list[dict[str, Any]]:
        """The sections as a tree: each with an id and the id of the section around it, or None."""
        tree: list[dict[str, Any]] = []
        around: list[dict[str, Any]] = []
        for number, section in enumerate(self.sections):
            while around and around[-1]["end"] <= section["start"]:
                around.pop()
            node = {"id": str(number), "parent": around[-1]["id"] if around else None}
            node |= {key: section[key] for key in ("level", "title", "start", "end")}
            tree.append(node)
            around.append(node)
        return tree


class TokenQuerySet(models.QuerySet["Token"]):
    def valid(self, secret: str) -> "Token | None":
        """The token that `secret` proves, unless it has expired or its owner was switched off."""
        found = self.select_related("user").filter(digest=Token.digest_of(secret), user__is_active=True)
        return found.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now())).first()


class Token(models.Model):
    """A key for scripts. Only its hash is kept; it may be read-only, limited to collections, and expire."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    read_only = models.BooleanField(default=False)
    is_limited = models.BooleanField(default=False)  # to `collections`, which may all be gone by now
    collections = models.ManyToManyField(Collection, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    objects = TokenQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def digest_of(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()

    @classmethod
    def make(cls, collections: list[Collection] | None = None, **fields: Any) -> tuple["Token", str]:
        """A new token and its secret, which is told once and not kept."""
        secret = f"fn_{secrets.token_urlsafe(32)}"
        token = cls.objects.create(digest=cls.digest_of(secret), is_limited=collections is not None, **fields)
        if collections is not None:
            token.collections.set(collections)
        return token, secret
