"""The Celery application. Tasks are in kb.tasks; settings named CELERY_* are in kb.settings."""

import ctypes
import os
import signal
import sys

from celery import Celery
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kb.settings")

app = Celery("footnote")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["kb"])

PR_SET_PDEATHSIG = 1  # linux/prctl.h


@worker_process_init.connect
def die_with_the_worker(**_: object) -> None:
    """A pool process must not outlive a killed worker: it would go on with a document nobody waits for."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
