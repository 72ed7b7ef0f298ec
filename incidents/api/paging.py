"""Lists of the API: newest first, fifty at a time, with the address of the next fifty."""

from typing import Any

from django.core.exceptions import ValidationError
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class NewestFirst(CursorPagination):
    """`{"results": […], "next": address or null}`. A cursor, so that what is added meanwhile moves nothing.

    A view may name another order than the newest row first in `newest`.
    """

    ordering = "-pk"
    page_size_query_param = None

    def get_ordering(self, request: object, queryset: object, view: APIView) -> tuple[str, ...]:
        return tuple(getattr(view, "newest", (self.ordering,)))

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValidationError, ValueError) as problem:
            raise NotFound(self.invalid_cursor_message) from problem

    def get_paginated_response(self, data: object) -> Response:
        return Response({"results": data, "next": self.get_next_link()})

    def get_paginated_response_schema(self, schema: dict[str, object]) -> dict[str, object]:
        return {
            "type": "object",
            "required": ["results", "next"],
            "properties": {
                "results": schema,
                "next": {"type": ["string", "null"], "format": "uri", "description": "The address of the next page."},
            },
        }


def whole(rows: object) -> Response:
    """A short list in one piece, in the shape of all lists."""
    return Response({"results": rows, "next": None})


def whole_list(serializer: type[serializers.BaseSerializer]) -> serializers.Serializer:
    """The schema of `whole`."""
    return inline_serializer(
        name=f"{serializer.__name__.removesuffix('Serializer')}List",
        fields={"results": serializer(many=True), "next": serializers.CharField(allow_null=True)},
    )
