"""The search page."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from kb.models import Collection
from kb.parsing.media_type import PDF
from kb.reading.trail import Place, Trail
from kb.searching import search as searching
from kb.views import htmx
from kb.views.access import user_of, visible_collections
from kb.views.limits import limited
from retrieval.options import SearchOptions

SHOWN = 10
LONGEST_QUESTION = 2000


@require_safe
@limited("general", "search", when=lambda request: bool(request.GET.get("q", "").strip()))
def search(request: HttpRequest) -> HttpResponse:
    """`?q=` is the question; `?collection=` limits the search to one collection."""
    text = request.GET.get("q", "").strip()[:LONGEST_QUESTION]
    chosen = request.GET.get("collection", "")
    context: dict[str, object] = {"q": text, "chosen": chosen, "collections": visible_collections(request)}
    if text:
        try:
            results = searching.search(
                user_of(request), None, text, SearchOptions(limit=SHOWN), [chosen] if chosen else None
            )
        except Collection.DoesNotExist as missing:
            raise Http404 from missing
        context |= {"results": results, "hits": zip(results.hits, _links(results, text, chosen), strict=True)}
    context["part"] = htmx.asks(request)
    response = render(request, "search/_results.html" if context["part"] else "search/search.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _links(results: searching.SearchResults, question: str, collection: str) -> list[str]:
    """The address of each hit, with the trail to the others."""
    places = []
    for found in results.hits:
        pages = found.passage.pages if found.version.media_type == PDF else None
        span = found.passage.start, found.passage.end
        places.append(Place(found.version.document_id, found.version.number, *span, pages[0] if pages else 0))
    return [Trail(question, collection, places, number).open() for number in range(1, len(places) + 1)]
