"""How a document is cut, and trying another way before it is taken."""

import logging

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from embedding.engine import EngineError
from kb.indexing.preview import preview
from kb.library import documents
from kb.models import Document, VersionText
from kb.views.access import document_or_404, user_of
from retrieval.chunking.presets import AUTO, PRESETS

logger = logging.getLogger(__name__)

CHOICES = ("", AUTO, *PRESETS)  # "": as the collection says


@require_http_methods(["GET", "HEAD", "POST"])
def passages(request: HttpRequest, id: str) -> HttpResponse:
    """`?preset=` shows how that one would cut it; the same by POST cuts it so from now on."""
    document = document_or_404(request, id, to_change=request.method == "POST")
    wanted = request.POST.get("preset", request.GET.get("preset", document.preset))
    if wanted not in CHOICES:
        raise BadRequest(f"There is no preset {wanted!r}")
    if request.method == "POST":
        documents.change(document, user_of(request), preset=wanted)
        messages.info(request, _("It is cut and indexed again. Until that is done, the passages of before are found."))
        return redirect("document", id)
    text = _text_of(document)
    context: dict[str, object] = {
        "document": document,
        "version": text.version,
        "labels": text.page_labels,
        "choices": CHOICES,
        "chosen": wanted,
        "is_trial": wanted != document.preset,
        "may_edit": Document.objects.editable_by(user_of(request)).filter(pk=id).exists(),
    }
    try:
        context["preview"] = preview(text, wanted)
    except EngineError as error:
        logger.warning("A preview found no engine: %s", error)
        context["problem"] = _("The embedding engine does not answer. Try again soon.")
    return render(request, "document/passages.html", context)


def _text_of(document: Document) -> VersionText:
    texts = VersionText.objects.select_related("version__document__collection__generation")
    found = texts.filter(version__document=document).order_by("-version__number").first()
    if found is None:
        raise Http404("no version of it has been read yet")
    return found
