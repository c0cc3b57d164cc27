"""The Celery application. Settings named CELERY_* are in kb.settings."""

import ctypes
import logging.config
import os
import signal
import sys
from typing import Any

from celery import Celery
from celery.signals import (
    before_task_publish,
    setup_logging,
    task_postrun,
    task_prerun,
    worker_init,
    worker_process_init,
)
from django.conf import settings

from kb.telemetry import logs, worker_metrics

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kb.settings")

app = Celery("footnote")
app.config_from_object("django.conf:settings", namespace="CELERY")

PR_SET_PDEATHSIG = 1  # linux/prctl.h


@worker_process_init.connect
def die_with_the_worker(**_: object) -> None:
    """A pool process must not outlive a killed worker: it would go on with a document nobody waits for."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@setup_logging.connect
def log_as_the_settings_say(**_: object) -> None:
    """Celery then leaves logging alone."""
    logging.config.dictConfig(settings.LOGGING)


@before_task_publish.connect
def give_the_request_along(headers: dict[str, Any], **_: object) -> None:
    if logs.request_id() != logs.NO_REQUEST:
        headers["request_id"] = logs.request_id()


@task_prerun.connect
def take_over_the_request(task: Any, task_id: str, **_: object) -> None:
    """What beat queued belongs to no request: it gets the task's own id."""
    logs.take(task.request.get("request_id") or task_id)


@task_postrun.connect
def leave_the_request(**_: object) -> None:
    logs.take(logs.NO_REQUEST)


@worker_init.connect
def serve_metrics(**_: object) -> None:
    worker_metrics.serve()
