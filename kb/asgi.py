"""The ASGI application that the web server runs."""

import os

from django.core.asgi import get_asgi_application

from kb.storage import files
from kb.storage.upload_limit import UploadLimit
from kb.telemetry.access_log import AccessLog

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kb.settings")

application = AccessLog(UploadLimit(get_asgi_application()))
files.make_folders()
