"""What people type and send in the browser."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.forms import PasswordChangeForm, PasswordResetForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.validators import validate_slug
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kb.models import Collection, Role
from kb.people import accounts
from retrieval.chunking.presets import AUTO, PRESETS


class CollectionForm(forms.ModelForm):  # type: ignore[type-arg]  # Django takes none at run time
    class Meta:
        model = Collection
        fields = ("name", "description", "everyone_may_read")
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}
        help_texts = {"description": _("What is in it, for whoever looks for something.")}


class CollectionSettingsForm(CollectionForm):
    preset = forms.ChoiceField(
        label=_("Cut its documents as"),
        choices=[(name, name) for name in (AUTO, *PRESETS)],
        help_text=_("A change cuts and indexes them again; until that is done, the passages of before are found."),
    )


class SeveralFiles(forms.FileField):
    """A file field of a form that sends many; its value is a list, empty files included."""

    def clean(self, data: Any, initial: Any = None) -> list[TemporaryUploadedFile]:
        files = data if isinstance(data, list) else [data]
        if not files:
            raise ValidationError(self.error_messages["required"], "required")
        clean = super().clean
        return [clean(file, initial) for file in files]


class SeveralFilesInput(forms.FileInput):
    allow_multiple_selected = True


class UploadForm(forms.Form):
    files = SeveralFiles(  # type: ignore[assignment]  # a form's own `files` is what it got, this is what it takes
        widget=SeveralFilesInput,
        allow_empty_file=True,  # it becomes a failed document that says why
        error_messages={"required": _("Choose at least one file.")},
    )
    batch = forms.CharField(required=False, max_length=32, validators=[validate_slug])

    def clean_files(self) -> list[TemporaryUploadedFile]:
        files: list[TemporaryUploadedFile] = self.cleaned_data["files"]
        limit = settings.MAX_FILE_BYTES
        for file in files:
            if file.size is not None and file.size > limit:
                message = _("%(name)s is larger than %(limit)s MB. Split it and upload the parts.")
                raise ValidationError(message, "too_large", {"name": file.name, "limit": limit // 1024**2})
        return files


class InviteForm(forms.Form):
    """A role for somebody who has an account."""

    username = forms.CharField(label=_("User name"), max_length=150)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.VIEWER)

    def clean_username(self) -> User:
        name = self.cleaned_data["username"]
        user = User.objects.filter(username=name, is_active=True).first()
        if user is None:
            raise ValidationError(
                _("Nobody is called %(name)s here. An administrator makes accounts."), params={"name": name}
            )
        return user


class EmailForm(forms.Form):
    email = forms.EmailField(label=_("Address for mail"), required=False, max_length=254)


class ChangePasswordForm(PasswordChangeForm):
    """Django's, but guessing the old password is slowed as it is at signing in."""

    def __init__(self, request: HttpRequest, user: User, data: Any = None) -> None:
        super().__init__(user, data)
        self.request = request

    def clean_old_password(self) -> str:
        old: str = self.cleaned_data["old_password"]
        if authenticate(self.request, username=self.user.get_username(), password=old) is None:
            raise ValidationError(self.error_messages["password_incorrect"], "password_incorrect")
        return old


class PasswordLinkForm(PasswordResetForm):
    """Django's, but it sends a person one link in some minutes, however often it is asked."""

    def get_users(self, email: str) -> Iterator[User]:
        for user in super().get_users(email):
            if accounts.may_send_link(user):
                yield user


class TokenForm(forms.Form):
    """What a new token may do; it opens all that its owner may read unless collections are chosen."""

    DAYS = {"30": _("30 days"), "90": _("90 days"), "365": _("a year"), "": _("until it is revoked")}

    name = forms.CharField(label=_("What is it for?"), max_length=100)
    read_only = forms.BooleanField(label=_("It may only read and search"), required=False, initial=True)
    days = forms.ChoiceField(label=_("It works for"), choices=DAYS.items(), required=False, initial="90")
    collections = forms.ModelMultipleChoiceField(
        label=_("Only for these collections"),
        help_text=_("None chosen: for everything that you may read."),
        queryset=Collection.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data)
        cast(
            "forms.ModelMultipleChoiceField[Collection]", self.fields["collections"]
        ).queryset = Collection.objects.visible_to(user)

    def wishes(self) -> dict[str, Any]:
        """The keyword arguments of kb.people.tokens.create."""
        days = self.cleaned_data["days"]
        return {
            "name": self.cleaned_data["name"],
            "read_only": self.cleaned_data["read_only"],
            "expires_at": timezone.now() + timedelta(days=int(days)) if days else None,
            "collections": list(self.cleaned_data["collections"]) or None,
        }
