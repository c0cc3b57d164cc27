"""Zero-result searches: read-only, and removable."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, ngettext

from kb.admin.rows import Rows, moment
from kb.models import ZeroResultSearch


class ZeroResultSearches(Rows):
    list_display = ("question", "user", "when")
    list_display_links = None
    list_filter = (("at", admin.DateFieldListFilter),)
    search_fields = ("question", "user__username")
    search_help_text = gettext_lazy("By question or user")
    list_select_related = ("user",)
    actions = ("remove",)
    fields = list_display

    @admin.display(description=gettext_lazy("when"), ordering="at")
    def when(self, search: ZeroResultSearch) -> SafeString:
        return moment(search.at)

    @admin.action(description=gettext_lazy("Remove"))
    def remove(self, request: HttpRequest, queryset: "QuerySet[ZeroResultSearch]") -> None:
        n, _per_model = ZeroResultSearch.objects.filter(pk__in=queryset.order_by().values("pk")).delete()
        message = ngettext("%(n)s question was removed.", "%(n)s questions were removed.", n) % {"n": n}
        self.message_user(request, message, messages.SUCCESS)
