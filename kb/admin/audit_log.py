"""The audit log: read-only."""

import json
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from kb.admin.rows import Choices, Rows, link, moment
from kb.models import Action, AuditEntry, Collection, Document

ACCOUNTS = {Action.USER_CREATED, Action.USER_CHANGED, Action.USER_REMOVED, Action.PASSWORD_CHANGED}


class ActionFilter(Choices):
    title = gettext_lazy("action")
    parameter_name = "action"
    field = "action"
    known = [(value, label) for value, label in Action.choices]


class AuditEntries(Rows):
    list_display = ("when", "who", "what", "of", "more")
    list_display_links = None
    list_filter = (ActionFilter, ("at", admin.DateFieldListFilter), ("actor", AutocompleteSelectFilter))
    list_filter_submit = True
    search_fields = ("subject_name", "=subject", "=collection", "actor_name")
    search_help_text = gettext_lazy("By name, id or person")
    ordering = ("-at", "-id")
    fields = list_display

    def get_queryset(self, request: HttpRequest) -> "QuerySet[AuditEntry]":
        return AuditEntry.objects.annotate(
            is_document=Exists(Document.objects.present().filter(pk=OuterRef("subject"))),
            is_collection=Exists(Collection.objects.filter(removed_at=None, pk=OuterRef("subject"))),
            person=Subquery(User.objects.filter(username=OuterRef("subject")).values("pk")),
        )

    @admin.display(description=gettext_lazy("when"), ordering="at")
    def when(self, entry: AuditEntry) -> SafeString:
        return moment(entry.at)

    @admin.display(description=gettext_lazy("person"))
    def who(self, entry: AuditEntry) -> str:
        return entry.actor_name or "Footnote"

    @admin.display(description=gettext_lazy("action"))
    def what(self, entry: AuditEntry) -> str:
        return entry.get_action_display()

    @admin.display(description=gettext_lazy("object"))
    def of(self, entry: Any) -> str | SafeString:
        if entry.is_document:
            return link("admin:kb_document_change", entry.subject_name, entry.subject)
        if entry.is_collection:
            return link("admin:kb_collection_change", entry.subject_name, entry.subject)
        if entry.action in ACCOUNTS and entry.person:
            return link("admin:auth_user_change", entry.subject_name, entry.person)
        return str(entry.subject_name)

    @admin.display(description=gettext_lazy("details"))
    def more(self, entry: AuditEntry) -> str | SafeString:
        if not entry.details:
            return ""
        return format_html('<code class="panel-code">{}</code>', json.dumps(entry.details, ensure_ascii=False))
