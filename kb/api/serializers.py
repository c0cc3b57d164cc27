"""What the API takes and gives, field by field, as API.md promises."""

from types import UnionType
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from kb.failures import FAILURES
from kb.models import Collection, Document, VersionText
from kb.search import FoundPassage
from retrieval.engines import engine
from retrieval.models import Passage
from retrieval.presets import DEFAULT_PRESET, PRESETS
from retrieval.search import Grain, Leg, Mode

MAX_HITS = 100


class Metadata(serializers.JSONField):
    """A JSON object whose values are of type `one`, or lists of type `several`."""

    one: type | UnionType = str | int | float  # and bool, which is an int
    several: type | UnionType = str
    rule = _("This must be an object whose values are strings, numbers, booleans or lists of strings.")

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        value = super().to_internal_value(data)
        if not isinstance(value, dict) or not all(map(self._is_plain, value.values())):
            raise serializers.ValidationError(self.rule)
        return value

    def _is_plain(self, value: Any) -> bool:
        if isinstance(value, list):
            return all(isinstance(item, self.several) for item in value)
        return isinstance(value, self.one)


class MetadataFilter(Metadata):
    """For each key a value, or a list of values of which one is enough."""

    several = Metadata.one
    rule = _("This must be an object whose values are strings, numbers, booleans or lists of these.")


class CollectionSerializer(serializers.ModelSerializer[Collection]):
    """Shows a collection of `Collection.objects.summarised_for(user)`; takes name and description."""

    document_count = serializers.IntegerField(read_only=True)
    passage_count = serializers.IntegerField(read_only=True)
    role = serializers.CharField(source="role_of_reader", read_only=True)
    index = serializers.SerializerMethodField()

    class Meta:
        model = Collection
        fields = ("id", "name", "description", "document_count", "passage_count", "role", "index")

    def get_index(self, collection: Collection) -> dict[str, Any]:
        generation = collection.generation
        return {
            "engine": generation.engine,
            "model": engine(generation.engine).model,
            "dimensions": generation.space.dimensions,
            "instruction": generation.instruction,
            "preset": generation.preset,
            "transform": generation.space.transform,
            "state": generation.state,
        }


class NewCollection(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200)
    description = serializers.CharField(required=False, allow_blank=True, default="")
    preset = serializers.ChoiceField(choices=sorted(PRESETS), default=DEFAULT_PRESET)
    engine = serializers.CharField(required=False)
    dimensions = serializers.IntegerField(required=False)
    instruction = serializers.CharField(required=False, allow_blank=True)

    def validate_engine(self, name: str) -> str:
        if name not in settings.ENGINES:
            raise serializers.ValidationError(_("Use one of: %s.") % ", ".join(sorted(settings.ENGINES)))
        return name

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        made_by = engine(attrs.setdefault("engine", settings.DEFAULT_ENGINE))
        if attrs.pop("dimensions", made_by.dimensions) != made_by.dimensions:
            only = _("%(model)s makes vectors of %(n)s dimensions only.")
            raise serializers.ValidationError({"dimensions": only % {"model": made_by.model, "n": made_by.dimensions}})
        if attrs.pop("instruction", ""):
            none = _("%(model)s takes no instruction.")
            raise serializers.ValidationError({"instruction": none % {"model": made_by.model}})
        return attrs


