"""/api/v1/collections/"""

from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kb import collections
from kb.api.access import collection_or_404, user_of, visible_collections
from kb.api.authentication import token_of
from kb.api.pagination import ByName
from kb.api.serializers import CollectionSerializer, NewCollection
from kb.models import Collection


class Collections(APIView):
    def get(self, request: Request) -> Response:
        pages = ByName()
        page = pages.paginate_queryset(visible_collections(request), request, self)
        return pages.get_paginated_response(CollectionSerializer(page, many=True).data)

    def post(self, request: Request) -> Response:
        token = token_of(request)
        if token is not None and token.is_limited:
            raise PermissionDenied("This token is limited to some collections; it cannot make new ones.")
        wanted = NewCollection(data=request.data)
        wanted.is_valid(raise_exception=True)
        made = collections.create(user_of(request), **wanted.validated_data)
        return Response(_shown(request, made.pk), status.HTTP_201_CREATED)


class OneCollection(APIView):
    def get(self, request: Request, id: str) -> Response:
        return Response(_shown(request, id))

    def patch(self, request: Request, id: str) -> Response:
        collection = collection_or_404(request, id, Collection.objects.editable_by)
        wanted = CollectionSerializer(collection, data=request.data, partial=True)
        wanted.is_valid(raise_exception=True)
        collections.change(collection, user_of(request), **wanted.validated_data)
        return Response(_shown(request, id))

    def delete(self, request: Request, id: str) -> Response:
        collections.remove(collection_or_404(request, id, Collection.objects.owned_by), user_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _shown(request: Request, id: str) -> dict[str, object]:
    return CollectionSerializer(collection_or_404(request, id)).data
