"""Collections and their members."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from embedding.engine import EngineMisconfigured
from kb.api.serializers.fields import Strict, check_dimensions
from kb.models import Collection, Role
from retrieval.chunking.presets import AUTO, DEFAULT_PRESET, PRESETS
from retrieval.engines import engine
from retrieval.models import Generation


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
    instruction = serializers.CharField()
    preset = serializers.CharField()
    transform = serializers.CharField(source="vector_space.transform_kind")
    state = serializers.ChoiceField(choices=Generation.State.choices)


class CollectionSerializer(Strict, serializers.ModelSerializer[Collection]):
    """Shows a collection of `Collection.objects.summarised_for(user)`; takes name, description and who may read."""

    document_count = serializers.IntegerField(read_only=True)
    passage_count = serializers.IntegerField(read_only=True)
    role = serializers.ChoiceField(choices=Role.choices, source="role_of_reader", read_only=True)
    index = IndexSerializer(source="generation", read_only=True)
    preset = serializers.ChoiceField(
        choices=(AUTO, *PRESETS),
        write_only=True,
        required=False,
        help_text="Another one builds an index beside this one and activates it when it is complete.",
    )

    class Meta:
        model = Collection
        fields = (
            *("id", "name", "description", "everyone_may_read", "preset"),
            *("document_count", "passage_count", "role", "index"),
        )
        read_only_fields = ("id",)


class NewCollection(Strict):
    """A collection to be made; preset, engine and dimensions say how it is indexed."""

    name = serializers.CharField(max_length=200)
    description = serializers.CharField(required=False, allow_blank=True, default="")
    everyone_may_read = serializers.BooleanField(default=False)
    preset = serializers.ChoiceField(choices=(AUTO, *PRESETS), default=DEFAULT_PRESET)
    engine = EngineName()
    dimensions = serializers.IntegerField(required=False)
    instruction = serializers.CharField(required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        try:
            made_by = engine(attrs.setdefault("engine", settings.DEFAULT_ENGINE))
        except EngineMisconfigured as error:
            advice = _("This engine is not set up right. Choose another one, or ask an administrator.")
            raise serializers.ValidationError({"engine": [advice]}) from error
        check_dimensions(made_by, attrs.get("dimensions"))
        if attrs.pop("instruction", ""):
            none = _("%(model)s takes no instruction.")
            raise serializers.ValidationError({"instruction": none % {"model": made_by.model}})
        return attrs


class MemberSerializer(Strict):
    """Shows a member of a queryset with `username`; takes the role."""

    username = serializers.CharField(read_only=True)
    role = serializers.ChoiceField(choices=Role.choices)
