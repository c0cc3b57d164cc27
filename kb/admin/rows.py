"""Shared by the panel's lists: the acting administrator, confirmation pages, links to the audit log."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from unfold.admin import ModelAdmin

Text = str | Promise


class Rows(ModelAdmin):  # type: ignore[misc]  # untyped
    """A read-only list. Subclasses add permissions and actions."""

    actions: Iterable[str] = ()
    list_per_page = 50
    list_fullwidth = True
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they would run a count for every choice of every filter

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirects to the audit log entries about one object."""
        found = self.get_object(request, unquote(object_id))
        subject = "" if found is None else found.username if isinstance(found, User) else found.pk
        return redirect(f"{reverse('admin:kb_auditentry_changelist')}?{urlencode({'q': subject})}")

    def get_deleted_objects(
        self, objs: Iterable[Model], request: HttpRequest
    ) -> tuple[list[Text], dict[str, int], set[str], list[Text]]:
        """Skips Django's collection of related objects for the confirmation page: kb's own modules remove them."""
        found = list(objs)
        return [str(row) for row in found], {str(self.opts.verbose_name_plural): len(found)}, set(), []

    # Django's own log would only duplicate kb.people.audit, which also has names and previous values.
    def log_addition(self, request: HttpRequest, obj: Model, message: object) -> None: ...

    def log_change(self, request: HttpRequest, obj: Model, message: object) -> None: ...

    def log_deletions(self, request: HttpRequest, queryset: object) -> None: ...

    def ask(
        self, request: HttpRequest, chosen: "QuerySet[Any]", question: str, advice: Text, answer: Text
    ) -> HttpResponse | None:
        """A confirmation page; None once the person has confirmed the present number of rows."""
        count = chosen.count()
        confirmed = request.POST.get("confirmed")
        if confirmed == str(count):
            return None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": question,
            "advice": advice,
            "answer": answer,
            "count": count,
            "changed": confirmed is not None,
            "action": request.POST.get("action"),
            "select_across": request.POST.get("select_across"),
            "checkbox": ACTION_CHECKBOX_NAME,
            "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME),
        }
        return render(request, "panel/confirm.html", context)


def actor(request: HttpRequest) -> User:
    """The administrator: the site has refused everybody else."""
    return cast(User, request.user)


def moment(when: datetime) -> SafeString:
    """A short, sortable time, the same in every language."""
    return format_html('<span class="panel-short">{}</span>', date_format(localtime(when), "Y-m-d H:i"))


def link(to: str, text: object, *arguments: object) -> SafeString:
    """A link to a page of the panel or of the product."""
    return format_html('<a class="panel-link" href="{}">{}</a>', reverse(to, args=arguments), text)


class Choices(admin.SimpleListFilter):
    """A filter by a column's value with fixed choices, so that it needs no query."""

    field: str
    known: Iterable[tuple[str, Text]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(self.known)

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        return queryset.filter(**{self.field: self.value()}) if self.value() else queryset
