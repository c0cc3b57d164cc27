"""Fields and serializers shared by several parts of the API."""

from collections.abc import Mapping
from types import UnionType
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from embedding.engine import EmbeddingEngine, EngineMisconfigured
from kb.models.metadata import MAX_KEYS, MAX_LIST_LENGTH, MAX_VALUE_LENGTH, PLAIN, RULE, complaints
from retrieval import engines


class Strict(serializers.Serializer[Any]):
    """Refuses unknown fields, so that a typing error is not ignored.

    Read-only fields may be sent and are ignored, so that a response can be sent back unchanged.
    """

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [str(name) for name in data if name not in self.fields]
            if unknown:
                known = ", ".join(name for name, field in self.fields.items() if not field.read_only)
                raise serializers.ValidationError(
                    {name: [_("There is no such field. Use: %s.") % known] for name in unknown}
                )
        return super().to_internal_value(data)


def _schema(items: dict[str, Any]) -> dict[str, Any]:
    one = [{"type": "string", "maxLength": MAX_VALUE_LENGTH}, {"type": "number"}, {"type": "boolean"}]
    several = {"type": "array", "items": items, "maxItems": MAX_LIST_LENGTH}
    return {"type": "object", "maxProperties": MAX_KEYS, "additionalProperties": {"anyOf": [*one, several]}}


@extend_schema_field(_schema({"type": "string"}))
class Metadata(serializers.JSONField):
    """A flat JSON object, see kb.models.metadata. `several` is the type of list items."""

    several: type | UnionType = str
    rule: str | Promise = RULE

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        value: Any
        try:
            value = super().to_internal_value(data)
        except RecursionError:
            value = None
        if wrong := complaints(value, self.several, self.rule):
            raise serializers.ValidationError([str(sentence) for sentence in wrong])
        found: dict[str, Any] = value
        return found


@extend_schema_field(_schema({"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]}))
class MetadataFilter(Metadata):
    """For each key a value, or a list of alternative values."""

    several = PLAIN
    rule = _("Values must be strings, numbers, booleans or lists of these.")


def check_instruction(made_by: EmbeddingEngine, wanted: str) -> str:
    """How it is kept. Raises ValidationError if the engine takes none, or nobody knows it."""
    try:
        return engines.check_instruction(made_by, wanted)
    except EngineMisconfigured as error:
        raise serializers.ValidationError({"instruction": [str(error)]}) from error


def check_dimensions(made_by: EmbeddingEngine, wanted: int | None) -> None:
    """Raises ValidationError if the engine cannot make such vectors, or the index cannot store them."""
    try:
        engines.check_dimensions(made_by, wanted)
    except EngineMisconfigured as error:
        raise serializers.ValidationError({"dimensions": [str(error)]}) from error
