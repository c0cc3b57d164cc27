"""The embedding cache."""

from django.db import models
from pgvector.django import HalfVectorField


class CachedEmbedding(models.Model):
    """An engine's vector, by the hash of its input, so that no text is embedded twice."""

    pk = models.CompositePrimaryKey("engine_fingerprint", "digest")
    engine_fingerprint = models.CharField(max_length=200)
    digest = models.BinaryField(max_length=32)  # SHA-256 of the input, UTF-8
    vector = HalfVectorField()
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return bytes(self.digest).hex()
