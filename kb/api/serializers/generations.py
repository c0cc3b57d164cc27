"""Generations of a collection's index."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from embedding.transforms import Kind
from kb.api.serializers.collections import EngineName, IndexSerializer
from kb.api.serializers.fields import Strict, check_dimensions
from kb.indexing.generations import Building
from retrieval.chunking.presets import AUTO, PRESETS
from retrieval.engines import engine
from retrieval.models import Generation


class DocumentsDoneSerializer(serializers.Serializer[Any]):
    """Numbers of documents; `done` includes failed ones."""

    total = serializers.IntegerField()
    done = serializers.IntegerField()
    failed = serializers.IntegerField()


class GenerationSerializer(IndexSerializer):
    """Shows a generation; `buildings` in the context has the progress of each, by id."""

    id = serializers.CharField()
    paused = serializers.BooleanField()
    activate_when_complete = serializers.BooleanField()
    progress = serializers.SerializerMethodField()
    waits_for = serializers.SerializerMethodField(
        help_text="Why it cannot continue: what is wrong with its engine. Empty if nothing is wrong."
    )
    passage_count = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    retired_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(DocumentsDoneSerializer)
    def get_progress(self, generation: Generation) -> dict[str, int]:
        building = self._building(generation)
        return {"total": building.total, "done": building.done, "failed": building.failed}

    def get_waits_for(self, generation: Generation) -> str:
        return self._building(generation).waits_for

    def _building(self, generation: Generation) -> Building:
        found: Building = self.context["buildings"].get(generation.pk, Building())
        return found


class NewGeneration(Strict):
    """A generation to build. Omitted settings are those of `active` in the context."""

    engine = EngineName()
    dimensions = serializers.IntegerField(required=False)
    preset = serializers.ChoiceField(choices=(AUTO, *PRESETS), required=False)
    transform = serializers.ChoiceField(
        choices=list(Kind),
        required=False,
        allow_blank=True,
        help_text="A transform fitted on the vectors of the active index, which keeps `dimensions` dimensions. "
        "Empty for none.",
    )
    activate_when_complete = serializers.BooleanField(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        active: Generation = self.context["active"]
        name = attrs.setdefault("engine", active.engine)
        if name not in settings.ENGINES:
            gone = _("The settings do not name the engine %(name)s any more. Use one of: %(known)s.")
            known = ", ".join(sorted(settings.ENGINES))
            raise serializers.ValidationError({"engine": gone % {"name": name, "known": known}})
        if "transform" in attrs:
            attrs["transform"] = Kind(attrs["transform"]) if attrs["transform"] else ""
        if "dimensions" in attrs and not attrs.get("transform"):
            check_dimensions(engine(name), attrs["dimensions"])
        return attrs


class PauseSerializer(Strict):
    """Pauses or resumes a generation that is being built."""

    paused = serializers.BooleanField()
