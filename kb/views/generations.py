"""A collection's page "Index": the active index, the one being built, and the comparison of two."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from embedding.engine import EngineError
from kb.indexing import generations
from kb.indexing.activation import GenerationError
from kb.indexing.activation import activate as activate_generation
from kb.indexing.generations import Building
from kb.models import Collection, Role
from kb.searching.compare import compare as compare_answers
from kb.views import htmx
from kb.views.access import collection_or_404, user_of
from kb.views.index_forms import BuildForm
from kb.views.limits import limited
from kb.views.search import LONGEST_QUESTION
from retrieval.models import Generation

MANY = 5000  # documents: their progress is polled less often, because counting takes time

Action = Callable[[Collection, Generation, User], None]


@dataclass(frozen=True)
class Built:
    """A generation that is being built, with its progress."""

    generation: Generation
    progress: Building

    @property
    def moves(self) -> bool:
        """Whether the progress can change by itself."""
        if self.generation.paused:
            return False
        return self.generation.activate_when_complete or not self.progress.complete


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest, id: str) -> HttpResponse:
    """The page; a POST builds another index. htmx polls the progress, and reloads the page at its end."""
    collection = collection_or_404(request, id, to_change=request.method == "POST")
    form = BuildForm(collection.generation, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            generations.start(collection, user_of(request), **form.cleaned_data)
        except (EngineError, GenerationError) as error:
            form.add_error(None, str(error))
        else:
            return redirect("collection-index", id)
    context = _index(collection) | {"form": form}
    if not htmx.asks(request):
        response = render(request, "collection/index.html", context)
    else:
        asked = request.GET.get("building")
        one = next((one for one in context["building"] if str(one.generation.pk) == asked and one.moves), None)
        response = (
            render(request, "collection/_index_progress.html", context | {"one": one})
            if one
            else HttpResponseClientRefresh()
        )
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_POST
def pause(request: HttpRequest, id: str, generation: int) -> HttpResponse:
    return _act(request, id, generation, lambda _collection, found, by: generations.pause(found, by))


@require_POST
def resume(request: HttpRequest, id: str, generation: int) -> HttpResponse:
    return _act(request, id, generation, lambda _collection, found, by: generations.resume(found, by))


@require_POST
def activate(request: HttpRequest, id: str, generation: int) -> HttpResponse:
    return _act(request, id, generation, activate_generation)


@require_http_methods(["GET", "HEAD", "POST"])
def drop(request: HttpRequest, id: str, generation: int) -> HttpResponse:
    """Asks for confirmation first."""
    if request.method == "POST":
        return _act(request, id, generation, generations.drop)
    collection = collection_or_404(request, id, to_change=True)
    context = {"collection": collection, "generation": _generation_or_404(collection, generation)}
    return render(request, "collection/index_drop.html", context)


@require_safe
@limited("general", "search", when=lambda request: bool(request.GET.get("q", "").strip()))
def compare(request: HttpRequest, id: str) -> HttpResponse:
    """`?q=` is the question; `?with=` the generation to compare with the active one."""
    collection = collection_or_404(request, id)
    others = _index(collection)["others"]
    if not others:
        return redirect("collection-index", id)
    wanted = request.GET.get("with", str(others[0].pk))
    chosen = next((one for one in others if str(one.pk) == wanted), None)
    if chosen is None:
        raise Http404
    question = request.GET.get("q", "").strip()[:LONGEST_QUESTION]
    context: dict[str, Any] = {"collection": collection, "others": others, "chosen": chosen, "q": question}
    if question:
        context["sides"] = compare_answers(user_of(request), collection.generation, chosen, question)
    return render(request, "collection/index_compare.html", context)


def _act(request: HttpRequest, id: str, generation: int, action: Action) -> HttpResponse:
    """Runs the action, then shows the page, with the reason if the action was refused."""
    collection = collection_or_404(request, id, to_change=True)
    found = _generation_or_404(collection, generation)
    try:
        action(collection, found, user_of(request))
    except GenerationError as error:
        messages.error(request, str(error))
    return redirect("collection-index", id)


def _index(collection: Collection) -> dict[str, Any]:
    """For the templates: the generations of a collection, grouped by state."""
    found = list(_of(collection).exclude(state=Generation.State.DROPPED).order_by("-created_at", "-pk"))
    far = generations.buildings(found)
    building = [Built(one, far.get(one.pk, Building())) for one in found if one.state == Generation.State.BUILDING]
    retired = [one for one in found if one.state == Generation.State.RETIRED]
    kept = timedelta(days=settings.KEEP_RETIRED_INDEX_DAYS)
    return {
        "collection": collection,
        "may_edit": collection.role_of_reader != Role.VIEWER,
        "active": collection.generation,
        "since": generations.searched_since(collection),
        "building": building,
        "moves": any(one.moves for one in building),
        "look_seconds": 2 if collection.document_count < MANY else 10,
        "retired": [(one, one.retired_at + kept) for one in retired if one.retired_at],
        # Can be compared with the active one.
        "others": [*(one.generation for one in building if one.progress.complete), *retired],
    }


def _of(collection: Collection) -> QuerySet[Generation]:
    return Generation.objects.filter(collection=collection.pk).select_related("vector_space")


def _generation_or_404(collection: Collection, generation: int) -> Generation:
    return get_object_or_404(_of(collection), pk=generation)
