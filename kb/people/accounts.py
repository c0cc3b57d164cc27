"""People's accounts: making and removing them, their passwords, and the links that set one.

Somebody always runs Footnote, and every collection has an owner.
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

ONE_LINK_EVERY = timedelta(minutes=5)


class LastAdministrator(Exception):
    """Footnote keeps at least one administrator who may sign in."""


class OnlyOwner(Exception):
    """A person who is the only owner of collections cannot be removed."""

    def __init__(self, user: User, collections: list[Collection]) -> None:
        super().__init__(f"{user.username} is the only owner of {', '.join(found.name for found in collections)}")
        self.collections = collections


def create(username: str, by: User | None, *, email: str = "", admin: bool = False) -> User:
    """An account without a password: its owner sets one through `password_link`."""
    with transaction.atomic():
        user = User.objects.create_user(username, email, is_staff=admin, is_superuser=admin)
        audit.account(by, Action.USER_CREATED, user, admin=admin)
    return user


def require_another_administrator(user: User) -> None:
    """Call it in the transaction that takes the rights of `user` away. Raises LastAdministrator.

    The administrators are locked: two who demote each other at the same time must not both find the other there.
    """
    administrators = User.objects.select_for_update().filter(is_active=True, is_superuser=True).order_by("pk")
    if [found.pk for found in administrators] == [user.pk]:
        raise LastAdministrator(f"{user.username} is the only administrator")


def owned_alone(user: User) -> list[Collection]:
    """The collections that would be without an owner if `user` were removed."""
    owners = Member.objects.filter(collection=OuterRef("pk"), role=Role.OWNER)
    mine = Collection.objects.filter(removed_at=None, members__user=user, members__role=Role.OWNER)
    return list(mine.exclude(Exists(owners.exclude(user=user))))


def remove(user: User, by: User) -> None:
    """Removes the account with its tokens and roles; what the person added stays.

    Raises LastAdministrator, OnlyOwner.
    """
    with transaction.atomic():
        require_another_administrator(user)
        owned = Member.objects.filter(user=user, role=Role.OWNER).values("collection")
        list(Collection.objects.select_for_update().filter(pk__in=owned).order_by("pk"))  # their members stay as found
        alone = owned_alone(user)
        if alone:
            raise OnlyOwner(user, alone)
        audit.account(by, Action.USER_REMOVED, user)
        user.delete()


def password_link(user: User) -> str:
    """The path of a page where whoever opens it sets the user's password; good once, for three days."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("password-set", args=[uid, default_token_generator.make_token(user)])


def may_be_sent_a_link(user: User) -> bool:
    """Whether no link was sent in the last minutes; if so, notes that one is sent now."""
    since = timezone.now() - ONE_LINK_EVERY
    sent = AuditEntry.objects.filter(action=Action.PASSWORD_LINK_SENT, subject=user.username, at__gt=since)
    if sent.exists():
        return False
    audit.account(None, Action.PASSWORD_LINK_SENT, user)
    return True


def site_address() -> str:
    """Where people find Footnote, as far as the settings tell."""
    host = next((host for host in settings.ALLOWED_HOSTS if host.strip(".*")), "localhost").lstrip(".")
    return f"https://{host}" if settings.HTTPS else f"http://{host}:{settings.PORT}"
