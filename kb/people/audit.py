"""Writes the audit log: every change by a person adds an entry in the same transaction."""

from collections.abc import Iterable

from django.contrib.auth.models import User

from kb.models import Action, AuditEntry, Collection, Document, Token


def collection(by: User | None, action: Action, subject: Collection, **details: object) -> None:
    """Records a change of a collection, or of somebody's role in it."""
    _entry(by, action, subject.pk, subject.name, subject.pk, details).save(force_insert=True)


def documents(by: User | None, action: Action, subjects: Iterable[Document], **details: object) -> None:
    """Records a change of several documents in one statement."""
    AuditEntry.objects.bulk_create(
        [_entry(by, action, subject.pk, subject.name, subject.collection_id, details) for subject in subjects]
    )


def token(by: User | None, action: Action, subject: Token, **details: object) -> None:
    _entry(by, action, str(subject.pk), subject.name, "", {"user": subject.user.username, **details}).save()


def account(by: User | None, action: Action, subject: User, **details: object) -> None:
    """Records a change of an account."""
    _entry(by, action, subject.username, subject.username, "", details).save()


def _entry(
    by: User | None, action: Action, subject: str, name: str, collection: str, details: dict[str, object]
) -> AuditEntry:
    return AuditEntry(
        actor=by,
        actor_name=by.username if by else "",
        action=action,
        subject=subject,
        subject_name=name,
        collection=collection,
        details=details,
    )
