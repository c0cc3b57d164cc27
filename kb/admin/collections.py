"""Collections: their documents, owners and members, and actions on all documents of a collection."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import TabularInline
from unfold.forms import PaginationInlineFormSet
from unfold.views import ChangeList
from unfold.widgets import UnfoldAdminTextInputWidget

from embedding import instructions
from embedding.engine import EngineError
from kb.admin.documents import newest_of, reindex, retry
from kb.admin.indexes import Indexes
from kb.admin.rows import actor, link, moment
from kb.library import collections
from kb.models import Collection, CollectionQuerySet, Document, Member, Role, Status, VersionQuerySet
from kb.operations.overview import failed_documents
from retrieval.engines import check_instruction, engine, takes_instructions


class MemberFormSet(PaginationInlineFormSet):  # type: ignore[misc]  # untyped
    """Ensures that an owner remains."""

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        kept = [form.cleaned_data for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        if not any(member["role"] == Role.OWNER for member in kept):
            raise ValidationError(_("A collection needs at least one owner. Make somebody else an owner first."))


class MemberForm(forms.ModelForm):  # type: ignore[type-arg]  # Django takes none at run time
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        user = self.fields["user"]
        user.disabled = self.instance.pk is not None  # to replace a person, remove this member and add another
        for way in ("can_add_related", "can_change_related", "can_delete_related", "can_view_related"):
            setattr(user.widget, way, False)


class CollectionForm(forms.ModelForm):  # type: ignore[type-arg]  # Django takes none at run time
    instruction = forms.CharField(
        label=gettext_lazy("Questions look for"),
        required=False,
        max_length=instructions.LONGEST,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("A sentence, auto, or one of: %s. Empty: none. It applies at once.")
        % ", ".join(instructions.SEARCH_NAMES),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        generation = self.instance.generation
        if takes_instructions(generation.engine):
            self.initial["instruction"] = generation.instruction
        else:
            del self.fields["instruction"]

    def clean_instruction(self) -> str:
        try:
            made_by = engine(self.instance.generation.engine)
            return check_instruction(made_by, self.cleaned_data["instruction"])
        except EngineError as error:
            raise ValidationError(str(error)) from error


class Members(TabularInline):  # type: ignore[misc]  # untyped
    model = Member
    form = MemberForm
    formset = MemberFormSet
    fields = ("user", "role")
    autocomplete_fields = ("user",)
    extra = 0
    verbose_name = gettext_lazy("member")
    verbose_name_plural = gettext_lazy("members")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Member]":
        return Member.objects.select_related("user").order_by("user__username")


class Counted(ChangeList):  # type: ignore[misc]  # untyped
    """Counts failed documents for one page of rows in one statement, instead of a subquery for each row."""

    result_list: list[Any]

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        count(self.result_list)


def count(collections: list[Any]) -> None:
    """Sets `failed`, the number of failed documents, on each collection."""
    failed = failed_documents(collection.pk for collection in collections)
    for collection in collections:
        collection.failed = failed.get(collection.pk, 0)


class Collections(Indexes):
    list_display = ("name", "documents_", "passages", "failed", "index", "owners", "everyone", "created")
    list_filter = ("everyone_may_read",)
    search_fields = ("name", "description", "=id")
    search_help_text = gettext_lazy("By name, description or id")
    ordering = ("name", "id")
    actions = ("retry_failed", "reindex", "remove")
    inlines = (Members,)
    form = CollectionForm
    about = ("documents_", "passages", "failed", "index", "created", "place")
    readonly_fields = about

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def get_queryset(self, request: HttpRequest) -> CollectionQuerySet:
        owners = Member.objects.filter(role=Role.OWNER).select_related("user").order_by("user__username")
        return (
            Collection.objects.visible_to(actor(request))
            .select_related("generation__vector_space")
            .prefetch_related(Prefetch("members", queryset=owners, to_attr="owning"))
        )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        own = ["name", "description", "everyone_may_read"]
        if obj is not None and takes_instructions(obj.generation.engine):
            own.append("instruction")
        return ((None, {"fields": own}), (gettext_lazy("State"), {"fields": self.about}))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Counted

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            count([found])
        return found

    def save_model(self, request: HttpRequest, obj: Collection, form: Any, change: bool) -> None:
        changed = {name: form.cleaned_data[name] for name in form.changed_data}
        instruction = changed.pop("instruction", obj.generation.instruction)
        with transaction.atomic():
            collections.change(Collection.objects.get(pk=obj.pk), actor(request), **changed)
            collections.change_instruction(obj, actor(request), instruction)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Saves new owners first, so that an owner can hand over a collection in one step."""
        collection: Collection = form.instance
        given = formset.save(commit=False)
        for member in sorted(given, key=lambda member: member.role != Role.OWNER):
            collections.set_member(collection, actor(request), member.user, Role(member.role))
        for member in formset.deleted_objects:
            collections.remove_member(collection, actor(request), member.user)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().changeform_view(request, *args, **kwargs)
        except collections.LastOwner:  # another owner has left since the form was checked
            self.message_user(
                request, _("A collection needs at least one owner. Make somebody else an owner first."), messages.ERROR
            )
            return redirect(request.get_full_path())
        return response

    def delete_model(self, request: HttpRequest, obj: Collection) -> None:
        collections.remove(obj, actor(request))

    # Actions

    @admin.action(description=gettext_lazy("Retry all failed documents"))
    def retry_failed(self, request: HttpRequest, queryset: "QuerySet[Collection]") -> None:
        retry(self, request, _newest_in(queryset))

    @admin.action(description=gettext_lazy("Index all documents again"))
    def reindex(self, request: HttpRequest, queryset: "QuerySet[Collection]") -> None:
        reindex(self, request, _newest_in(queryset))

    @admin.action(description=gettext_lazy("Remove"))
    def remove(self, request: HttpRequest, queryset: "QuerySet[Collection]") -> HttpResponse | None:
        n = queryset.count()
        question = ngettext("Remove %(n)s collection?", "Remove %(n)s collections?", n) % {"n": n}
        advice = gettext_lazy("All their documents are removed for good and are no longer found.")
        page = self.ask(request, queryset, question, advice, gettext_lazy("Remove"))
        if page is None:
            for collection in queryset:
                collections.remove(collection, actor(request))
            message = ngettext("%(n)s collection was removed.", "%(n)s collections were removed.", n) % {"n": n}
            self.message_user(request, message, messages.SUCCESS)
        return page

    # Columns

    @admin.display(description=gettext_lazy("documents"))
    def documents_(self, collection: Any) -> SafeString:
        return _documents_of(collection, collection.document_count)

    @admin.display(description=gettext_lazy("passages"))
    def passages(self, collection: Any) -> int:
        return int(collection.generation.passage_count)

    @admin.display(description=gettext_lazy("failed"))
    def failed(self, collection: Any) -> SafeString:
        return _documents_of(collection, collection.failed, status=Status.FAILED)

    @admin.display(description=gettext_lazy("index"))
    def index(self, collection: Collection) -> SafeString:
        generation = collection.generation
        return format_html(
            '<span class="panel-short">{}, {}, {}<br>{}</span>',
            generation.engine,
            generation.preset,
            generation.get_state_display(),
            ngettext("%(n)s dimension", "%(n)s dimensions", generation.vector_space.dimensions)
            % {"n": generation.vector_space.dimensions},
        )

    @admin.display(description=gettext_lazy("owners"))
    def owners(self, collection: Any) -> str:
        return ", ".join(member.user.username for member in collection.owning)

    @admin.display(description=gettext_lazy("everyone may read"), boolean=True, ordering="everyone_may_read")
    def everyone(self, collection: Collection) -> bool:
        return collection.everyone_may_read

    @admin.display(description=gettext_lazy("created"), ordering="created_at")
    def created(self, collection: Collection) -> SafeString:
        return moment(collection.created_at)

    @admin.display(description=gettext_lazy("link"))
    def place(self, collection: Collection) -> SafeString:
        return link("collection", _("Open in Footnote"), collection.pk)


def _documents_of(collection: Collection, count: int, **only: str) -> SafeString:
    query = urlencode({"collection__id__exact": collection.pk, **only})
    address = f"{reverse('admin:kb_document_changelist')}?{query}"
    return format_html('<a class="panel-link" href="{}">{}</a>', address, count)


def _newest_in(chosen: "QuerySet[Collection]") -> VersionQuerySet:
    return newest_of(Document.objects.present().filter(collection__in=chosen.order_by().values("pk")))
