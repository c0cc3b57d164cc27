"""Forms of the web pages."""

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
from django.forms import model_to_dict
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from embedding import instructions
from embedding.engine import EngineError
from kb.models import Collection, Role
from kb.people import accounts
from kb.views import engine_choices
from retrieval.chunking.presets import AUTO, PRESETS
from retrieval.engines import check_instruction, engine, takes_instructions


class CollectionForm(forms.ModelForm):  # type: ignore[type-arg]  # Django takes none at run time
    class Meta:
        model = Collection
        fields = ("name", "description", "everyone_may_read")
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}
        help_texts = {"description": _("Tells people what they can find in it.")}


class NewCollectionForm(CollectionForm):
    """Asks for the engine only if there is a choice; the default one is taken if it is not sent."""

    engine = forms.ChoiceField(
        label=_("Language of the documents"),
        help_text=_("It decides which model searches by meaning. Another can be chosen later, on the page Index."),
        required=False,
    )

    def __init__(self, data: Any = None) -> None:
        engines = engine_choices.usable()
        super().__init__(data, initial={"engine": settings.DEFAULT_ENGINE})
        if len(engines) > 1:
            self.fields["engine"].choices = engine_choices.by_language(engines)  # type: ignore[attr-defined]
        else:
            del self.fields["engine"]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        found["engine"] = found.get("engine") or settings.DEFAULT_ENGINE
        return found


class CollectionSettingsForm(CollectionForm):
    preset = forms.ChoiceField(
        label=_("Split as"),
        choices=[(name, name) for name in (AUTO, *PRESETS)],
        help_text=_("A change builds another index, which replaces this one when it is complete."),
    )

    instruction = forms.ChoiceField(
        label=_("Questions look for"),
        choices=[(name, name) for name in ("none", instructions.AUTO, *instructions.SEARCH_NAMES, instructions.CUSTOM)],
        help_text=_("The model reads this before each question. A change applies at once, without a new index."),
    )
    own_instruction = forms.CharField(
        label=_("In your own words"),
        required=False,
        max_length=instructions.LONGEST,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_(
            "Only with that choice above. One sentence, best in English, "
            "as in: Given a question, retrieve clauses that answer it."
        ),
    )

    def __init__(self, collection: Collection, data: Any = None) -> None:
        generation = collection.generation
        own = generation.instruction if instructions.is_custom(generation.instruction) else ""
        fields = {
            "preset": generation.preset,
            "instruction": instructions.CUSTOM if own else generation.instruction or "none",
            "own_instruction": own,
        }
        super().__init__(data, initial=model_to_dict(collection, self.Meta.fields) | fields)
        self.engine_name = generation.engine
        if not takes_instructions(generation.engine):
            del self.fields["instruction"], self.fields["own_instruction"]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if "instruction" in found:
            own = found.pop("own_instruction", "")
            wanted = own if found["instruction"] == instructions.CUSTOM else found["instruction"]
            try:
                found["instruction"] = check_instruction(engine(self.engine_name), wanted)
            except EngineError as error:
                self.add_error("own_instruction", str(error))
            if not wanted:
                self.add_error("own_instruction", _("Write one sentence, or choose something above."))
        return found


class SeveralFiles(forms.FileField):
    """A field for several files. Its value is a list, including empty files."""

    def clean(self, data: Any, initial: Any = None) -> list[TemporaryUploadedFile]:
        files = data if isinstance(data, list) else [data]
        if not files:
            raise ValidationError(self.error_messages["required"], "required")
        clean = super().clean
        return [clean(file, initial) for file in files]


class SeveralFilesInput(forms.FileInput):
    allow_multiple_selected = True


class UploadForm(forms.Form):
    files = SeveralFiles(  # type: ignore[assignment]  # a bound form has an attribute `files` too
        widget=SeveralFilesInput,
        allow_empty_file=True,  # becomes a failed document with a reason
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
    """Gives somebody with an account a role."""

    username = forms.CharField(label=_("User name"), max_length=150)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.VIEWER)

    def clean_username(self) -> User:
        name = self.cleaned_data["username"]
        user = User.objects.filter(username=name, is_active=True).first()
        if user is None:
            raise ValidationError(
                _("There is no user called %(name)s. Administrators create accounts."), params={"name": name}
            )
        return user


class EmailForm(forms.Form):
    email = forms.EmailField(label=_("Email address"), required=False, max_length=254)


class ChangePasswordForm(PasswordChangeForm):
    """Django's form, with the same limit on wrong passwords as at sign-in."""

    def __init__(self, request: HttpRequest, user: User, data: Any = None) -> None:
        super().__init__(user, data)
        self.request = request

    def clean_old_password(self) -> str:
        old: str = self.cleaned_data["old_password"]
        if authenticate(self.request, username=self.user.get_username(), password=old) is None:
            raise ValidationError(self.error_messages["password_incorrect"], "password_incorrect")
        return old


class PasswordLinkForm(PasswordResetForm):
    """Django's form, limited to one link per person every few minutes."""

    def get_users(self, email: str) -> Iterator[User]:
        for user in super().get_users(email):
            if accounts.may_send_link(user):
                yield user


class TokenForm(forms.Form):
    """Options of a new token. Without chosen collections it has access to everything its owner may read."""

    DAYS = {"30": _("30 days"), "90": _("90 days"), "365": _("a year"), "": _("until revoked")}

    name = forms.CharField(label=_("What is it for?"), max_length=100)
    read_only = forms.BooleanField(label=_("Read and search only"), required=False, initial=True)
    days = forms.ChoiceField(label=_("Valid for"), choices=DAYS.items(), required=False, initial="90")
    collections = forms.ModelMultipleChoiceField(
        label=_("Limit to these collections"),
        help_text=_("If none is chosen: everything that you may read."),
        queryset=Collection.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data)
        cast(
            "forms.ModelMultipleChoiceField[Collection]", self.fields["collections"]
        ).queryset = Collection.objects.visible_to(user)

    def options(self) -> dict[str, Any]:
        """Keyword arguments for kb.people.tokens.create."""
        days = self.cleaned_data["days"]
        return {
            "name": self.cleaned_data["name"],
            "read_only": self.cleaned_data["read_only"],
            "expires_at": timezone.now() + timedelta(days=int(days)) if days else None,
            "collections": list(self.cleaned_data["collections"]) or None,
        }
