"""What several parts of the API take and give."""

from collections.abc import Mapping
from types import UnionType
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from embedding.engine import EmbeddingEngine

MAX_KEYS = 50
MAX_KEY_LENGTH = 100
MAX_VALUE_LENGTH = 1000
MAX_LIST_LENGTH = 100
LARGEST_NUMBER = 1e300

Text = serializers.CharField(max_length=MAX_VALUE_LENGTH, allow_blank=True, trim_whitespace=False)
Key = serializers.CharField(max_length=MAX_KEY_LENGTH, trim_whitespace=False)


class Strict(serializers.Serializer[Any]):
    """Refuses what it does not know, so that a typing error is not ignored.

    A field that is only shown may come back and changes nothing: what was read may be sent as it is.
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
    """A flat JSON object: values are strings, numbers, booleans or lists of `several`."""

    several: type | UnionType = str
    rule: str | Promise = _("Values must be strings, numbers, booleans or lists of strings.")

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        try:
            value = super().to_internal_value(data)
        except RecursionError:
            value = None
        if not isinstance(value, dict):
            raise serializers.ValidationError(_("This must be an object."))
        if len(value) > MAX_KEYS:
            raise serializers.ValidationError(_("Use at most %s keys.") % MAX_KEYS)
        wrong = [f"{key[:MAX_KEY_LENGTH]}: {why}" for key, one in value.items() if (why := self._complaint(key, one))]
        if wrong:
            raise serializers.ValidationError(wrong)
        return value

    def _complaint(self, key: str, value: Any) -> str | Promise | None:
        try:
            Key.run_validation(key)
        except serializers.ValidationError:
            return _("A key must have 1 to %s characters, and no NUL or lone surrogate.") % MAX_KEY_LENGTH
        if isinstance(value, list):
            if len(value) > MAX_LIST_LENGTH:
                return _("A list may have at most %s items.") % MAX_LIST_LENGTH
            if not all(isinstance(one, self.several) for one in value):
                return self.rule
        complaints = [self._wrong(one) for one in (value if isinstance(value, list) else [value])]
        return next((complaint for complaint in complaints if complaint is not None), None)

    def _wrong(self, value: Any) -> str | Promise | None:
        """What is wrong with one plain value."""
        if isinstance(value, str):
            try:
                Text.run_validation(value)
            except serializers.ValidationError:
                return _("A string may have at most %s characters, and no NUL or lone surrogate.") % MAX_VALUE_LENGTH
        elif not isinstance(value, int | float):  # a bool is an int
            return self.rule
        elif not abs(value) <= LARGEST_NUMBER:
            return _("A number must be between -1e300 and 1e300.")
        return None


@extend_schema_field(_schema({"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]}))
class MetadataFilter(Metadata):
    """For each key a value, or a list of values of which one is enough."""

    several = str | int | float
    rule = _("Values must be strings, numbers, booleans or lists of these.")


def check_dimensions(made_by: EmbeddingEngine, wanted: int | None) -> None:
    """Raises ValidationError if the engine's vectors have another length."""
    if wanted not in (None, made_by.dimensions):
        only = _("%(model)s makes vectors of %(n)s dimensions only.")
        raise serializers.ValidationError({"dimensions": only % {"model": made_by.model, "n": made_by.dimensions}})
