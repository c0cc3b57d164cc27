"""Creates and revokes API tokens."""

import secrets
from collections.abc import Collection as Container
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from kb.models import Action, Collection, Token
from kb.people import audit


def create(
    user: User,
    by: User | None,
    *,
    name: str,
    read_only: bool = False,
    collections: Container[Collection] | None = None,
    expires_at: datetime | None = None,
) -> tuple[Token, str]:
    """A new token and its secret, which is not stored. `collections` limits the token to them."""
    secret = f"fn_{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        token = Token.objects.create(
            user=user,
            name=name,
            digest=Token.digest_of(secret),
            read_only=read_only,
            is_limited=collections is not None,
            expires_at=expires_at,
        )
        token.collections.set(collections or [])
        audit.token(by, Action.TOKEN_MADE, token, read_only=read_only)
    return token, secret


def revoke(token: Token, by: User | None) -> None:
    with transaction.atomic():
        audit.token(by, Action.TOKEN_REVOKED, token)
        token.delete()
