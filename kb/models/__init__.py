"""The rows that Footnote keeps: a file for each kind, and one name to import them by."""

from kb.models.audit import Action, Event
from kb.models.collections import Collection, CollectionQuerySet, Member, Role
from kb.models.documents import (
    Document,
    DocumentQuerySet,
    Stage,
    Status,
    Version,
    VersionQuerySet,
    VersionText,
)
from kb.models.ids import new_id
from kb.models.misses import Miss
from kb.models.tokens import Token

__all__ = [
    "Action",
    "Collection",
    "CollectionQuerySet",
    "Document",
    "DocumentQuerySet",
    "Event",
    "Member",
    "Miss",
    "Role",
    "Stage",
    "Status",
    "Token",
    "Version",
    "VersionQuerySet",
    "VersionText",
    "new_id",
]
