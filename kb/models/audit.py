"""The audit log: who changed what. Entries outlive the person, collection or document."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Action(models.TextChoices):
    COLLECTION_CREATED = "collection_created", _("created a collection")
    COLLECTION_CHANGED = "collection_changed", _("changed a collection")
    COLLECTION_REMOVED = "collection_removed", _("removed a collection")
    INDEX_STARTED = "index_started", _("started building an index")
    INDEX_PAUSED = "index_paused", _("paused building an index")
    INDEX_RESUMED = "index_resumed", _("resumed building an index")
    INDEX_ACTIVATED = "index_activated", _("activated an index")
    INDEX_DROPPED = "index_dropped", _("dropped an index")
    MEMBER_SET = "member_set", _("set a member's role")
    MEMBER_REMOVED = "member_removed", _("removed a member")
    DOCUMENT_ADDED = "document_added", _("added a document")
    DOCUMENT_REPLACED = "document_replaced", _("replaced a document's file")
    DOCUMENT_CHANGED = "document_changed", _("changed a document")
    DOCUMENT_RETRIED = "document_retried", _("retried a document")
    DOCUMENT_REINDEXED = "document_reindexed", _("indexed a document again")
    DOCUMENT_PARSED_AGAIN = "document_parsed", _("parsed a document again")
    DOCUMENT_REMOVED = "document_removed", _("removed a document")
    TOKEN_MADE = "token_made", _("created a token")
    TOKEN_REVOKED = "token_revoked", _("revoked a token")
    PASSWORD_LINK_SENT = "password_link_sent", _("requested a password link")
    PASSWORD_CHANGED = "password_changed", _("changed a password")
    USER_CREATED = "user_created", _("created an account")
    USER_CHANGED = "user_changed", _("changed an account")
    USER_REMOVED = "user_removed", _("removed an account")


class AuditEntry(models.Model):
    """Names are copied, so that entries stay readable after the objects are removed."""

    at = models.DateTimeField(_("when"), auto_now_add=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    actor_name = models.CharField(_("who"), max_length=150, blank=True)  # empty: a command or Footnote itself
    action = models.CharField(_("what"), max_length=20, choices=Action)
    subject = models.CharField(max_length=150)  # id of the collection, document or token, or a user's name
    subject_name = models.CharField(_("of"), max_length=255)
    collection = models.CharField(max_length=12, blank=True)  # its id, which may be gone
    details = models.JSONField(_("details"), default=dict)

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = _("audit log entry")
        verbose_name_plural = _("audit log")
        indexes = [
            models.Index(fields=["-at", "-id"], name="event_newest_first"),
            models.Index(fields=["collection", "-at"], name="event_of_collection"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name or 'Footnote'} {self.get_action_display()}: {self.subject_name}"
