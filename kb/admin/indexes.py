"""The indexes of a collection, on its page in the panel: their progress, and buttons to build, activate and drop."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods, require_POST

from embedding.engine import EngineError
from kb.admin.rows import Rows, actor
from kb.indexing import generations
from kb.indexing.activation import GenerationError, activate
from kb.indexing.generations import Building
from kb.models import Collection
from retrieval.models import Generation


class Indexes(Rows):
    """A collection's page with its indexes below the form, because each button is a form of its own."""

    change_form_outer_after_template = "panel/indexes.html"

    def get_urls(self) -> list[Any]:
        views = {
            "build/": (self.build_index, "index_build"),
            "<int:generation>/pause/": (self.pause_index, "index_pause"),
            "<int:generation>/resume/": (self.resume_index, "index_resume"),
            "<int:generation>/activate/": (self.activate_index, "index_activate"),
            "<int:generation>/drop/": (self.drop_index, "index_drop"),
        }
        own: list[URLPattern] = [
            path(f"<path:object_id>/index/{place}", self.admin_site.admin_view(view), name=f"kb_collection_{name}")
            for place, (view, name) in views.items()
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        found = list(_of(unquote(object_id)).order_by("-created_at", "-pk"))
        far = generations.buildings(found)
        context = {
            "indexes": [(one, far.get(one.pk, Building())) for one in found],
            **(extra_context or {}),
        }
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response

    @method_decorator(require_POST)
    def build_index(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Builds an index with the settings of the active one."""
        return self._run(request, object_id, generations.start)

    @method_decorator(require_POST)
    def pause_index(self, request: HttpRequest, object_id: str, generation: int) -> HttpResponse:
        found = _found_or_404(object_id, generation)
        return self._run(request, object_id, lambda _collection, by: generations.pause(found, by))

    @method_decorator(require_POST)
    def resume_index(self, request: HttpRequest, object_id: str, generation: int) -> HttpResponse:
        found = _found_or_404(object_id, generation)
        return self._run(request, object_id, lambda _collection, by: generations.resume(found, by))

    @method_decorator(require_POST)
    def activate_index(self, request: HttpRequest, object_id: str, generation: int) -> HttpResponse:
        found = _found_or_404(object_id, generation)
        return self._run(request, object_id, lambda collection, by: activate(collection, found, by))

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def drop_index(self, request: HttpRequest, object_id: str, generation: int) -> HttpResponse:
        """Asks for confirmation first."""
        found = _found_or_404(object_id, generation)
        if request.method == "POST":
            return self._run(request, object_id, lambda collection, by: generations.drop(collection, found, by))
        context = {"opts": self.opts, "original": self._collection(request, object_id), "generation": found}
        return render(request, "panel/index_drop.html", {**self.admin_site.each_context(request), **context})

    def _run(self, request: HttpRequest, object_id: str, action: Callable[[Collection, User], object]) -> HttpResponse:
        """Runs the action, then shows the collection's page, with the reason if the action was refused."""
        try:
            action(self._collection(request, object_id), actor(request))
        except (GenerationError, EngineError) as reason:
            self.message_user(request, str(reason), messages.ERROR)
        return redirect("admin:kb_collection_change", object_id)

    def _collection(self, request: HttpRequest, object_id: str) -> Collection:
        found: Collection | None = self.get_object(request, unquote(object_id))
        if found is None:
            raise Http404
        return found


def _of(collection: str) -> QuerySet[Generation]:
    return Generation.objects.filter(collection=collection).select_related("vector_space")


def _found_or_404(object_id: str, generation: int) -> Generation:
    return get_object_or_404(_of(unquote(object_id)), pk=generation)
