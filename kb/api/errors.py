"""All API errors have one format: {"error": {"code", "message", "fields"?}}."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler

from embedding.engine import EngineError
from kb.indexing.activation import GenerationError
from kb.library.collections import LastOwner

logger = logging.getLogger(__name__)


class TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = _("The request is too large. Send less at once.")


class NotReady(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "not_ready"
    default_detail = _("This document has no readable version yet. Wait until its status is ready.")


class LastOwnerRequired(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "last_owner"
    default_detail = _("A collection needs at least one owner. Make somebody else an owner first.")


class IndexConflict(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "index_conflict"
    default_detail = _("This cannot be done with the index in its present state.")


class EngineFailed(APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "engine_down"
    default_detail = _("The embedding engine does not answer. Try again soon.")


class DatabaseDown(APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "database_down"
    default_detail = _("The database does not answer. Try again soon.")


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler with our format; None for a bug, which becomes a 500."""
    error = _converted(error)
    response = exception_handler(error, context)
    if response is None:
        return None
    response.data = {"error": _body(error, context["view"])}
    return response


def _converted(error: Exception) -> Exception:
    """Converts exceptions of other packages to API errors."""
    match error:
        case EngineError():
            logger.warning("The engine failed: %s", error)
            return EngineFailed()
        case OperationalError() | InterfaceError():
            logger.error("The database failed", exc_info=error)
            return DatabaseDown()
        case TooManyFilesSent():
            limit = settings.DATA_UPLOAD_MAX_NUMBER_FILES
            text = _("A request may have at most %s files. Send several requests.")
            return TooLarge(text % limit, "too_many_files")
        case RequestDataTooBig() | TooManyFieldsSent():
            return TooLarge()
        case UnreadablePostError():
            return exceptions.ParseError(_("The body is incomplete. Send it again."))
        case LastOwner():
            return LastOwnerRequired()
        case GenerationError():
            return IndexConflict(str(error.sentence))
        case Http404():
            return exceptions.NotFound()
        case PermissionDenied():
            return exceptions.PermissionDenied()
    return error


def _body(error: Exception, view: APIView) -> dict[str, Any]:
    if not isinstance(error, APIException):
        raise TypeError(f"DRF handled an exception of an undocumented type: {error!r}")
    if isinstance(error, ValidationError):
        if isinstance(error.detail, dict):
            summary = _('Some fields are missing or wrong. See "fields".')
            return {"code": "invalid", "message": summary, "fields": _fields(error.detail)}
        return {"code": "invalid", "message": " ".join(_sentences(error.detail))}
    code = error.get_codes()
    message = _advice(error, view) or str(error.detail)
    return {"code": code if isinstance(code, str) else error.default_code, "message": message}


def _advice(error: APIException, view: APIView) -> str | Promise | None:
    """A sentence with advice, where DRF's own message has none."""
    match error:
        case exceptions.NotFound():
            return _("It does not exist, or you have no access to it.")
        case exceptions.NotAuthenticated():
            return _('Send a token: "Authorization: Bearer <token>". Create one on your account page.')
        case exceptions.MethodNotAllowed():
            return _("This address supports only: %s.") % ", ".join(view.allowed_methods)
        case exceptions.NotAcceptable():
            return _("Responses are JSON. Accept application/json.")
        case exceptions.UnsupportedMediaType():
            supported = ", ".join(parser.media_type or "" for parser in view.parser_classes)
            return _("This address supports bodies of type: %s.") % supported
        case exceptions.Throttled():
            return _("Too many calls in this minute. Wait for the seconds in Retry-After, then try again.")
    return None


def _fields(detail: Mapping[str, Any], prefix: str = "") -> dict[str, list[str]]:
    """Sentences by field. Nested fields have names such as `filter.media_type.0`."""
    found: dict[str, list[str]] = {}
    for name, inner in detail.items():
        path = _encodable(f"{prefix}{name}")
        if isinstance(inner, Mapping):
            found |= _fields(inner, f"{path}.")
        else:
            found[path] = list(_sentences(inner))
    return found


def _sentences(detail: Any) -> Iterator[str]:
    for item in detail if isinstance(detail, list) else [detail]:
        if isinstance(item, Mapping):
            yield from (text for texts in _fields(item).values() for text in texts)
        else:
            yield _encodable(item)


def _encodable(text: object) -> str:
    """Makes text encodable: a message may repeat input that is not valid UTF-8."""
    return str(text).encode(errors="replace").decode()
