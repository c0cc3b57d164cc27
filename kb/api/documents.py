"""/api/v1/documents/ and /api/v1/collections/{id}/documents/"""

from collections.abc import Sequence

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kb.api import examples
from kb.api.access import collection_or_404, document_or_404, user_of, visible_documents
from kb.api.errors import TooLarge
from kb.api.pagination import NewestFirst
from kb.api.schema import PAGED, answered, page_of, results_of, sent
from kb.api.serializers.documents import AcceptedDocument, DocumentSerializer, DocumentsQuery, NewFiles
from kb.library import documents
from kb.models import Collection, Document, Version
from kb.storage import files


@extend_schema(tags=["Documents"])
class Documents(APIView):
    parser_classes = [MultiPartParser]
    rates = {"POST": "uploads"}

    @extend_schema(
        operation_id="list_documents",
        parameters=[DocumentsQuery, *PAGED],
        responses=page_of(DocumentSerializer),
        examples=[answered(examples.page(examples.DOCUMENT))],
    )
    def get(self, request: Request, id: str) -> Response:
        """The documents of a collection, newest first; `status` and `name` narrow the list."""
        found = visible_documents(request).filter(collection=collection_or_404(request, id))
        wanted = DocumentsQuery(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        if "status" in wanted.validated_data:
            found = found.in_status(wanted.validated_data["status"])
        if "name" in wanted.validated_data:
            found = found.filter(name__icontains=wanted.validated_data["name"])
        return NewestFirst().answer(found, request, self, DocumentSerializer)

    @extend_schema(
        operation_id="upload_documents",
        request=NewFiles,
        responses={202: results_of(AcceptedDocument)},
        examples=[answered({"results": [examples.ACCEPTED]}, 202)],
    )
    def post(self, request: Request, id: str) -> Response:
        """Upload files. Each becomes a queued document. Poll it until its status is ready or failed.

        A file that exists already returns its document with `"duplicate": true`; if that failed, it is retried.
        """
        collection = collection_or_404(request, id, Collection.objects.editable_by)
        wanted = NewFiles(data=request.data)
        wanted.is_valid(raise_exception=True)
        uploads: list[TemporaryUploadedFile] = wanted.validated_data["file"]
        check_sizes(uploads)
        metadata = wanted.validated_data["metadata"]
        added = [
            documents.add(collection, user_of(request), files.receive(upload), metadata=metadata) for upload in uploads
        ]
        return Response({"results": [accepted(one) for one in added]}, status.HTTP_202_ACCEPTED)


@extend_schema(tags=["Documents"])
class OneDocument(APIView):
    @extend_schema(operation_id="get_document", responses=DocumentSerializer, examples=[answered(examples.DOCUMENT)])
    def get(self, request: Request, id: str) -> Response:
        """One document: its latest version, its progress, and the reason if it failed."""
        return Response(DocumentSerializer(document_or_404(request, id)).data)

    @extend_schema(
        operation_id="change_document",
        request=DocumentSerializer,
        responses=DocumentSerializer,
        examples=[sent({"metadata": {"year": 2009, "tags": ["bm25"]}}), answered(examples.DOCUMENT)],
    )
    def patch(self, request: Request, id: str) -> Response:
        """Editors change name and metadata. New metadata replaces all previous metadata."""
        document = document_or_404(request, id, to_change=True)
        wanted = DocumentSerializer(document, data=request.data, partial=True)
        wanted.is_valid(raise_exception=True)
        documents.change(document, user_of(request), **wanted.validated_data)
        return Response(DocumentSerializer(document_or_404(request, id)).data)

    @extend_schema(operation_id="remove_document", responses={204: None})
    def delete(self, request: Request, id: str) -> Response:
        """Editors remove a document with all its versions, passages and vectors."""
        document = document_or_404(request, id, to_change=True)
        documents.remove(Document.objects.filter(pk=document.pk), user_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["Documents"])
class Retry(APIView):
    @extend_schema(
        operation_id="retry_document",
        request=None,
        responses={202: DocumentSerializer},
        examples=[answered(examples.DOCUMENT, 202)],
    )
    def post(self, request: Request, id: str) -> Response:
        """Retry a failed document. Other documents do not change."""
        document = document_or_404(request, id, to_change=True)
        documents.retry(Version.objects.filter(pk=document.newest.pk), user_of(request))
        return Response(DocumentSerializer(document_or_404(request, id)).data, status.HTTP_202_ACCEPTED)


@extend_schema(tags=["Documents"])
class ParseAgain(APIView):
    @extend_schema(
        operation_id="parse_document_again",
        request=None,
        responses={202: DocumentSerializer},
        examples=[answered(examples.DOCUMENT, 202)],
    )
    def post(self, request: Request, id: str) -> Response:
        """Parse the newest file again as a new version, for example after text recognition was installed.

        Has no effect on a document that is still waiting to be parsed. Links to the previous version stay valid.
        """
        document = document_or_404(request, id, to_change=True)
        documents.parse_again(Document.objects.filter(pk=document.pk), user_of(request))
        return Response(DocumentSerializer(document_or_404(request, id)).data, status.HTTP_202_ACCEPTED)


def check_sizes(uploads: Sequence[TemporaryUploadedFile]) -> None:
    """Raises TooLarge if a file is over the limit."""
    for upload in uploads:
        if upload.size is not None and upload.size > settings.MAX_FILE_BYTES:
            limit = settings.MAX_FILE_BYTES // 1024**2
            raise TooLarge(_("%(name)s is larger than %(limit)s MB. Split it.") % {"name": upload.name, "limit": limit})


def accepted(added: documents.Added) -> dict[str, object]:
    return DocumentSerializer(added.document).data | {"duplicate": added.duplicate}
