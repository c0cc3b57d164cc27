"""Collections and their members."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from embedding.engine import EngineMisconfigured
from embedding.instructions import DEFAULT, LONGEST, SEARCH_NAMES
from kb.api.serializers.fields import Strict, check_dimensions, check_instruction
from kb.models import Collection, Role
from retrieval.chunking.presets import AUTO, DEFAULT_PRESET, PRESETS
from retrieval.engines import engine
from retrieval.models import Generation

_NOT_SET_UP = _("This engine is not set up right. Choose another one, or ask an administrator.")
_INSTRUCTION = (
    "The instruction for questions, if the model reads one: auto, none, a sentence of your own, or "
    f"one of: {', '.join(SEARCH_NAMES)}."
)


class EngineName(serializers.CharField):
    """A name in settings.ENGINES; the default engine if there is none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, "max_length": 64, **options})

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        if name not in settings.ENGINES:
            raise serializers.ValidationError(_("Use one of: %s.") % ", ".join(sorted(settings.ENGINES)))
        return name


class IndexSerializer(serializers.Serializer[Generation]):
    """How a collection is indexed."""

    engine = serializers.CharField()
    model = serializers.CharField(source="vector_space.model")
    dimensions = serializers.IntegerField(source="vector_space.dimensions")
    instruction = serializers.CharField(
        allow_blank=True, help_text="The instruction for questions: auto, a name, or a sentence. Empty: none."
    )
    preset = serializers.CharField()
    transform = serializers.CharField(source="vector_space.transform_kind")
    state = serializers.ChoiceField(choices=Generation.State.choices)


class CollectionSerializer(Strict, serializers.ModelSerializer[Collection]):
    """Shows a collection of `Collection.objects.summarised_for(user)`; accepts what owners and editors may change."""

    document_count = serializers.IntegerField(read_only=True)
    passage_count = serializers.IntegerField(read_only=True)
    role = serializers.ChoiceField(choices=Role.choices, source="role_of_reader", read_only=True)
    index = IndexSerializer(source="generation", read_only=True)
    preset = serializers.ChoiceField(
        choices=(AUTO, *PRESETS),
        write_only=True,
        required=False,
        help_text="Another preset builds an index beside this one and activates it when it is complete.",
    )

    instruction = serializers.CharField(
        write_only=True,
        required=False,
        allow_blank=True,
        max_length=LONGEST,
        help_text=f"{_INSTRUCTION} It applies at once, without a new index.",
    )

    class Meta:
        model = Collection
        fields = (
            *("id", "name", "description", "everyone_may_read", "preset", "instruction"),
            *("document_count", "passage_count", "role", "index"),
        )
        read_only_fields = ("id",)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "instruction" in attrs and self.instance is not None:
            try:
                made_by = engine(self.instance.generation.engine)
            except EngineMisconfigured as error:
                raise serializers.ValidationError({"instruction": [_NOT_SET_UP]}) from error
            attrs["instruction"] = check_instruction(made_by, attrs["instruction"])
        return attrs


class NewCollection(Strict):
    """A new collection, with the settings of its index and questions."""

    name = serializers.CharField(max_length=200)
    description = serializers.CharField(required=False, allow_blank=True, default="")
    everyone_may_read = serializers.BooleanField(default=False)
    preset = serializers.ChoiceField(choices=(AUTO, *PRESETS), default=DEFAULT_PRESET)
    engine = EngineName()
    dimensions = serializers.IntegerField(required=False)
    instruction = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=LONGEST,
        help_text=f"{_INSTRUCTION} Left out: {DEFAULT}, if the model reads any.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        try:
            made_by = engine(attrs.setdefault("engine", settings.DEFAULT_ENGINE))
        except EngineMisconfigured as error:
            raise serializers.ValidationError({"engine": [_NOT_SET_UP]}) from error
        check_dimensions(made_by, attrs.get("dimensions"))
        if "instruction" in attrs:
            attrs["instruction"] = check_instruction(made_by, attrs["instruction"])
        return attrs


class MemberSerializer(Strict):
    """Shows a member of a queryset with `username`; accepts the role."""

    username = serializers.CharField(read_only=True)
    role = serializers.ChoiceField(choices=Role.choices)
