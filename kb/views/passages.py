"""How a document is split into passages, with a preview of other presets."""

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kb.indexing.preview import READ, preview
from kb.library import documents
from kb.models import Document, VersionText
from kb.reading import stored_text
from kb.views.access import document_or_404, user_of
from kb.views.limits import limited
from retrieval.chunking.presets import AUTO, PRESETS

CHOICES = ("", AUTO, *PRESETS)  # "": the collection's preset


@require_http_methods(["GET", "HEAD", "POST"])
@limited("previews", when=lambda request: request.method != "POST")
def passages(request: HttpRequest, id: str) -> HttpResponse:
    """`?preset=` previews a preset; a POST of `preset` chooses it."""
    document = document_or_404(request, id, to_change=request.method == "POST")
    wanted = request.POST.get("preset", request.GET.get("preset", document.preset))
    if wanted not in CHOICES:
        raise BadRequest(f"There is no preset {wanted!r}")
    if request.method == "POST":
        documents.change(document, user_of(request), preset=wanted)
        messages.info(
            request,
            _("The document is being split and indexed again. Until then, searches find its previous passages."),
        )
        return redirect("document", id)
    facts = _newest_parsed(document)
    context: dict[str, object] = {
        "document": document,
        "version": facts.version,
        "labels": facts.page_labels,
        "choices": CHOICES,
        "chosen": wanted,
        "is_trial": wanted != document.preset,
        "may_edit": Document.objects.editable_by(user_of(request)).filter(pk=id).exists(),
        "preview": preview(facts, stored_text.reader(facts.pk)(0, READ), wanted),
    }
    return render(request, "document/passages.html", context)


def _newest_parsed(document: Document) -> VersionText:
    """Facts about the newest parsed version, without its text."""
    texts = VersionText.objects.defer("text").select_related("version__document__collection__generation")
    found = texts.filter(version__document=document).order_by("-version__number").first()
    if found is None:
        raise Http404("no version has been parsed yet")
    return found
