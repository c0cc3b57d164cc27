"""What people type and send in the browser."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.validators import validate_slug
from django.utils.translation import gettext_lazy as _

from kb.models import Collection


class CollectionForm(forms.ModelForm):  # type: ignore[type-arg]  # Django takes none at run time
    class Meta:
        model = Collection
        fields = ("name", "description", "everyone_may_read")
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}
        help_texts = {"description": _("What is in it, for whoever looks for something.")}


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
