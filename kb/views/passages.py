"""How a document is split into passages, and trying another preset before it is taken."""

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

CHOICES = ("", AUTO, *PRESETS)  # "": as the collection says


@require_http_methods(["GET", "HEAD", "POST"])
@limited("previews", when=lambda request: request.method != "POST")
def passages(request: HttpRequest, id: str) -> HttpResponse:
    """`?preset=` shows how that one would split it; the same by POST splits it so from now on."""
    document = document_or_404(request, id, to_change=request.method == "POST")
    wanted = request.POST.get("preset", request.GET.get("preset", document.preset))
    if wanted not in CHOICES:
        raise BadRequest(f"There is no preset {wanted!r}")
    if request.method == "POST":
        documents.change(document, user_of(request), preset=wanted)
        messages.info(request, _("It is split and indexed again. Until that is done, its former passages are found."))
        return redirect("document", id)
    facts = _newest_read(document)
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


def _newest_read(document: Document) -> VersionText:
    """Of the newest version whose file has been read; without the text."""
    texts = VersionText.objects.defer("text").select_related("version__document__collection__generation")
    found = texts.filter(version__document=document).order_by("-version__number").first()
    if found is None:
        raise Http404("no version of it has been read yet")
    return found
