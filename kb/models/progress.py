"""Progress of a document through parsing and indexing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from retrieval.models import Status, Work


class Stage(models.TextChoices):
    """The current step. `done` and `total` count pages while reading, then windows."""

    READING = "reading", _("reading")
    EMBEDDING = "embedding", _("embedding")
    PUBLISHING = "publishing", _("publishing")


INDEXED_FIELDS = (
    *("status", "stage", "done", "total", "error_code", "error_detail", "preset", "passage_count", "ready_at"),
)


@dataclass(frozen=True)
class Progress:
    """`done` and `total` are in units of the stage. `preset` is the one used for splitting, once ready."""

    status: Status
    stage: str = ""
    done: int = 0
    total: int = 0
    error_code: str = ""  # a key of kb.indexing.failures.FAILURES
    error_detail: str = ""
    preset: str = ""
    passage_count: int = 0
    ready_at: datetime | None = None

    @classmethod
    def of(cls, work: Work) -> "Progress":
        """Progress of a version that has not been parsed yet."""
        return cls(Status(work.status), work.stage, work.done, work.total, work.error_code, work.error_detail)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Progress":
        """Progress from the INDEXED_FIELDS of an IndexedVersion, possibly from JSON."""
        ready_at = row["ready_at"]
        if isinstance(ready_at, str):
            ready_at = parse_datetime(ready_at)
        return cls(**{**row, "status": Status(row["status"]), "ready_at": ready_at})

    @property
    def status_label(self) -> str | Promise:
        return self.status.label

    @property
    def stage_label(self) -> str | Promise:
        return Stage(self.stage).label if self.stage else self.status.label
