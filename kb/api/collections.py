"""/api/v1/collections/"""

from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kb.api import examples
from kb.api.access import collection_or_404, require, user_of, visible_collections
from kb.api.authentication import token_of
from kb.api.pagination import ByName
from kb.api.schema import PAGED, answered, page_of, sent
from kb.api.serializers.collections import CollectionSerializer, NewCollection
from kb.library import collections
from kb.models import Collection


@extend_schema(tags=["Collections"])
class Collections(APIView):
    @extend_schema(
        operation_id="list_collections",
        parameters=PAGED,
        responses=page_of(CollectionSerializer),
        examples=[answered(examples.page(examples.COLLECTION))],
    )
    def get(self, request: Request) -> Response:
        """The collections that you may read, sorted by name."""
        return ByName().answer(visible_collections(request), request, self, CollectionSerializer)

    @extend_schema(
        operation_id="create_collection",
        request=NewCollection,
        responses={201: CollectionSerializer},
        examples=[
            sent({"name": "Papers", "description": "What we read on retrieval."}),
            answered(examples.COLLECTION, 201),
        ],
    )
    def post(self, request: Request) -> Response:
        """Create a collection. You become its owner. Not possible with a token that is limited to some collections."""
        token = token_of(request)
        if token is not None and token.is_limited:
            raise PermissionDenied(_("This token is limited to some collections, so it cannot create any."))
        wanted = NewCollection(data=request.data)
        wanted.is_valid(raise_exception=True)
        made = collections.create(user_of(request), **wanted.validated_data)
        return Response(_shown(request, made.pk), status.HTTP_201_CREATED)


@extend_schema(tags=["Collections"])
class OneCollection(APIView):
    @extend_schema(
        operation_id="get_collection", responses=CollectionSerializer, examples=[answered(examples.COLLECTION)]
    )
    def get(self, request: Request, id: str) -> Response:
        """One collection with its counts, your role and its index."""
        return Response(_shown(request, id))

    @extend_schema(
        operation_id="change_collection",
        request=CollectionSerializer,
        responses={200: CollectionSerializer, 409: None},
        examples=[sent({"name": "Papers on retrieval"}), answered(examples.COLLECTION)],
    )
    def patch(self, request: Request, id: str) -> Response:
        """Editors change name, description, preset and instruction; only owners change who may read.

        An instruction applies from the next question on, without a new index. Another preset builds an index beside the
        active one and activates it when it is complete. 409 while such an index is being built.
        """
        collection = collection_or_404(request, id, Collection.objects.editable_by)
        wanted = CollectionSerializer(collection, data=request.data, partial=True)
        wanted.is_valid(raise_exception=True)
        fields = wanted.validated_data
        if fields.get("everyone_may_read", collection.everyone_may_read) != collection.everyone_may_read:
            require(request, id, Collection.objects.owned_by)
        preset = fields.pop("preset", collection.generation.preset)
        instruction = fields.pop("instruction", collection.generation.instruction)
        with transaction.atomic():  # if the preset is refused, nothing else changes
            collections.change(collection, user_of(request), **fields)
            collections.change_instruction(collection, user_of(request), instruction)
            collections.change_preset(collection, user_of(request), preset)
        return Response(_shown(request, id))

    @extend_schema(operation_id="remove_collection", responses={204: None})
    def delete(self, request: Request, id: str) -> Response:
        """Owners remove a collection with all its documents. It is hidden at once."""
        collections.remove(collection_or_404(request, id, Collection.objects.owned_by), user_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _shown(request: Request, id: str) -> dict[str, object]:
    return CollectionSerializer(collection_or_404(request, id)).data
