"""User accounts: creation, removal, and password links.

There is always an administrator, and every collection has an owner.
"""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from kb.models import Action, AuditEntry, Collection, Member, Role
from kb.people import audit

LINK_INTERVAL = timedelta(minutes=5)


class LastAdministrator(Exception):
    """At least one active administrator must remain."""


class OnlyOwner(Exception):
    """The only owner of a collection cannot be removed."""

    def __init__(self, user: User, collections: list[Collection]) -> None:
        super().__init__(f"{user.username} is the only owner of {', '.join(found.name for found in collections)}")
        self.collections = collections


def create(username: str, by: User | None, *, email: str = "", admin: bool = False) -> User:
    """An account without a password. Its owner sets one through `password_link`."""
    with transaction.atomic():
        user = User.objects.create_user(username, email, is_staff=admin, is_superuser=admin)
        audit.account(by, Action.USER_CREATED, user, admin=admin)
    return user


def require_another_administrator(user: User) -> None:
    """Call this in the transaction that removes the rights of `user`. Raises LastAdministrator.

    Locks the administrators' rows, so that two who demote each other at the same time cannot both succeed.
    """
    administrators = User.objects.select_for_update().filter(is_active=True, is_superuser=True).order_by("pk")
    if [found.pk for found in administrators] == [user.pk]:
        raise LastAdministrator(f"{user.username} is the only administrator")


def owned_alone(user: User) -> list[Collection]:
    """The collections whose only owner is `user`."""
    owners = Member.objects.filter(collection=OuterRef("pk"), role=Role.OWNER)
    mine = Collection.objects.filter(removed_at=None, members__user=user, members__role=Role.OWNER)
    return list(mine.exclude(Exists(owners.exclude(user=user))))


def remove(user: User, by: User) -> None:
    """Removes the account with its tokens and roles. Documents that the person added stay.

    Raises LastAdministrator, OnlyOwner.
    """
    with transaction.atomic():
        require_another_administrator(user)
        owned = Member.objects.filter(user=user, role=Role.OWNER).values("collection")
        list(Collection.objects.select_for_update().filter(pk__in=owned).order_by("pk"))  # lock: owners must not change
        alone = owned_alone(user)
        if alone:
            raise OnlyOwner(user, alone)
        audit.account(by, Action.USER_REMOVED, user)
        user.delete()


def password_link(user: User) -> str:
    """The path of a page for setting the user's password, without signing in. It works once, within three days."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("password-set", args=[uid, default_token_generator.make_token(user)])


def may_send_link(user: User) -> bool:
    """Whether a link may be sent, because none was sent in the last minutes. If so, records the new one."""
    since = timezone.now() - LINK_INTERVAL
    sent = AuditEntry.objects.filter(action=Action.PASSWORD_LINK_SENT, subject=user.username, at__gt=since)
    if sent.exists():
        return False
    audit.account(None, Action.PASSWORD_LINK_SENT, user)
    return True


def site_address() -> str:
    """Footnote's public address according to the settings."""
    host = next((host for host in settings.ALLOWED_HOSTS if host.strip(".*")), "localhost").lstrip(".")
    return f"https://{host}" if settings.HTTPS else f"http://{host}:{settings.PORT}"
