"""Every error of the API in one shape: {"error": {"code", "message", "fields"?}}."""

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, TooManyFilesSent
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import (
    APIException,
    NotFound,
    ValidationError,
)
from rest_framework.exceptions import (
    PermissionDenied as Forbidden,
)
from rest_framework.response import Response
from rest_framework.views import exception_handler

from embedding.engine import EngineError


class TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


class NotReady(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "not_ready"
    default_detail = _("This document has no readable version yet. Wait until its status is ready.")


class EngineFailed(APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "engine_down"
    default_detail = _('The embedding engine does not answer. Try again soon, or ask with "mode": "lexical".')


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler, with our shape; None for what is a bug, which then ends as a 500."""
    if isinstance(error, EngineError):
        error = EngineFailed()
    elif isinstance(error, TooManyFilesSent):
        limit = settings.DATA_UPLOAD_MAX_NUMBER_FILES
        error = TooLarge(_("One request may bring at most %s files. Send several requests.") % limit, "too_many_files")
    response = exception_handler(error, context)
    if response is None:
        return None
    response.data = {"error": _body(error)}
    return response


def _body(error: Exception) -> dict[str, Any]:
    if isinstance(error, Http404 | NotFound):
        return {"code": "not_found", "message": _("There is nothing here that you may see.")}
    if isinstance(error, PermissionDenied):
        error = Forbidden()
    if isinstance(error, ValidationError):
        if isinstance(error.detail, dict):
            message = _('Some fields are missing or wrong. See "fields".')
            return {"code": "invalid", "message": message, "fields": error.detail}
        return {"code": "invalid", "message": " ".join(str(detail) for detail in error.detail)}
    if isinstance(error, APIException):
        code = error.get_codes()
        return {"code": code if isinstance(code, str) else error.default_code, "message": str(error.detail)}
    raise TypeError(f"DRF answered an error of a kind that it does not document: {error!r}")
