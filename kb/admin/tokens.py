"""API tokens: owners and access. Nobody can create a token for somebody else, and secrets are not shown."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from kb.admin.rows import Rows, actor, moment
from kb.models import Collection, Token
from kb.people import tokens


class Tokens(Rows):
    list_display = ("user", "name", "read_only", "limited_to", "created", "expires", "last_used")
    list_display_links = None
    list_filter = (("user", AutocompleteSelectFilter), "read_only")
    list_filter_submit = True
    search_fields = ("name", "user__username")
    search_help_text = gettext_lazy("By name or user")
    ordering = ("user__username", "name", "pk")
    actions = ("revoke",)
    fields = list_display

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Token]":
        present = Collection.objects.visible_to(actor(request))
        limits = Prefetch("collections", queryset=present, to_attr="accessible")
        return Token.objects.select_related("user").prefetch_related(limits).order_by(*self.ordering)

    @admin.action(description=gettext_lazy("Revoke"))
    def revoke(self, request: HttpRequest, queryset: "QuerySet[Token]") -> None:
        with transaction.atomic():
            chosen = list(queryset)
            for token in chosen:
                tokens.revoke(token, actor(request))
        n = len(chosen)
        message = ngettext("%(n)s token was revoked.", "%(n)s tokens were revoked.", n) % {"n": n}
        self.message_user(request, message, messages.SUCCESS)

    @admin.display(description=gettext_lazy("created"), ordering="created_at")
    def created(self, token: Token) -> SafeString:
        return moment(token.created_at)

    @admin.display(description=gettext_lazy("expires"), ordering="expires_at")
    def expires(self, token: Token) -> SafeString | str:
        return moment(token.expires_at) if token.expires_at else _("never")

    @admin.display(description=gettext_lazy("last used"), ordering="last_used_at")
    def last_used(self, token: Token) -> SafeString | str:
        return moment(token.last_used_at) if token.last_used_at else _("never")

    @admin.display(description=gettext_lazy("access to"))
    def limited_to(self, token: Any) -> str:
        if not token.is_limited:
            return _("everything the user may see")
        names = ", ".join(collection.name for collection in token.accessible)
        return names or _("nothing: its collections were removed")
