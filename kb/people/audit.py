"""The audit log: every change of a person's making writes a line, in the transaction of the change."""

from collections.abc import Iterable

from django.contrib.auth.models import User

from kb.models import Action, AuditEntry, Collection, Document, Token


def collection(by: User | None, action: Action, subject: Collection, **details: object) -> None:
    """What was done to a collection, or to somebody's role in it."""
    _event(by, action, subject.pk, subject.name, subject.pk, details).save(force_insert=True)


def documents(by: User | None, action: Action, subjects: Iterable[Document], **details: object) -> None:
    """What was done to each of some documents, in one statement."""
    AuditEntry.objects.bulk_create(
        [_event(by, action, subject.pk, subject.name, subject.collection_id, details) for subject in subjects]
    )


def token(by: User | None, action: Action, subject: Token, **details: object) -> None:
    _event(by, action, str(subject.pk), subject.name, "", {"user": subject.user.username, **details}).save()


def account(by: User | None, action: Action, subject: User, **details: object) -> None:
    """What was done to a person's account."""
    _event(by, action, subject.username, subject.username, "", details).save()


def _event(
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
