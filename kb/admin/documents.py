"""Documents: their state, and actions that retry, index, parse or remove many at once."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display
from unfold.views import ChangeList

from kb.admin.rows import Choices, Rows, Text, actor, link, moment
from kb.indexing.failures import FAILURES
from kb.library import documents
from kb.models import Document, DocumentQuerySet, Status, Version, VersionQuerySet
from kb.models.metadata import complaints
from kb.parsing.formats import FORMATS
from kb.reading import stored_text

PREVIEW = 4000  # characters
TYPES: dict[str, Text] = {
    **{media_type: gettext_lazy(known.long_label) for media_type, known in FORMATS.items()},
    documents.UNKNOWN_TYPE: gettext_lazy("Unknown"),
}
gettext_noop("Text")  # the only label that is a word: lets makemessages find it
LABELS = {Status.READY: "success", Status.FAILED: "danger", Status.PROCESSING: "info", Status.QUEUED: "warning"}


class StatusFilter(Choices):
    title = gettext_lazy("status")
    parameter_name = "status"
    field = "status"
    known = [(value, label) for value, label in Status.choices]


class ErrorFilter(Choices):
    title = gettext_lazy("error")
    parameter_name = "error"
    field = "error"
    known = [(code, failure.title) for code, failure in FAILURES.items()]


class TypeFilter(Choices):
    title = gettext_lazy("type")
    parameter_name = "type"
    field = "latest__media_type"
    known = tuple(TYPES.items())


class DocumentForm(forms.ModelForm):  # type: ignore[type-arg]  # Django takes none at run time
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["metadata"].required = False
        self.fields["metadata"].widget.attrs["rows"] = 3

    def clean_metadata(self) -> dict[str, Any]:
        value: dict[str, Any] = self.cleaned_data["metadata"] or {}
        if wrong := complaints(value):
            raise ValidationError([str(sentence) for sentence in wrong])
        return value


class OfOnePage(ChangeList):  # type: ignore[misc]  # untyped
    """Asks for the progress of one page's documents: Postgres would work it out for all on the pages before, too."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        keys = list(self.result_list.values_list("pk", flat=True))
        found = self.root_queryset.in_bulk(keys)
        self.result_list = [found[key] for key in keys if key in found]


