"""The admin site: access, overview page, navigation."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_update
from django.conf import settings
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from unfold.sites import UnfoldAdminSite

from embedding.engine import EngineError
from kb.admin.audit_log import AuditEntries
from kb.admin.collections import Collections
from kb.admin.documents import Documents
from kb.admin.people import People
from kb.admin.rows import actor
from kb.admin.tokens import Tokens
from kb.admin.zero_result_searches import ZeroResultSearches
from kb.indexing.failures import FAILURES
from kb.models import AuditEntry, Collection, Document, Status, Token, ZeroResultSearch
from kb.operations.health import readiness
from kb.operations.overview import overview, speed

# unfold's icons are a font, and its pages use Alpine.js, which compiles expressions to functions and writes style
# attributes.
RELAXED_CSP = {"script-src": [UNSAFE_EVAL], "style-src-attr": [UNSAFE_INLINE], "font-src": [SELF]}
View = Callable[..., HttpResponseBase]


class FootnoteAdmin(UnfoldAdminSite):  # type: ignore[misc]  # untyped
    """For active superusers. Everybody else who is signed in gets 404, not a sign-in page."""

    index_template = "panel/overview.html"
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        user = actor(request)
        return user.is_active and user.is_superuser

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        guarded = super().admin_view(view, cacheable)

        @csp_update(RELAXED_CSP)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not self.has_permission(request):
                raise Http404
            answer: HttpResponseBase = guarded(request, *args, **kwargs)
            return answer

        return update_wrapper(inner, view)

    def get_urls(self) -> list[Any]:
        found: list[Any] = super().get_urls()
        for pattern in found:
            if isinstance(pattern, URLPattern):
                vars(pattern.callback).pop("login_url", None)  # so that LoginRequiredMiddleware uses settings.LOGIN_URL
        return found

    def extra_urls(self) -> list[URLPattern]:
        """unfold puts these before its own."""
        return [
            path("health/", self.admin_view(self.health), name="health"),
            path("speed/<str:engine>/", self.admin_view(self.speed), name="speed"),
        ]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Disabled: administrators use the normal sign-in page."""
        raise Http404

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Redirects to the normal page."""
        return redirect("change-password")

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("admin:index")

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        found = overview()
        failures = [(code, FAILURES[code].title, count) for code, count in found.failures]
        documents = [(status, status.label, found.documents[status]) for status in Status]
        context = {"title": _("Overview"), "overview": found, "failures": failures, "documents": documents}
        answer: HttpResponse = super().index(request, {**context, "engines": list(settings.ENGINES)})
        return answer

    def health(self, request: HttpRequest) -> HttpResponse:
        """Health of the parts, loaded by htmx: asking a worker may take a second, which must not delay the page."""
        return require_GET(_health)(request)

    def speed(self, request: HttpRequest, engine: str) -> HttpResponse:
        """Speed of an engine, loaded by htmx."""
        return require_POST(_speed)(request, engine)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context: dict[str, Any] = super().each_context(request)
        return context | {
            "site_title": "Footnote",
            "site_header": "Footnote",
            "site_subheader": _("Administration"),
            "site_icon": static("img/icon.svg"),
            "site_url": reverse("library"),
            "site_favicons": [{"rel": "icon", "href": static("img/icon.svg"), "type": "image/svg+xml"}],
            "styles": [static("css/admin.css")],
            "scripts": [static("js/admin.js")],
            "colors": None,  # defined in css/admin.css: an inline <style> would need a more relaxed CSP
        }

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        pages = [
            ("admin:index", _("Overview"), "monitoring"),
            ("admin:kb_collection_changelist", _("Collections"), "folder_open"),
            ("admin:kb_document_changelist", _("Documents"), "description"),
            ("admin:auth_user_changelist", _("Users"), "group"),
            ("admin:kb_token_changelist", _("Tokens"), "key"),
            ("admin:kb_auditentry_changelist", _("Audit log"), "history"),
            ("admin:kb_zeroresultsearch_changelist", _("Zero-result searches"), "search_off"),
        ]
        items = [{"title": title, "icon": icon, "link": reverse(name)} for name, title, icon in pages]
        return [{"items": self._get_navigation_items(request, items)}]


def _health(request: HttpRequest) -> HttpResponse:
    return render(request, "panel/_health.html", {"health": readiness()})


def _speed(request: HttpRequest, engine: str) -> HttpResponse:
    if engine not in settings.ENGINES:
        raise Http404
    try:
        found = {"speed": speed(engine)}
    except EngineError as error:
        return render(request, "panel/_speed.html", {"error": error})
    return render(request, "panel/_speed.html", found)


def _site() -> FootnoteAdmin:
    panel = FootnoteAdmin()
    panel.disable_action("delete_selected")  # it would bypass kb's modules
    panel.register(Collection, Collections)
    panel.register(Document, Documents)
    panel.register(User, People)
    panel.register(Token, Tokens)
    panel.register(AuditEntry, AuditEntries)
    panel.register(ZeroResultSearch, ZeroResultSearches)
    return panel


site = _site()
