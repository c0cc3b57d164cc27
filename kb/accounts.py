"""People's accounts: making them, their passwords, and the links that set one."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from kb import audit
from kb.models import Action, Event

ONE_LINK_EVERY = timedelta(minutes=5)


def create(username: str, by: User | None, *, email: str = "", admin: bool = False) -> User:
    """An account without a password: its owner sets one through `password_link`."""
    with transaction.atomic():
        user = User.objects.create_user(username, email, is_staff=admin, is_superuser=admin)
        audit.account(by, Action.USER_CREATED, user, admin=admin)
    return user


def password_link(user: User) -> str:
    """The path of a page where whoever opens it sets the user's password; good once, for three days."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("password-set", args=[uid, default_token_generator.make_token(user)])


def may_be_sent_a_link(user: User) -> bool:
    """Whether no link was sent in the last minutes; if so, notes that one is sent now."""
    since = timezone.now() - ONE_LINK_EVERY
    sent = Event.objects.filter(action=Action.PASSWORD_LINK_SENT, subject=user.username, at__gt=since)
    if sent.exists():
        return False
    audit.account(None, Action.PASSWORD_LINK_SENT, user)
    return True


def site_address() -> str:
    """Where people find Footnote, as far as the settings tell."""
    host = next((host for host in settings.ALLOWED_HOSTS if host.strip(".*")), "localhost").lstrip(".")
    return f"https://{host}" if settings.HTTPS else f"http://{host}:{settings.PORT}"
