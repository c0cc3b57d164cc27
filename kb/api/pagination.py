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
    """A wrong `limit` or `cursor` is refused: the first page again would send a script round in circles."""

    page_size = 50
    max_page_size = 500
    page_size_query_param = "limit"

    def get_page_size(self, request: Request) -> int:
        wanted = request.query_params.get("limit", str(self.page_size))
        if not (wanted.isdecimal() and len(wanted) < 10 and 1 <= int(wanted) <= self.max_page_size):
            raise ValidationError({"limit": [_("Use a number from 1 to %s.") % self.max_page_size]})
        return int(wanted)

    def decode_cursor(self, request: Request) -> pagination.Cursor | None:
        try:
            cursor = super().decode_cursor(request)
            if cursor is not None and cursor.position is not None:
                self.check_position(str(cursor.position))
        except (NotFound, ValueError) as error:
            raise ValidationError({"cursor": [_('Use the address in "next" as it is.')]}) from error
        return cursor

    def check_position(self, position: str) -> None:
        """Raises ValueError if this is no value of the column that orders the list."""
        raise NotImplementedError

    def answer(
        self,
        found: "QuerySet[Any]",
        request: Request,
        view: APIView,
        shown_by: type[BaseSerializer[Any]],
        **context: Any,
    ) -> Response:
        """One page of `found`; the serializer gets the `context`."""
        page = self.paginate_queryset(found, request, view)
        return self.get_paginated_response(shown_by(page, many=True, context=context).data)

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self.get_next_link()})


class ByName(Cursor):
    ordering: tuple[str, ...] = ("name", "id")

    def check_position(self, position: str) -> None:
        if "\0" in position:
            raise ValueError("no name")


class ByUsername(ByName):
    ordering = ("username",)


class NewestFirst(Cursor):
    ordering = ("-created_at", "id")

    def check_position(self, position: str) -> None:
        if datetime.fromisoformat(position).tzinfo is None:
            raise ValueError("no time")


class InOrder(Cursor):
    ordering = ("ordinal",)

    def check_position(self, position: str) -> None:
        if not -(2**31) <= int(position) < 2**31:
            raise ValueError("no place")


class LastVersionFirst(InOrder):
    ordering = ("-number",)
