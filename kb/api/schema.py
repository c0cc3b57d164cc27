"""What the OpenAPI schema says beyond what it finds in views and serializers."""

from http import HTTPStatus
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, inline_serializer
from rest_framework import serializers

ERROR = {
    "type": "object",
    "description": "Every error has this shape.",
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
                    "description": "By field what is wrong with it; `filter.document` is a field inside another.",
                    "additionalProperties": {"type": "array", "items": {"type": "string"}},
                },
            },
        }
    },
}

# status: (what it means, its code, a message)
ERRORS = {
    "400": ("The request is not understood, or a field is wrong", "invalid", "Some fields are missing or wrong."),
    "401": ("No token, or a bad one", "not_authenticated", 'Send a token: "Authorization: Bearer <token>".'),
    "403": ("You see it, and may not do this", "permission_denied", "This token may only read."),
    "404": ("It is not there, or not for you to see", "not_found", "There is nothing here that you may see."),
    "406": ("Another type of answer is asked for", "not_acceptable", "Answers are JSON. Accept application/json."),
    "409": ("It cannot be done now", "not_ready", "This document has no readable version yet."),
    "413": ("The body is too large", "too_large", "Such a request may bring at most 2000 MB."),
    "415": ("The body is of another type", "unsupported_media_type", "This address takes bodies of type: ..."),
    "416": ("The file has no such bytes", "range_not_satisfiable", "The file has 10 bytes, and none in that range."),
    "429": ("Too many calls", "throttled", "Too many calls in this minute. Try again in 12 seconds."),
    "500": ("A bug of ours", "internal", "Something went wrong on our side."),
    "503": ("The engine or the database is away", "engine_down", "The embedding engine does not answer."),
    "507": ("The server's disk is full", "disk_full", "The server's disk is nearly full."),
}
NOT_ALWAYS = {"explanation"}
ALWAYS = ("400", "401", "406", "429", "500", "503")
RETRY_AFTER = {"Retry-After": {"description": "Seconds until calls are taken again", "schema": {"type": "integer"}}}

PAGED = [
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}),
    OpenApiParameter("cursor", str, description='Where a page begins: part of the address in "next".'),
]
VERSION = OpenApiParameter(
    "version", int, description="The number of a version; the newest that fits if it is not given."
)


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "kb.api.authentication.BearerToken"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "A token of the account page or `create_token`."}


def page_of(item: type[serializers.BaseSerializer[Any]]) -> serializers.Serializer[Any]:
    """One page of a list, as the schema shows it."""
    fields: dict[str, Any] = {"results": item(many=True), "next": serializers.URLField(allow_null=True)}
    return inline_serializer(f"{item.__name__.removesuffix('Serializer')}Page", fields)


def results_of(item: type[serializers.BaseSerializer[Any]]) -> serializers.Serializer[Any]:
    """A whole list, as the schema shows it."""
    return inline_serializer(f"{item.__name__.removesuffix('Serializer')}s", {"results": item(many=True)})


def sent(value: Any) -> OpenApiExample:
    """An example of a request."""
    return OpenApiExample("Request", value, request_only=True)


def answered(value: Any, status: int = 200) -> OpenApiExample:
    """An example of an answer."""
    return OpenApiExample("Answer", value, response_only=True, status_codes=[str(status)])


def complete(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Postprocessing hook of drf-spectacular: the errors that a call may answer, and that answers hold every field."""
    schemas = result["components"]["schemas"]
    for name, schema in schemas.items():
        if not name.endswith("Request") and "properties" in schema:
            schema["required"] = sorted(schema["properties"].keys() - NOT_ALWAYS)
    schemas["Error"] = ERROR
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            if operation.get("security"):
                for status in (*ALWAYS, *_more(path, method, operation)):
                    operation["responses"].setdefault(status, {})
            for status, response in operation["responses"].items():
                told = _error(status) if status in ERRORS else {"description": HTTPStatus(int(status)).phrase}
                operation["responses"][status] = response | told
    return result


def _more(path: str, method: str, operation: dict[str, Any]) -> list[str]:
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
