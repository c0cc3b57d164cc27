"""The state of a row that workers process: a version that is parsed, or one that is indexed."""

from typing import Generic, Self, TypeVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

W = TypeVar("W", bound="Work", covariant=True)


class Status(models.TextChoices):
    QUEUED = "queued", _("queued")
    PROCESSING = "processing", _("processing")
    READY = "ready", _("ready")
    FAILED = "failed", _("failed")


class WorkQuerySet(models.QuerySet[W], Generic[W]):
    def unfinished(self) -> Self:
        return self.filter(status__in=[Status.QUEUED, Status.PROCESSING])

    def due(self) -> Self:
        """Rows that wait and are due, or whose worker's lease has expired, by the database's clock."""
        waiting = Q(status=Status.QUEUED) & (Q(not_before=None) | Q(not_before__lte=Now()))
        return self.filter(waiting | Q(status=Status.PROCESSING, lease_until__lt=Now()))

    def queue_again(self) -> int:
        """Returns rows to the queue with all tries left. A worker that has claimed one loses its claim."""
        return self.update(
            status=Status.QUEUED, stage="", done=0, total=0, error_code="", error_detail="", tries=0, not_before=None,
            lease_until=None, queued_at=Now(),
        )  # fmt: skip


class Work(models.Model):
    """`attempt` is the fence: only the worker with this number may write to the row while it is processing."""

    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    stage = models.CharField(max_length=10, blank=True)
    done = models.IntegerField(default=0)  # of `total`, in units of the stage
    total = models.IntegerField(default=0)
    error_code = models.CharField(max_length=20, blank=True)
    error_detail = models.TextField(blank=True)

    attempt = models.IntegerField(default=0)
    tries = models.IntegerField(default=0)  # attempts that count towards MAX_TRIES
    lease_until = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)
    queued_at = models.DateTimeField(_("queued"), db_default=Now())  # most recently

    class Meta:
        abstract = True
