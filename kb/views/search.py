"""The search page."""

import logging

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from embedding.engine import EngineError
from kb.models import Collection
from kb.search import search as ask
from kb.views import htmx
from kb.views.access import user_of, visible_collections
from retrieval.search import Request as Question

logger = logging.getLogger(__name__)

SHOWN = 10
LONGEST_QUESTION = 2000


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """`?q=` the question, `?collection=` only that one."""
    text = request.GET.get("q", "").strip()[:LONGEST_QUESTION]
    chosen = request.GET.get("collection", "")
    context: dict[str, object] = {"q": text, "chosen": chosen, "collections": visible_collections(request)}
    if text:
        try:
            context["answer"] = ask(user_of(request), None, Question(text, limit=SHOWN), [chosen] if chosen else None)
        except Collection.DoesNotExist as missing:
            raise Http404 from missing
        except EngineError as error:
            logger.warning("A search found no engine: %s", error)
            context["problem"] = _("The embedding engine does not answer. Try again soon.")
    context["part"] = htmx.asks(request)
    answer = render(request, "search/_results.html" if context["part"] else "search/search.html", context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer
