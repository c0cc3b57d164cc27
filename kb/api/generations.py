"""/api/v1/collections/{id}/generations/: the active index and others."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kb.api import examples
from kb.api.access import collection_or_404, user_of
from kb.api.pagination import NewestFirst
from kb.api.schema import PAGED, answered, page_of, sent
from kb.api.serializers.generations import GenerationSerializer, NewGeneration, PauseSerializer
from kb.indexing import generations
from kb.indexing.activation import activate
from kb.models import Collection
from retrieval.models import Generation


@extend_schema(tags=["Generations"])
class Generations(APIView):
    @extend_schema(
        operation_id="list_generations",
        parameters=PAGED,
        responses=page_of(GenerationSerializer),
        examples=[answered(examples.page(examples.GENERATION))],
    )
    def get(self, request: Request, id: str) -> Response:
        """Generations of the collection's index, newest first. Searches use the one in state `active`.

        Everyone who may read the collection sees them; editors and owners build, pause, resume, activate and drop.
        """
        found = _of(collection_or_404(request, id))
        return NewestFirst().answer(
            found, request, self, GenerationSerializer, buildings=generations.buildings(found.order_by())
        )

    @extend_schema(
        operation_id="build_generation",
        request=NewGeneration,
        responses={202: GenerationSerializer, 409: None},
        examples=[sent({"preset": "paper", "activate_when_complete": True}), answered(examples.GENERATION, 202)],
    )
    def post(self, request: Request, id: str) -> Response:
        """Build another index beside the active one, from the stored texts.

        Omitted settings are those of the active one. Uploads and removals reach both. 409 while one with these settings
        is being built.
        """
        collection = collection_or_404(request, id, Collection.objects.editable_by)
        wanted = NewGeneration(data=request.data, context={"active": collection.generation})
        wanted.is_valid(raise_exception=True)
        made = generations.start(collection, user_of(request), **wanted.validated_data)
        return _shown(made, status.HTTP_202_ACCEPTED)


@extend_schema(tags=["Generations"])
class OneGeneration(APIView):
    @extend_schema(
        operation_id="get_generation",
        responses=GenerationSerializer,
        examples=[answered(examples.GENERATION)],
    )
    def get(self, request: Request, id: str, generation: int) -> Response:
        """One generation with its progress."""
        return _shown(_generation_or_404(collection_or_404(request, id), generation))

    @extend_schema(
        operation_id="pause_generation",
        request=PauseSerializer,
        responses={200: GenerationSerializer, 409: None},
        examples=[sent({"paused": True}), answered(examples.GENERATION)],
    )
    def patch(self, request: Request, id: str, generation: int) -> Response:
        """Pause or resume a generation that is being built. Documents in progress are finished."""
        _collection, found = _editable_or_404(request, id, generation)
        wanted = PauseSerializer(data=request.data, partial=True)
        wanted.is_valid(raise_exception=True)
        match wanted.validated_data.get("paused"):
            case True:
                generations.pause(found, user_of(request))
            case False:
                generations.resume(found, user_of(request))
        return _shown(found)

    @extend_schema(operation_id="drop_generation", responses={204: None, 409: None})
    def delete(self, request: Request, id: str, generation: int) -> Response:
        """Drop a generation, possibly while it is being built. 409 if it is the active one."""
        collection, found = _editable_or_404(request, id, generation)
        generations.drop(collection, found, user_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["Generations"])
class Resume(APIView):
    @extend_schema(
        operation_id="resume_generation",
        request=None,
        responses={202: GenerationSerializer, 409: None},
        examples=[answered(examples.GENERATION, 202)],
    )
    def post(self, request: Request, id: str, generation: int) -> Response:
        """Resume a paused generation, or bring a retired one up to date with newer documents."""
        _collection, found = _editable_or_404(request, id, generation)
        generations.resume(found, user_of(request))
        return _shown(found, status.HTTP_202_ACCEPTED)


@extend_schema(tags=["Generations"])
class Activate(APIView):
    @extend_schema(
        operation_id="activate_generation",
        request=None,
        responses={200: GenerationSerializer, 409: None},
        examples=[answered(examples.GENERATION)],
    )
    def post(self, request: Request, id: str, generation: int) -> Response:
        """Make this generation the active one. The previous one is kept for some days as `retired`.

        409 if it lacks documents or is being removed.
        """
        collection, found = _editable_or_404(request, id, generation)
        activate(collection, found, user_of(request))
        return _shown(found)


def _of(collection: Collection) -> QuerySet[Generation]:
    return Generation.objects.filter(collection=collection.pk).select_related("vector_space")


def _generation_or_404(collection: Collection, generation: int) -> Generation:
    return get_object_or_404(_of(collection), pk=generation)


def _editable_or_404(request: Request, id: str, generation: int) -> tuple[Collection, Generation]:
    """For a change. Raises PermissionDenied for somebody who may only read."""
    collection = collection_or_404(request, id, Collection.objects.editable_by)
    return collection, _generation_or_404(collection, generation)


def _shown(generation: Generation, status: int = status.HTTP_200_OK) -> Response:
    generation = get_object_or_404(Generation.objects.select_related("vector_space"), pk=generation.pk)
    context = {"buildings": generations.buildings([generation])}
    return Response(GenerationSerializer(generation, context=context).data, status)
