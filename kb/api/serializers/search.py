"""Questions, hits and vectors."""

from typing import Any

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from embedding.instructions import CUSTOM, NAMES, Chosen
from embedding.prompts import Role
from kb.api.serializers.collections import EngineName
from kb.api.serializers.documents import PassageSerializer
from kb.api.serializers.fields import MetadataFilter, Strict, check_dimensions
from kb.models import Version
from kb.searching.excerpts import Excerpt
from kb.searching.search import FoundPassage, SearchResults
from retrieval.engines import engine
from retrieval.options import Grain, Mode
from retrieval.search import Hit, RetrieverHit

MAX_HITS = 100
MAX_OFFSET = 1000
MAX_NAMED = 1000  # collections or documents in one question
MAX_TEXTS = 256
MAX_TEXT_LENGTH = 20_000


def ids(**options: Any) -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(max_length=100), max_length=MAX_NAMED, **options)


class FilterSerializer(Strict):
    """Which documents are searched. Values in a list are alternatives; an empty list allows all."""

    media_type = serializers.ListField(child=serializers.CharField(max_length=100), max_length=100, default=list)
    document = ids(default=list)
    created_after = serializers.DateTimeField(default=None, allow_null=True)
    created_before = serializers.DateTimeField(default=None, allow_null=True)
    metadata = MetadataFilter(default=dict)


@extend_schema_serializer(component_name="Search")
class SearchRequest(Strict):
    """A question. Without `collections`, all that you may read are searched."""

    query = serializers.CharField(max_length=2000)
    collections = ids(default=None, allow_null=True)
    limit = serializers.IntegerField(min_value=1, max_value=MAX_HITS, default=10)
    offset = serializers.IntegerField(
        min_value=0, max_value=MAX_OFFSET, default=0, help_text="How many of the best hits to skip."
    )
    mode = serializers.ChoiceField(choices=[mode.value for mode in Mode], default=Mode.HYBRID.value)
    grain = serializers.ChoiceField(choices=[grain.value for grain in Grain], default=Grain.PASSAGE.value)
    explain = serializers.BooleanField(default=False)
    filter = FilterSerializer(required=False)


class RetrieverHitSerializer(serializers.Serializer[RetrieverHit]):
    rank = serializers.IntegerField()
    score = serializers.FloatField()
    weight = serializers.FloatField()


class ChosenInstructionSerializer(serializers.Serializer[Chosen]):
    """The instruction for the question, from its collection's setting."""

    name = serializers.CharField(help_text=f"One of ours, or {CUSTOM}: in its owner's words.")
    text = serializers.CharField()


class DenseHitSerializer(RetrieverHitSerializer):
    instruction = ChosenInstructionSerializer(allow_null=True)


class LexicalHitSerializer(RetrieverHitSerializer):
    terms = serializers.ListField(
        child=serializers.CharField(),
        help_text="Terms of the question in the passage. Those with ~ stand for other spellings, too.",
    )


class ExplanationSerializer(serializers.Serializer[Hit]):
    """A hit's rank and score in each retriever; null if the retriever did not find it."""

    dense = DenseHitSerializer(allow_null=True)
    lexical = LexicalHitSerializer(allow_null=True)
    identifiers = serializers.ListField(
        child=serializers.CharField(),
        help_text="Part numbers, addresses or dates of the question that few passages hold, and this one does: "
        "it comes before all that hold fewer.",
    )


class HitDocumentSerializer(serializers.Serializer[Version]):
    id = serializers.CharField(source="document_id")
    name = serializers.CharField(source="document.name")
    collection = serializers.CharField(source="document.collection_id")
    version = serializers.IntegerField(source="number")


class ExcerptSerializer(serializers.Serializer[Excerpt]):
    """What a reader is shown: the passage, and where that helps, as in source code, some of the text around it."""

    start = serializers.IntegerField()
    end = serializers.IntegerField()
    text = serializers.CharField()


class HitSerializer(serializers.Serializer[FoundPassage]):
    """A hit; with `explain` in the context, also its explanation."""

    rank = serializers.IntegerField(source="hit.rank")
    score = serializers.FloatField(source="hit.score")
    document = HitDocumentSerializer(source="version")
    passage = PassageSerializer()
    excerpt = ExcerptSerializer()
    url = serializers.SerializerMethodField()
    explanation = ExplanationSerializer(source="hit", required=False)

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, found: FoundPassage) -> str:
        return str(self.context["request"].build_absolute_uri(found.url))

    def to_representation(self, found: FoundPassage) -> dict[str, Any]:
        shown = super().to_representation(found)
        if not self.context["explain"]:
            del shown["explanation"]
        return shown


class TookSerializer(serializers.Serializer[Any]):
    embed = serializers.FloatField()
    dense = serializers.FloatField()
    lexical = serializers.FloatField()
    fuse = serializers.FloatField()
    total = serializers.FloatField()


class SearchResultsSerializer(serializers.Serializer[SearchResults]):
    hits = HitSerializer(many=True)
    took_ms = TookSerializer()
    notices = serializers.ListField(child=serializers.CharField())


@extend_schema_serializer(component_name="Embeddings")
class EmbeddingsRequest(Strict):
    """`task` chooses the prefix of each text, if the model was trained with prefixes.

    For a model that reads instructions, `query` is the model's default, and any other name is one from our catalogue.
    """

    texts = serializers.ListField(
        child=serializers.CharField(max_length=MAX_TEXT_LENGTH, trim_whitespace=False),
        min_length=1,
        max_length=MAX_TEXTS,
    )
    task = serializers.ChoiceField(choices=[*Role, *NAMES], default=Role.DOCUMENT.value)
    engine = EngineName()
    dimensions = serializers.IntegerField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        check_dimensions(engine(attrs.setdefault("engine", settings.DEFAULT_ENGINE)), attrs.get("dimensions"))
        return attrs


class EmbeddingsSerializer(serializers.Serializer[Any]):
    model = serializers.CharField()
    dimensions = serializers.IntegerField()
    vectors = serializers.ListField(child=serializers.ListField(child=serializers.FloatField()))
