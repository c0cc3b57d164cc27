"""API tokens."""

import hashlib

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from kb.models.collections import Collection


class TokenQuerySet(models.QuerySet["Token"]):
    def valid(self, secret: str) -> "Token | None":
        """The token with this secret, unless it has expired or its owner is inactive."""
        found = self.select_related("user").filter(digest=Token.digest_of(secret), user__is_active=True)
        return found.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now())).first()


class Token(models.Model):
    """An API token. Only its hash is stored. It can be read-only, limited to collections, and expire."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    read_only = models.BooleanField(default=False)
    is_limited = models.BooleanField(default=False)  # to `collections`, all of which may have been removed
    collections = models.ManyToManyField(Collection, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    objects = TokenQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def has_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @staticmethod
    def digest_of(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()
