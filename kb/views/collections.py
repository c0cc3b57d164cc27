"""The library, and one collection with its documents."""

from django.conf import settings
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from embedding.engine import EngineError
from kb.indexing.activation import GenerationError
from kb.indexing.progress import batches_of, status_counts
from kb.library import collections
from kb.models import Collection, Role, Status
from kb.views.access import collection_or_404, user_of, visible_collections
from kb.views.forms import CollectionSettingsForm, NewCollectionForm, UploadForm
from retrieval.chunking.presets import DEFAULT_PRESET

DOCUMENTS_ON_A_PAGE = 50


@require_safe
def library(request: HttpRequest) -> HttpResponse:
    return render(request, "library.html", {"collections": visible_collections(request)})


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    form = NewCollectionForm(request.POST or None)
    if form.is_valid():
        made = collections.create(user_of(request), preset=DEFAULT_PRESET, **form.cleaned_data)
        return redirect("collection", made.pk)
    return render(request, "collection/new.html", {"form": form})


@require_safe
def collection(request: HttpRequest, id: str) -> HttpResponse:
    found = collection_or_404(request, id)
    return render(request, "collection/detail.html", detail_context(request, found))


def detail_context(request: HttpRequest, found: Collection, form: UploadForm | None = None) -> dict[str, object]:
    """The context of the collection's page; `form` is that of a refused upload."""
    status = request.GET.get("status", "")
    rows = found.documents.present().with_progress().order_by("-created_at", "id")
    if status in Status.values:
        rows = rows.in_status(status)
    page = Paginator(rows, DOCUMENTS_ON_A_PAGE).get_page(request.GET.get("page"))
    return {
        "collection": found,
        "may_edit": found.role_of_reader != Role.VIEWER,
        "is_member": Collection.objects.with_member(user_of(request)).filter(pk=found.pk).exists(),
        "page": page,
        "status": status,
        "counts": status_counts(found),
        "batches": batches_of(found),
        "form": form or UploadForm(),
        "max_file_mb": settings.MAX_FILE_BYTES // 1024**2,
    }


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, id: str) -> HttpResponse:
    found = collection_or_404(request, id, to_change=True)
    form = CollectionSettingsForm(found, request.POST or None)
    if found.role_of_reader != Role.OWNER:
        del form.fields["everyone_may_read"]
    if form.is_valid():
        preset = form.cleaned_data.pop("preset")
        instruction = form.cleaned_data.pop("instruction", found.generation.instruction)
        try:
            with transaction.atomic():  # if the preset is refused, nothing else changes
                collections.change(found, user_of(request), **form.cleaned_data)
                collections.change_instruction(found, user_of(request), instruction)
                collections.change_preset(found, user_of(request), preset)
        except (GenerationError, EngineError) as error:
            form.add_error("preset", str(error))
        else:
            return redirect("collection", found.pk)
    return render(request, "collection/edit.html", {"form": form, "collection": found})


@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, id: str) -> HttpResponse:
    """Asks for confirmation first."""
    found = collection_or_404(request, id, to_own=True)
    if request.method == "POST":
        collections.remove(found, user_of(request))
        return redirect("library")
    return render(request, "collection/remove.html", {"collection": found})
