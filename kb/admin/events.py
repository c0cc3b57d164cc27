"""The audit log, and searches without hits: to read."""

import json
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from kb.admin.rows import Choices, Rows, link, moment
from kb.models import Action, AuditEntry, Collection, Document, ZeroResultSearch

ACCOUNTS = {Action.USER_CREATED, Action.USER_CHANGED, Action.USER_REMOVED, Action.PASSWORD_CHANGED}


class ActionFilter(Choices):
    title = gettext_lazy("what")
    parameter_name = "action"
    field = "action"
    known = [(value, label) for value, label in Action.choices]


class Events(Rows):
    list_display = ("when", "who", "what", "of", "more")
    list_display_links = None
    list_filter = (ActionFilter, ("at", admin.DateFieldListFilter), ("actor", AutocompleteSelectFilter))
    list_filter_submit = True
    search_fields = ("subject_name", "=subject", "=collection", "actor_name")
    search_help_text = gettext_lazy("By name, id or who did it")
    ordering = ("-at", "-id")
    fields = list_display

    def get_queryset(self, request: HttpRequest) -> "QuerySet[AuditEntry]":
        return AuditEntry.objects.annotate(
            is_document=Exists(Document.objects.present().filter(pk=OuterRef("subject"))),
            is_collection=Exists(Collection.objects.filter(removed_at=None, pk=OuterRef("subject"))),
            person=Subquery(User.objects.filter(username=OuterRef("subject")).values("pk")),
        )

    @admin.display(description=gettext_lazy("when"), ordering="at")
    def when(self, event: AuditEntry) -> SafeString:
        return moment(event.at)

    @admin.display(description=gettext_lazy("who"))
    def who(self, event: AuditEntry) -> str:
        return event.actor_name or "Footnote"

    @admin.display(description=gettext_lazy("what"))
    def what(self, event: AuditEntry) -> str:
        return event.get_action_display()

    @admin.display(description=gettext_lazy("of"))
    def of(self, event: Any) -> str | SafeString:
        if event.is_document:
            return link("admin:kb_document_change", event.subject_name, event.subject)
        if event.is_collection:
            return link("admin:kb_collection_change", event.subject_name, event.subject)
        if event.action in ACCOUNTS and event.person:
            return link("admin:auth_user_change", event.subject_name, event.person)
        return str(event.subject_name)

    @admin.display(description=gettext_lazy("details"))
    def more(self, event: AuditEntry) -> str | SafeString:
        if not event.details:
            return ""
        return format_html('<code class="panel-code">{}</code>', json.dumps(event.details, ensure_ascii=False))


class Misses(Rows):
    list_display = ("question", "user", "when")
    list_display_links = None
    list_filter = (("at", admin.DateFieldListFilter),)
    search_fields = ("question", "user__username")
    search_help_text = gettext_lazy("By question or user")
    list_select_related = ("user",)
    actions = ("forget",)
    fields = list_display

    @admin.display(description=gettext_lazy("when"), ordering="at")
    def when(self, miss: ZeroResultSearch) -> SafeString:
        return moment(miss.at)

    @admin.action(description=gettext_lazy("Forget"))
    def forget(self, request: HttpRequest, queryset: "QuerySet[ZeroResultSearch]") -> None:
        n, _kinds = ZeroResultSearch.objects.filter(pk__in=queryset.order_by().values("pk")).delete()
        said = ngettext("%(n)s question was forgotten.", "%(n)s questions were forgotten.", n) % {"n": n}
        self.message_user(request, said, messages.SUCCESS)
