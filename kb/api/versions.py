"""/api/v1/documents/{id}/: a document's versions, with their files, texts and passages."""

from collections.abc import Iterable

from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kb.api import examples
from kb.api.access import document_or_404, text_or_404, user_of
from kb.api.documents import accepted, check_sizes
from kb.api.pagination import InOrder, LastVersionFirst
from kb.api.schema import PAGED, VERSION, answered, page_of
from kb.api.serializers.documents import (
    AcceptedDocument,
    NewFile,
    PassageSerializer,
    TextSerializer,
    VersionSerializer,
)
from kb.library import documents
from kb.models import Document, Version, VersionText
from kb.reading.downloads import SENT_AS, attachment
from kb.storage import files
from retrieval.chunking.tree import Kind
from retrieval.models import Passage

RANGE = OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="One range of bytes, as in bytes=0-1023.")


@extend_schema(tags=["Versions"])
class Versions(APIView):
    @extend_schema(
        operation_id="list_versions",
        parameters=PAGED,
        responses=page_of(VersionSerializer),
        examples=[answered(examples.page(examples.VERSION))],
    )
    def get(self, request: Request, id: str) -> Response:
        """The versions of this document, newest first."""
        return LastVersionFirst().answer(
            document_or_404(request, id).versions.with_progress(), request, self, VersionSerializer
        )


class AnyType(DefaultContentNegotiation):
    """Serves the file whatever type the request accepts."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        json = next(iter(renderers))  # for errors
        return json, json.media_type or ""


@extend_schema(tags=["Versions"])
class File(APIView):
    parser_classes = [MultiPartParser]
    content_negotiation_class = AnyType
    rates = {"PUT": "uploads"}

    @extend_schema(
        operation_id="download_file",
        parameters=[VERSION, RANGE],
        responses={(status, kind): OpenApiTypes.BINARY for status in (200, 206) for kind in SENT_AS}
        | {304: None, 416: None},
    )
    def get(self, request: Request, id: str) -> HttpResponseBase:
        """The file of the newest or another version, as it was uploaded. Ranges are supported."""
        versions = Version.objects.filter(document=document_or_404(request, id)).order_by("-number")
        number = request.query_params.get("version")
        if number is not None:
            versions = versions.numbered(number)
        return attachment(request._request, get_object_or_404(versions[:1]))

    @extend_schema(
        operation_id="replace_file",
        request=NewFile,
        responses={202: AcceptedDocument},
        examples=[answered(examples.ACCEPTED, 202)],
    )
    def put(self, request: Request, id: str) -> Response:
        """Upload the document's next version. Searches use the previous one until the new one is ready.

        If the file is the same as the latest version's, nothing changes and the response has `"duplicate": true`.
        """
        document = document_or_404(request, id, to_change=True)
        wanted = NewFile(data=request.data)
        wanted.is_valid(raise_exception=True)
        if len(request.FILES.getlist("file")) > 1:
            raise ValidationError({"file": [_("A document has one file. Send one.")]})
        upload = wanted.validated_data["file"]
        check_sizes([upload])
        try:
            added = documents.replace(document, user_of(request), files.receive(upload))
        except Document.DoesNotExist as removed:
            raise NotFound from removed
        return Response(accepted(added), status.HTTP_202_ACCEPTED)


@extend_schema(tags=["Versions"])
class Text(APIView):
    @extend_schema(
        operation_id="get_text",
        parameters=[VERSION],
        responses={200: TextSerializer, 409: None},
        examples=[answered(examples.TEXT)],
    )
    def get(self, request: Request, id: str) -> Response:
        """The text of the newest parsed version, or of another one, with its outline. 409 while there is none."""
        return Response(TextSerializer(text_or_404(request, document_or_404(request, id))).data)


@extend_schema(tags=["Versions"])
class Passages(APIView):
    @extend_schema(
        operation_id="list_passages",
        parameters=PAGED,
        responses=page_of(PassageSerializer),
        examples=[answered(examples.page(examples.PASSAGE))],
    )
    def get(self, request: Request, id: str) -> Response:
        """The passages of the document in the active index, in order."""
        document = document_or_404(request, id)
        texts = VersionText.objects.filter(version__document=document).only("page_labels").in_bulk()
        generation = document.collection.generation_id
        passages = Passage.objects.filter(generation=generation, version__in=texts, kind=Kind.PASSAGE)
        return InOrder().answer(passages, request, self, PassageSerializer, texts=texts)
