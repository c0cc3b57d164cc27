"""/api/v1/documents/ and /api/v1/collections/{id}/documents/"""

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kb import documents, files
from kb.api.access import collection_or_404, document_or_404, text_or_404, user_of, visible_documents
from kb.api.errors import TooLarge
from kb.api.pagination import InOrder, NewestFirst
from kb.api.serializers import DocumentSerializer, NewMetadata, PassageSerializer, TextSerializer
from kb.downloads import attachment
from kb.models import Collection, Document, Status, Version
from retrieval.models import Passage


class Documents(APIView):
    parser_classes = [MultiPartParser]

    def get(self, request: Request, id: str) -> Response:
        found = visible_documents(request).filter(collection=collection_or_404(request, id))
        wanted = request.query_params.get("status")
        if wanted is not None:
            if wanted not in Status.values:
                raise ValidationError({"status": [_("Use one of: %s.") % ", ".join(Status.values)]})
            found = found.filter(latest__status=wanted)
        pages = NewestFirst()
        page = pages.paginate_queryset(found, request, self)
        return pages.get_paginated_response(DocumentSerializer(page, many=True).data)

    def post(self, request: Request, id: str) -> Response:
        collection = collection_or_404(request, id, Collection.objects.editable_by)
        uploads = uploads_of(request)
        metadata = NewMetadata(data=request.data)
        metadata.is_valid(raise_exception=True)
        added = [
            documents.add(collection, user_of(request), files.receive(upload), **metadata.validated_data)
            for upload in uploads
        ]
        shown = [DocumentSerializer(one.document).data | {"duplicate": one.duplicate} for one in added]
        return Response({"results": shown}, status.HTTP_202_ACCEPTED)


class OneDocument(APIView):
    def get(self, request: Request, id: str) -> Response:
        return Response(DocumentSerializer(document_or_404(request, id)).data)

    def patch(self, request: Request, id: str) -> Response:
        document = document_or_404(request, id, to_change=True)
        wanted = DocumentSerializer(document, data=request.data, partial=True)
        wanted.is_valid(raise_exception=True)
        documents.change(document, user_of(request), **wanted.validated_data)
        return Response(DocumentSerializer(document).data)

    def delete(self, request: Request, id: str) -> Response:
        document = document_or_404(request, id, to_change=True)
        documents.remove(Document.objects.filter(pk=document.pk), user_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class File(APIView):
    def get(self, request: Request, id: str) -> HttpResponseBase:
        versions = Version.objects.filter(document=document_or_404(request, id)).order_by("-number")
        number = request.query_params.get("version")
        if number is not None:
            versions = versions.numbered(number)
        return attachment(get_object_or_404(versions[:1]))


class Retry(APIView):
    def post(self, request: Request, id: str) -> Response:
        document = document_or_404(request, id, to_change=True)
        documents.retry(Version.objects.filter(pk=document.newest.pk), user_of(request))
        return Response(DocumentSerializer(document_or_404(request, id)).data, status.HTTP_202_ACCEPTED)


class Text(APIView):
    def get(self, request: Request, id: str) -> Response:
        return Response(TextSerializer(text_or_404(request, document_or_404(request, id))).data)


class Passages(APIView):
    def get(self, request: Request, id: str) -> Response:
        document = document_or_404(request, id)
        searched = Version.objects.published().filter(document=document).order_by("-number")[:1]
        leaves = Passage.objects.filter(version__in=searched.values("pk"), kind=Passage.Kind.LEAF)
        pages = InOrder()
        page = pages.paginate_queryset(leaves, request, self)
        return pages.get_paginated_response(PassageSerializer(page, many=True).data)


def uploads_of(request: Request) -> list[TemporaryUploadedFile]:
    """The files of a multipart request. Raises ValidationError if there is none, TooLarge if one is."""
    uploads: list[TemporaryUploadedFile] = request.FILES.getlist("file")
    if not uploads:
        raise ValidationError({"file": [_('Send one file or several as multipart parts named "file".')]})
    for upload in uploads:
        if upload.size is not None and upload.size > settings.MAX_FILE_BYTES:
            limit = settings.MAX_FILE_BYTES // 1024**2
            raise TooLarge(_("%(name)s is larger than %(limit)s MB. Split it.") % {"name": upload.name, "limit": limit})
    return uploads
