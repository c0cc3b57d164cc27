"""Additions to the OpenAPI schema that is generated from views and serializers."""

from http import HTTPStatus
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, inline_serializer
from rest_framework import serializers

ERROR = {
    "type": "object",
    "description": "The format of every error.",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string", "description": "For programs."},
                "message": {"type": "string", "description": "What happened and what to do, for people."},
                "fields": {
                    "type": "object",
                    "description": "Messages by field. Nested fields have names such as `filter.document`.",
                    "additionalProperties": {"type": "array", "items": {"type": "string"}},
                },
            },
        }
    },
}

# status: (meaning, code, example message)
ERRORS = {
    "400": ("The request is malformed, or a field is wrong", "invalid", "Some fields are missing or wrong."),
    "401": ("No token, or an invalid one", "not_authenticated", 'Send a token: "Authorization: Bearer <token>".'),
    "403": ("You have no permission for this", "permission_denied", "This token is read-only."),
    "404": ("It does not exist, or you have no access", "not_found", "It does not exist, or you have no access to it."),
    "406": (
        "The requested response type is not supported",
        "not_acceptable",
        "Responses are JSON. Accept application/json.",
    ),
    "409": ("Not possible in the present state", "not_ready", "This document has no readable version yet."),
    "413": ("The body is too large", "too_large", "This request may have at most 2000 MB."),
    "415": ("The body's type is not supported", "unsupported_media_type", "This address supports bodies of type: ..."),
    "416": ("The range is outside the file", "range_not_satisfiable", "The file has 10 bytes, and none in that range."),
    "429": ("Too many calls", "throttled", "Too many calls in this minute. Try again in 12 seconds."),
    "500": ("A bug in Footnote", "internal", "Something went wrong on the server."),
    "503": ("The engine or the database is down", "engine_down", "The embedding engine does not answer."),
    "507": ("The server's disk is full", "disk_full", "The server's disk is nearly full."),
}
OPTIONAL_FIELDS = {"explanation"}
COMMON_ERRORS = ("400", "401", "406", "429", "500", "503")
RETRY_AFTER = {"Retry-After": {"description": "Seconds until the next call is allowed", "schema": {"type": "integer"}}}

PAGED = [
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}),
    OpenApiParameter("cursor", str, description='Start of a page, from the address in "next".'),
]
VERSION = OpenApiParameter("version", int, description="Version number; default: the newest suitable version.")


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "kb.api.authentication.BearerToken"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "A token from the account page or `create_token`."}


def page_of(item: type[serializers.BaseSerializer[Any]]) -> serializers.Serializer[Any]:
    """Schema of one page of a list."""
    fields: dict[str, Any] = {"results": item(many=True), "next": serializers.URLField(allow_null=True)}
    return inline_serializer(f"{item.__name__.removesuffix('Serializer')}Page", fields)


def results_of(item: type[serializers.BaseSerializer[Any]]) -> serializers.Serializer[Any]:
    """Schema of a complete list."""
    return inline_serializer(f"{item.__name__.removesuffix('Serializer')}s", {"results": item(many=True)})


def sent(value: Any) -> OpenApiExample:
    """An example request."""
    return OpenApiExample("Request", value, request_only=True)


def answered(value: Any, status: int = 200) -> OpenApiExample:
    """An example response."""
    return OpenApiExample("Response", value, response_only=True, status_codes=[str(status)])


def complete(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Postprocessing hook of drf-spectacular: adds error responses, and marks all fields of responses as required."""
    schemas = result["components"]["schemas"]
    for name, schema in schemas.items():
        if not name.endswith("Request") and "properties" in schema:
            schema["required"] = sorted(schema["properties"].keys() - OPTIONAL_FIELDS)
    schemas["Error"] = ERROR
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            if operation.get("security"):
                for status in (*COMMON_ERRORS, *_more_errors(path, method, operation)):
                    operation["responses"].setdefault(status, {})
            for status, response in operation["responses"].items():
                extra = _error(status) if status in ERRORS else {"description": HTTPStatus(int(status)).phrase}
                operation["responses"][status] = response | extra
    return result


def _more_errors(path: str, method: str, operation: dict[str, Any]) -> list[str]:
    found = []
    if "{" in path:
        found.append("404")
    if method != "get":
        found.append("403")
    if "requestBody" in operation:
        found += ["413", "415"]
        if "multipart/form-data" in operation["requestBody"]["content"]:
            found.append("507")
    return found


def _error(status: str) -> dict[str, Any]:
    meaning, code, message = ERRORS[status]
    body = {"schema": {"$ref": "#/components/schemas/Error"}, "example": {"error": {"code": code, "message": message}}}
    error: dict[str, Any] = {"description": meaning, "content": {"application/json": body}}
    return error | {"headers": RETRY_AFTER} if status == "429" else error
