"""Lists: `?limit=&cursor=` -> {"results", "next"}."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import pagination
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView


class Cursor(pagination.CursorPagination):
    """Refuses an invalid `limit` or `cursor`: returning the first page instead would make scripts loop."""

    page_size = 50
    max_page_size = 500
    page_size_query_param = "limit"

    def get_page_size(self, request: Request) -> int:
        limit = request.query_params.get("limit", str(self.page_size))
        if not (limit.isdecimal() and len(limit) < 10 and 1 <= int(limit) <= self.max_page_size):
            raise ValidationError({"limit": [_("Use a number from 1 to %s.") % self.max_page_size]})
        return int(limit)

    def decode_cursor(self, request: Request) -> pagination.Cursor | None:
        try:
            cursor = super().decode_cursor(request)
            if cursor is not None and cursor.position is not None:
                self.check_position(str(cursor.position))
        except (NotFound, ValueError) as error:
            raise ValidationError({"cursor": [_('Use the address in "next" unchanged.')]}) from error
        return cursor

    def check_position(self, position: str) -> None:
        """Raises ValueError if this is not a valid value of the ordering column."""
        raise NotImplementedError

    def answer(
        self,
        found: "QuerySet[Any]",
        request: Request,
        view: APIView,
        shown_by: type[BaseSerializer[Any]],
        **context: Any,
    ) -> Response:
        """One page of `found`, serialized by `shown_by` with `context`."""
        page = self.paginate_queryset(found, request, view)
        return self.get_paginated_response(shown_by(page, many=True, context=context).data)

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self.get_next_link()})


class ByName(Cursor):
    ordering: tuple[str, ...] = ("name", "id")

    def check_position(self, position: str) -> None:
        if "\0" in position:
            raise ValueError("not a name")


class ByUsername(ByName):
    ordering = ("username",)


class NewestFirst(Cursor):
    ordering = ("-created_at", "id")

    def check_position(self, position: str) -> None:
        if datetime.fromisoformat(position).tzinfo is None:
            raise ValueError("not a time")


class InOrder(Cursor):
    ordering = ("ordinal",)

    def check_position(self, position: str) -> None:
        if not -(2**31) <= int(position) < 2**31:
            raise ValueError("not a position")


class LastVersionFirst(InOrder):
    ordering = ("-number",)