class DocumentSerializer(serializers.ModelSerializer[Document]):
    """Shows a document with its latest version; takes name and metadata."""

    metadata = Metadata(required=False)
    media_type = serializers.CharField(source="latest.media_type", read_only=True)
    size = serializers.IntegerField(source="latest.size", read_only=True)
    sha256 = serializers.CharField(source="latest.sha256", read_only=True)
    status = serializers.CharField(source="latest.status", read_only=True)
    progress = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    version = serializers.IntegerField(source="latest.number", read_only=True)
    page_count = serializers.IntegerField(source="latest.page_count", read_only=True)
    passage_count = serializers.IntegerField(source="latest.passage_count", read_only=True)
    ready_at = serializers.DateTimeField(source="latest.ready_at", read_only=True)

    class Meta:
        model = Document
        fields = (
            *(
                "id",
                "collection",
                "name",
                "media_type",
                "size",
                "sha256",
                "status",
                "progress",
                "error",
                "version",
            ),
            *("metadata", "page_count", "passage_count", "created_at", "ready_at"),
        )
        read_only_fields = ("collection",)

    def get_progress(self, document: Document) -> dict[str, Any]:
        version = document.newest
        return {"stage": version.stage or version.status, "done": version.done, "total": version.total}

    def get_error(self, document: Document) -> dict[str, Any] | None:
        version = document.newest
        if not version.error_code:
            return None
        failure = FAILURES[version.error_code]
        message = f"{failure.title}. {failure.advice}"
        return {"code": version.error_code, "message": message, "detail": version.error_detail}


class NewMetadata(serializers.Serializer[Any]):
    """What comes with uploaded files, as JSON text in a multipart field."""

    metadata = Metadata(default=dict)


class PassageSerializer(serializers.ModelSerializer[Passage]):
    id = serializers.SerializerMethodField()
    pages = serializers.ListField(child=serializers.IntegerField(), allow_null=True)

    class Meta:
        model = Passage
        fields = ("id", "text", "heading_path", "start", "end", "pages")

    def get_id(self, passage: Passage) -> str:
        """Its place: the same in every generation that cuts the text alike."""
        return f"{passage.start}-{passage.end}"


class TextSerializer(serializers.ModelSerializer[VersionText]):
    version = serializers.IntegerField(source="version.number")
    sections = serializers.SerializerMethodField()

    class Meta:
        model = VersionText
        fields = ("version", "text", "page_starts", "sections")

    def get_sections(self, text: VersionText) -> list[dict[str, Any]]:
        return text.outline()


class FilterSerializer(serializers.Serializer[Any]):
    media_type = serializers.ListField(child=serializers.CharField(), default=list)
    document = serializers.ListField(child=serializers.CharField(), default=list)
    created_after = serializers.DateTimeField(default=None)
    created_before = serializers.DateTimeField(default=None)
    metadata = MetadataFilter(default=dict)


class SearchRequest(serializers.Serializer[Any]):
    query = serializers.CharField(max_length=2000)
    collections = serializers.ListField(child=serializers.CharField(), default=None, allow_null=True)
    limit = serializers.IntegerField(min_value=1, max_value=MAX_HITS, default=10)
    mode = serializers.ChoiceField(choices=[mode.value for mode in Mode], default=Mode.HYBRID.value)
    grain = serializers.ChoiceField(choices=[grain.value for grain in Grain], default=Grain.PASSAGE.value)
    explain = serializers.BooleanField(default=False)
    filter = FilterSerializer(required=False)


class HitSerializer(serializers.Serializer[FoundPassage]):
    """A hit; with `explain` in the context also why it was found."""

    def to_representation(self, found: FoundPassage) -> dict[str, Any]:
        hit, document = found.hit, found.document
        shown: dict[str, Any] = {
            "rank": hit.rank,
            "score": hit.score,
            "document": {
                "id": document.pk,
                "name": document.name,
                "collection": document.collection_id,
                "version": found.version.number,
            },
            "passage": PassageSerializer(hit.passage).data,
            "url": self.context["request"].build_absolute_uri(found.url),
        }
        if self.context["explain"]:
            lexical = _leg(hit.lexical)
            if hit.lexical and lexical:
                lexical["terms"] = list(hit.lexical.terms)
            shown["explanation"] = {"dense": _leg(hit.dense), "lexical": lexical}
        return shown


def _leg(leg: Leg | None) -> dict[str, Any] | None:
    return None if leg is None else {"rank": leg.rank, "score": leg.score, "weight": leg.weight}
