"""The ASGI application that the web server runs."""

import os

from django.core.asgi import get_asgi_application

from kb import files
from kb.access_log import AccessLog
from kb.upload_limit import UploadLimit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kb.settings")

application = AccessLog(UploadLimit(get_asgi_application()))
files.make_folders()
