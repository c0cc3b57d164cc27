"""Accounts: creating, changing and removing them."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from kb.admin.rows import Rows, actor
from kb.models import Action
from kb.people import accounts, audit


class PersonForm(UserChangeForm):  # type: ignore[misc]  # untyped
    """Ensures that an administrator remains."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["is_active"].help_text = _("If off, this person cannot sign in, and their tokens do not work.")
        self.fields["is_superuser"].label = _("Administrator")
        self.fields["is_superuser"].help_text = _("Can see and change every collection, and open this panel.")

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean()
        if not (found.get("is_active") and found.get("is_superuser")):
            try:
                accounts.require_another_administrator(self.instance)
            except accounts.LastAdministrator as error:
                message = _("This is the only administrator. Make somebody else an administrator first.")
                raise ValidationError(message, "last_administrator") from error
        return found


class People(UserAdmin, Rows):  # type: ignore[misc, type-arg]  # untyped; Django takes none at run time
    form = PersonForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "email", "is_active", "administrator", "date_joined", "last_login")
    list_filter = ("is_active", "is_superuser")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (gettext_lazy("Person"), {"fields": ("first_name", "last_name", "email")}),
        (gettext_lazy("Rights"), {"fields": ("is_active", "is_superuser")}),
        (gettext_lazy("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "email", "password1", "password2")}),)
    readonly_fields = ("last_login", "date_joined")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return True

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return True

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return True

    @admin.display(description=gettext_lazy("administrator"), boolean=True, ordering="is_superuser")
    def administrator(self, user: User) -> bool:
        return user.is_superuser

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            audit.account(actor(request), Action.USER_CREATED, obj)
        elif form.changed_data:
            audit.account(actor(request), Action.USER_CHANGED, obj, fields=form.changed_data)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        with transaction.atomic():
            user: Any = self.get_object(request, id)
            # Raises Http404 without a user.
            response: HttpResponse = super().user_change_password(request, id, form_url)
            before = user.password
            user.refresh_from_db()
            if user.password != before:
                audit.account(actor(request), Action.PASSWORD_CHANGED, user)
        return response

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            response: HttpResponse = super().delete_view(request, object_id, extra_context)
        except accounts.LastAdministrator:
            message = _("This is the only administrator. Make somebody else an administrator first.")
        except accounts.OnlyOwner as error:
            names = ", ".join(f"“{collection.name}”" for collection in error.collections)
            message = _("Nobody else owns %(names)s. Make somebody else an owner first.") % {"names": names}
        else:
            return response
        self.message_user(request, message, messages.ERROR)
        return redirect(reverse("admin:auth_user_change", args=[object_id]))

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        accounts.remove(obj, actor(request))
