"""Uploads and their progress, retrying and removing documents."""

from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kb.indexing.progress import batches_of, status_counts
from kb.library import documents
from kb.models import Collection, Document, Role, Version, new_id
from kb.reading.downloads import attachment
from kb.storage import files
from kb.views import htmx
from kb.views.access import collection_or_404, document_or_404, user_of, version_or_404
from kb.views.collections import detail_context
from kb.views.forms import UploadForm

WATCHED_AT_ONCE = 200


@require_POST
def upload(request: HttpRequest, id: str) -> HttpResponse:
    """Accepts files from the form, or one at a time from the upload script, which gets the new rows in response."""
    collection = collection_or_404(request, id, to_change=True)
    form = UploadForm(request.POST, request.FILES)
    from_script = "X-Upload" in request.headers
    if not form.is_valid():
        if from_script:
            return HttpResponse(
                "\n".join(map(str, form.errors.get("files", []))), status=422, content_type="text/plain"
            )
        return render(request, "collection/detail.html", detail_context(request, collection, form), status=422)
    batch = form.cleaned_data["batch"] or new_id()
    added = [
        documents.add(collection, user_of(request), files.receive(file), batch=batch)
        for file in form.cleaned_data["files"]
    ]
    if from_script:
        context = {
            "added": added,
            "collection": collection,
            "may_edit": True,
            "batches": batches_of(collection, [batch]),
            "counts": status_counts(collection),
            "more": True,  # a worker may be done with them by now, though their rows say that they wait
        }
        return render(request, "collection/_uploaded.html", context)
    duplicates = sum(one.duplicate for one in added)
    if duplicates:
        text = ngettext("%(n)s file exists already.", "%(n)s files exist already.", duplicates)
        messages.info(request, text % {"n": duplicates})
    return redirect("collection", collection.pk)


@require_safe
def progress(request: HttpRequest, id: str) -> HttpResponse:
    """For htmx: progress of uploads, and the rows that the page watches (`watch=`)."""
    collection = collection_or_404(request, id)
    watched = request.GET.getlist("watch")
    some = collection.documents.present().with_progress().filter(pk__in=watched[:WATCHED_AT_ONCE])
    return _changes(request, collection, some, more=len(watched) > WATCHED_AT_ONCE)


@require_POST
def retry_failed(request: HttpRequest, id: str) -> HttpResponse:
    collection = collection_or_404(request, id, to_change=True)
    newest = collection.documents.present().values("latest")
    n = documents.retry(Version.objects.filter(pk__in=newest), user_of(request))
    text = ngettext("Retrying %(n)s document.", "Retrying %(n)s documents.", n)
    messages.info(request, text % {"n": n})
    return redirect("collection", collection.pk)


@require_POST
def retry(request: HttpRequest, id: str) -> HttpResponse:
    document = document_or_404(request, id, to_change=True)
    documents.retry(Version.objects.filter(pk=document.newest.pk), user_of(request))
    if htmx.asks(request):
        collection = collection_or_404(request, document.collection_id)
        return _changes(request, collection, [document_or_404(request, id)], more=True)  # it may be done by now
    return redirect("document", document.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, id: str) -> HttpResponse:
    """Asks for confirmation, unless htmx has done so."""
    document = document_or_404(request, id, to_change=True)
    if request.method == "POST":
        documents.remove(Document.objects.filter(pk=document.pk), user_of(request))
        if htmx.asks(request):
            return _changes(request, collection_or_404(request, document.collection_id), removed=document.pk)
        return redirect("collection", document.collection_id)
    return render(request, "document/remove.html", {"document": document})


@require_safe
def file(request: HttpRequest, id: str) -> HttpResponseBase:
    return attachment(request, version_or_404(request, document_or_404(request, id)))


def _changes(
    request: HttpRequest,
    collection: Collection,
    changed: Iterable[Document] = (),
    *,
    removed: str = "",
    more: bool = False,
) -> HttpResponse:
    """For htmx: what changed on the collection's page. With `more`, the page asks again."""
    page = parse_qs(urlsplit(request.headers.get("HX-Current-URL", "")).query)
    context = {
        "collection": collection,
        "may_edit": collection.role_of_reader != Role.VIEWER,
        "documents": changed,
        "removed": removed,
        "more": more,
        "status": page.get("status", [""])[0],
        "batches": batches_of(collection, request.GET.getlist("batch")),
        "counts": status_counts(collection),
    }
    return render(request, "collection/_progress.html", context)