class Documents(Rows):
    form = DocumentForm
    list_display = ("name_", "status", "error", "collection_", "type_", "size", "pages", "passages", "added")
    list_filter = (
        StatusFilter,
        ErrorFilter,
        TypeFilter,
        ("collection", AutocompleteSelectFilter),
        ("created_at", admin.DateFieldListFilter),
        ("latest__queued_at", admin.DateFieldListFilter),
    )
    list_filter_submit = True
    search_fields = ("name", "=id")
    search_help_text = gettext_lazy("By name or id")
    ordering = ("-created_at", "id")
    actions = ("retry", "reindex", "parse_again", "remove")
    actions_submit_line = ("retry_one", "reindex_one", "parse_again_one")
    about = ("state", "failure", "collection_", "type_", "size", "pages", "passages", "added", "place")
    fieldsets = (
        (None, {"fields": ("name", "metadata")}),
        (gettext_lazy("State"), {"fields": about}),
        (gettext_lazy("Versions"), {"fields": ("versions",)}),
        (gettext_lazy("Text"), {"fields": ("preview",)}),
    )
    readonly_fields = (*about, "versions", "preview")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def get_queryset(self, request: HttpRequest) -> DocumentQuerySet:
        seen = Document.objects.visible_to(actor(request))
        return seen.with_progress().with_error().select_related("collection", "created_by").order_by(*self.ordering)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return OfOnePage

    def save_model(self, request: HttpRequest, obj: Document, form: Any, change: bool) -> None:
        changed = {name: form.cleaned_data[name] for name in form.changed_data}
        documents.change(Document.objects.get(pk=obj.pk), actor(request), **changed)
        for button in self.get_actions_submit_line(request, obj.pk):
            if button.action_name in request.POST:
                button.method(request, obj)

    def delete_model(self, request: HttpRequest, obj: Document) -> None:
        documents.remove(Document.objects.filter(pk=obj.pk), actor(request))

    # Actions

    @admin.action(description=gettext_lazy("Retry failed documents"))
    def retry(self, request: HttpRequest, queryset: "QuerySet[Document]") -> None:
        retry(self, request, newest_of(queryset))

    @admin.action(description=gettext_lazy("Index again"))
    def reindex(self, request: HttpRequest, queryset: "QuerySet[Document]") -> None:
        reindex(self, request, newest_of(queryset))

    @admin.action(description=gettext_lazy("Read the files again"))
    def parse_again(self, request: HttpRequest, queryset: "QuerySet[Document]") -> None:
        chosen = Document.objects.filter(pk__in=queryset.order_by().values("pk"))
        n = documents.parse_again(chosen, actor(request))
        message = ngettext("Reading %(n)s file again.", "Reading %(n)s files again.", n) % {"n": n}
        self.message_user(request, message, messages.SUCCESS if n else messages.INFO)

    @admin.action(description=gettext_lazy("Remove"))
    def remove(self, request: HttpRequest, queryset: "QuerySet[Document]") -> HttpResponse | None:
        n = queryset.count()
        question = ngettext("Remove %(n)s document?", "Remove %(n)s documents?", n) % {"n": n}
        advice = gettext_lazy("Their files, versions and passages are removed for good and are no longer found.")
        page = self.ask(request, queryset, question, advice, gettext_lazy("Remove"))
        if page is None:
            chosen = Document.objects.filter(pk__in=queryset.order_by().values("pk"))
            n = documents.remove_soon(chosen, actor(request))
            message = ngettext("%(n)s document was removed.", "%(n)s documents were removed.", n) % {"n": n}
            self.message_user(request, message, messages.SUCCESS)
        return page

    @admin.action(description=gettext_lazy("Retry"))
    def retry_one(self, request: HttpRequest, obj: Document) -> None:
        self.retry(request, Document.objects.filter(pk=obj.pk))

    @admin.action(description=gettext_lazy("Index again"))
    def reindex_one(self, request: HttpRequest, obj: Document) -> None:
        self.reindex(request, Document.objects.filter(pk=obj.pk))

    @admin.action(description=gettext_lazy("Read the file again"))
    def parse_again_one(self, request: HttpRequest, obj: Document) -> None:
        self.parse_again(request, Document.objects.filter(pk=obj.pk))

    def get_actions_submit_line(self, request: HttpRequest, object_id: str) -> list[Any]:
        """Only buttons that have an effect in the document's present state."""
        document = Document.objects.with_progress().filter(pk=object_id).first()
        if document is None:
            return []
        finished = {Status.READY, Status.FAILED}
        useful = {"retry_one": {Status.FAILED}, "reindex_one": {Status.READY}, "parse_again_one": finished}
        status = document.progress.status
        return [self.get_unfold_action(name) for name in self.actions_submit_line if status in useful[name]]

    # Columns

    @admin.display(description=gettext_lazy("name"), ordering="name")
    def name_(self, document: Document) -> SafeString:
        return format_html('<span class="panel-line" title="{0}">{0}</span>', document.name)

    @display(description=gettext_lazy("status"), label=LABELS)  # type: ignore[untyped-decorator]
    def status(self, document: Document) -> tuple[str, str]:
        progress = document.progress
        return progress.status, str(progress.status_label)

    @admin.display(description=gettext_lazy("status"))
    def state(self, document: Document) -> str:
        return str(document.progress.status_label)

    @admin.display(description=gettext_lazy("error"))
    def error(self, document: Document) -> str | SafeString:
        found = FAILURES.get(document.progress.error_code)
        if found is None:
            return ""
        return format_html('<span class="panel-line" title="{}">{}</span>', found.advice, found.title)

    @admin.display(description=gettext_lazy("error"))
    def failure(self, document: Document) -> str | SafeString:
        progress = document.progress
        found = FAILURES.get(progress.error_code)
        if found is None:
            return ""
        whole = format_html("{} ({}). {}", found.title, progress.error_code, found.advice)
        return format_html('{}<pre class="panel-text">{}</pre>', whole, progress.error_detail)

    @admin.display(description=gettext_lazy("collection"), ordering="collection__name")
    def collection_(self, document: Document) -> SafeString:
        shown = format_html('<span class="panel-line" title="{0}">{0}</span>', document.collection.name)
        return link("admin:kb_collection_change", shown, document.collection_id)

    @admin.display(description=gettext_lazy("type"))
    def type_(self, document: Document) -> str:
        return str(TYPES.get(document.newest.media_type, document.newest.media_type))

    @admin.display(description=gettext_lazy("size"), ordering="latest__size")
    def size(self, document: Document) -> str:
        return filesizeformat(document.newest.size)

    @admin.display(description=gettext_lazy("pages"))
    def pages(self, document: Document) -> int | None:
        return document.newest.page_count

    @admin.display(description=gettext_lazy("passages"))
    def passages(self, document: Document) -> int:
        return document.progress.passage_count

    @admin.display(description=gettext_lazy("added"), ordering="created_at")
    def added(self, document: Document) -> SafeString:
        name = document.created_by.username if document.created_by else "–"
        return format_html("{}<br>{}", moment(document.created_at), name)

    @admin.display(description=gettext_lazy("link"))
    def place(self, document: Document) -> SafeString:
        return link("document", _("Open in Footnote"), document.pk)

    @admin.display(description="")
    def versions(self, document: Document) -> SafeString:
        return render_to_string(
            "panel/versions.html", {"versions": document.versions.with_progress().order_by("-number")}
        )

    @admin.display(description="")
    def preview(self, document: Document) -> str | SafeString:
        version = document.versions.parsed().order_by("-number").first()
        if version is None:
            return _("No text yet.")
        beginning = stored_text.reader(version.pk)(0, PREVIEW + 1)
        more = "…" if len(beginning) > PREVIEW else ""
        return format_html('<pre class="panel-text">{}{}</pre>', beginning[:PREVIEW], more)


def newest_of(chosen: "QuerySet[Document]") -> VersionQuerySet:
    """As a list of ids: just after a large upload Postgres has no statistics, and its plan for a join would be slow."""
    return Version.objects.filter(pk__in=list(chosen.order_by().values_list("latest", flat=True)))


def retry(rows: Rows, request: HttpRequest, versions: VersionQuerySet) -> None:
    n = documents.retry(versions, actor(request))
    message = ngettext("Retrying %(n)s document.", "Retrying %(n)s documents.", n) % {"n": n}
    rows.message_user(request, message, messages.SUCCESS if n else messages.INFO)


def reindex(rows: Rows, request: HttpRequest, versions: VersionQuerySet) -> None:
    n = documents.reindex(versions, actor(request))
    message = ngettext("Indexing %(n)s document again.", "Indexing %(n)s documents again.", n) % {"n": n}
    rows.message_user(request, message, messages.SUCCESS if n else messages.INFO)
