"""All models, importable from one place."""

from kb.models.audit import Action, AuditEntry
from kb.models.collections import Collection, CollectionQuerySet, Member, Role
from kb.models.documents import (
    Document,
    DocumentQuerySet,
    Version,
    VersionQuerySet,
    VersionText,
)
from kb.models.ids import new_id
from kb.models.progress import Progress, Stage
from kb.models.tokens import Token
from kb.models.zero_result_searches import ZeroResultSearch
from retrieval.models import Status

__all__ = [
    "Action",
    "AuditEntry",
    "Collection",
    "CollectionQuerySet",
    "Document",
    "DocumentQuerySet",
    "Member",
    "Progress",
    "Role",
    "Stage",
    "Status",
    "Token",
    "Version",
    "VersionQuerySet",
    "VersionText",
    "ZeroResultSearch",
    "new_id",
]
