"""Every error of the API in one shape: {"error": {"code", "message", "fields"?}}."""

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


class LastOwnerStays(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "last_owner"
    default_detail = _("A collection keeps at least one owner. Make somebody else owner first.")


class IndexConflict(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "index_conflict"
    default_detail = _("This cannot be done with the index in its present state.")


class EngineFailed(APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "engine_down"
    default_detail = _("The embedding engine does not answer. Try again soon.")


class DatabaseAway(APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "database_down"
    default_detail = _("The database does not answer. Try again soon.")


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler, with our shape; None for what is a bug, which then ends as a 500."""
    error = _known(error)
    response = exception_handler(error, context)
    if response is None:
        return None
    response.data = {"error": _body(error, context["view"])}
    return response


def _known(error: Exception) -> Exception:
    """What other rooms raise, as an error of the API."""
    match error:
        case EngineError():
            logger.warning("The engine failed: %s", error)
            return EngineFailed()
        case OperationalError() | InterfaceError():
            logger.error("The database failed", exc_info=error)
            return DatabaseAway()
        case TooManyFilesSent():
            limit = settings.DATA_UPLOAD_MAX_NUMBER_FILES
            text = _("One request may bring at most %s files. Send several requests.")
            return TooLarge(text % limit, "too_many_files")
        case RequestDataTooBig() | TooManyFieldsSent():
            return TooLarge()
        case UnreadablePostError():
            return exceptions.ParseError(_("The body did not arrive whole. Send it again."))
        case LastOwner():
            return LastOwnerStays()
        case GenerationError():
            return IndexConflict(str(error.sentence))
        case Http404():
            return exceptions.NotFound()
        case PermissionDenied():
            return exceptions.PermissionDenied()
    return error


def _body(error: Exception, view: APIView) -> dict[str, Any]:
    if not isinstance(error, APIException):
        raise TypeError(f"DRF answered an error of a kind that it does not document: {error!r}")
    if isinstance(error, ValidationError):
        if isinstance(error.detail, dict):
            summary = _('Some fields are missing or wrong. See "fields".')
            return {"code": "invalid", "message": summary, "fields": _fields(error.detail)}
        return {"code": "invalid", "message": " ".join(_sentences(error.detail))}
    code = error.get_codes()
    message = _advice(error, view) or str(error.detail)
    return {"code": code if isinstance(code, str) else error.default_code, "message": message}


def _advice(error: APIException, view: APIView) -> str | Promise | None:
    """A sentence that says what to do, where DRF's own does not."""
    match error:
        case exceptions.NotFound():
            return _("There is nothing here that you may see.")
        case exceptions.NotAuthenticated():
            return _('Send a token: "Authorization: Bearer <token>". Your account page makes them.')
        case exceptions.MethodNotAllowed():
            return _("This address takes only: %s.") % ", ".join(view.allowed_methods)
        case exceptions.NotAcceptable():
            return _("Answers are JSON. Accept application/json.")
        case exceptions.UnsupportedMediaType():
            taken = ", ".join(parser.media_type or "" for parser in view.parser_classes)
            return _("This address takes bodies of type: %s.") % taken
        case exceptions.Throttled():
            return _("Too many calls in this minute. Try again when the seconds of Retry-After are over.")
    return None


def _fields(detail: Mapping[str, Any], around: str = "") -> dict[str, list[str]]:
    """Sentences by field; a field inside another is called as in `filter.media_type.0`."""
    found: dict[str, list[str]] = {}
    for name, inner in detail.items():
        path = _shown(f"{around}{name}")
        if isinstance(inner, Mapping):
            found |= _fields(inner, f"{path}.")
        else:
            found[path] = list(_sentences(inner))
    return found


def _sentences(detail: Any) -> Iterator[str]:
    for one in detail if isinstance(detail, list) else [detail]:
        if isinstance(one, Mapping):
            yield from (text for texts in _fields(one).values() for text in texts)
        else:
            yield _shown(one)


def _shown(text: object) -> str:
    """A message may repeat what was sent, also what no UTF-8 can hold."""
    return str(text).encode(errors="replace").decode()
