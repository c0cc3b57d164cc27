"""The form that builds another index of a collection."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from embedding.engine import EmbeddingEngine, EngineError
from embedding.transforms import Kind
from kb.views import engine_choices
from retrieval.chunking.presets import AUTO, PRESETS
from retrieval.engines import check_dimensions
from retrieval.models import Generation
from retrieval.transforms import passages_needed


class BuildForm(forms.Form):
    """Settings of the new index; the defaults are those of the active one. Fields without a choice are left out."""

    engine = forms.ChoiceField(
        label=gettext_lazy("Engine"),
        help_text=gettext_lazy("The model that turns passages and questions into vectors."),
    )
    dimensions = forms.IntegerField(label=gettext_lazy("Dimensions"), required=False)
    preset = forms.ChoiceField(
        label=gettext_lazy("Split as"),
        choices=[(name, name) for name in (AUTO, *PRESETS)],
        help_text=gettext_lazy("The kind of document decides where passages begin and how long they are."),
    )
    transform = forms.ChoiceField(
        label=gettext_lazy("Transform"),
        choices=[
            ("", gettext_lazy("none")),
            (Kind.CENTER, gettext_lazy("mean removed")),
            (Kind.PCA, gettext_lazy("principal components")),
            (Kind.WHITEN, gettext_lazy("whitened")),
        ],
        help_text=gettext_lazy("Fitted on the vectors of this collection. Rarely useful: compare both first."),
        required=False,
    )
    activate_when_complete = forms.BooleanField(
        label=gettext_lazy("Activate it as soon as it is complete"),
        help_text=gettext_lazy("If off, it waits for you, so that you can compare both first."),
        required=False,
    )

    def __init__(self, active: Generation, data: Any = None) -> None:
        self.engines = engine_choices.usable()
        self.default = active.engine if active.engine in self.engines else settings.DEFAULT_ENGINE
        super().__init__(data, initial={"engine": self.default, "preset": active.preset})
        if list(self.engines) == [active.engine]:
            del self.fields["engine"]
        else:
            self.fields["engine"].choices = [(name, f"{name} ({made.model})") for name, made in self.engines.items()]  # type: ignore[attr-defined]
        if active.vector_space.transform or active.passage_count < passages_needed(active):
            del self.fields["transform"]
        ranges = [_range(made) for made in self.engines.values() if made.smallest_dimensions < made.dimensions]
        if ranges or "transform" in self.fields:
            if "transform" in self.fields:
                ranges.append(_("with a transform, any number"))
            fewer = _("Fewer dimensions need less space and find slightly less: %s. Empty: as many as now.")
            self.fields["dimensions"].help_text = fewer % ", ".join(ranges)
        else:
            del self.fields["dimensions"]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        name = found.setdefault("engine", self.default)
        dimensions = found.get("dimensions")
        if transform := found.get("transform"):
            found["transform"] = Kind(transform)
        elif dimensions is not None and name in self.engines:
            try:
                check_dimensions(self.engines[name], dimensions)
            except EngineError as error:
                raise ValidationError({"dimensions": str(error)}) from error
        return found


def _range(made_by: EmbeddingEngine) -> str:
    known = {"model": made_by.model, "fewest": made_by.smallest_dimensions, "most": made_by.dimensions}
    return _("%(model)s takes %(fewest)s to %(most)s") % known
