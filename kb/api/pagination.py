"""Lists: `?limit=&cursor=` -> {"results", "next"}."""

from typing import Any

from rest_framework.pagination import CursorPagination
from rest_framework.response import Response


class Cursor(CursorPagination):
    page_size = 50
    max_page_size = 500
    page_size_query_param = "limit"

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self.get_next_link()})


class ByName(Cursor):
    ordering = ("name", "id")


class NewestFirst(Cursor):
    ordering = ("-created_at", "id")


class InOrder(Cursor):
    ordering = ("ordinal",)
