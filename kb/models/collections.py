"""Collections, and who may read, edit or own them.

Access rights are enforced here: every page, API call and search starts from `visible_to` or `editable_by`.
"""

from typing import TYPE_CHECKING, Any, Self, cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from kb.models.ids import new_id
from retrieval.models import Generation

if TYPE_CHECKING:  # a token names collections
    from kb.models.tokens import Token


class Role(models.TextChoices):
    OWNER = "owner", _("owner")
    EDITOR = "editor", _("editor")
    VIEWER = "viewer", _("viewer")


class CollectionQuerySet(models.QuerySet["Collection"]):
    def visible_to(self, user: User | AnonymousUser, token: "Token | None" = None) -> Self:
        """The collections that `user` may read, limited by `token` if the request has one."""
        return self._with_role(user, token, list(Role), everyone=True)

    def with_member(self, user: User | AnonymousUser, token: "Token | None" = None) -> Self:
        """The collections in which `user` has a role. Others see a public collection, but not its members."""
        return self._with_role(user, token, list(Role), everyone=False)

    def editable_by(self, user: User | AnonymousUser, token: "Token | None" = None) -> Self:
        if token is not None and token.read_only:
            return self.none()
        return self._with_role(user, token, [Role.OWNER, Role.EDITOR], everyone=False)

    def owned_by(self, user: User | AnonymousUser, token: "Token | None" = None) -> Self:
        if token is not None and token.read_only:
            return self.none()
        return self._with_role(user, token, [Role.OWNER], everyone=False)

    def summarised_for(self, user: User | AnonymousUser) -> Self:
        """Adds `passage_count` and `role_of_reader` in one query."""
        role: Any = Value(Role.OWNER)
        if not user.is_superuser:
            membership = Member.objects.filter(collection=OuterRef("pk"), user=cast(User, user)).values("role")
            role = Coalesce(Subquery(membership), Value(Role.VIEWER))
        return self.select_related("generation__vector_space").annotate(
            passage_count=F("generation__passage_count"),
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
    """Documents that are searched and shared together."""

    id = models.CharField(primary_key=True, max_length=12, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    everyone_may_read = models.BooleanField(_("everyone signed in may read"), default=False)
    generation = models.ForeignKey(
        Generation, on_delete=models.PROTECT, related_name="+"
    )  # the active one, which is searched
    document_count = models.IntegerField(default=0, editable=False)  # maintained by kb.library
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, editable=False)  # hidden from now on; a task deletes the data

    objects = CollectionQuerySet.as_manager()

    # Set by `summarised_for`.
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
