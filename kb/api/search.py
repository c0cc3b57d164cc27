"""/api/v1/search/ and /api/v1/embeddings/"""

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from embedding.engine import EngineError, EngineRejected
from embedding.instructions import DEFAULT, TEXTS
from embedding.observation import observed
from embedding.prompts import Role
from embedding.transforms import truncated
from kb.api import examples
from kb.api.access import user_of
from kb.api.authentication import token_of
from kb.api.errors import EngineFailed
from kb.api.schema import answered, sent
from kb.api.serializers.search import EmbeddingsRequest, EmbeddingsSerializer, SearchRequest, SearchResultsSerializer
from kb.models import Collection
from kb.searching import search
from retrieval.engines import engine
from retrieval.options import Grain, Mode, SearchOptions


@extend_schema(tags=["Search"])
class Search(APIView):
    only_reads = True
    rates = {"POST": "search"}

    @extend_schema(
        operation_id="search",
        request=SearchRequest,
        responses={200: SearchResultsSerializer, 404: None},
        examples=[sent(examples.QUESTION), answered(examples.ANSWER)],
    )
    def post(self, request: Request) -> Response:
        """The passages that answer a question best, from the given collections or all that you may read.

        404 if you have no access to one of `collections`. If an embedding engine is down, its collections are searched
        by words only and `notices` says so; `"mode": "dense"` then responds with 503.
        """
        wanted = SearchRequest(data=request.data)
        wanted.is_valid(raise_exception=True)
        asked = wanted.validated_data
        options = SearchOptions(
            mode=Mode(asked["mode"]), grain=Grain(asked["grain"]), limit=asked["limit"], offset=asked["offset"]
        )
        only = search.Filter(**asked["filter"]) if "filter" in asked else None
        caller = user_of(request), token_of(request)
        try:
            results = search.search(*caller, asked["query"], options, asked["collections"], only)
        except Collection.DoesNotExist as missing:
            raise Http404 from missing
        except EngineError as error:
            advice = _('The embedding engine does not answer. Try again soon, or ask with "mode": "lexical".')
            raise EngineFailed(advice) from error
        texts = {found.version.pk: found.version.text for found in results.hits}
        context = {"request": request, "explain": asked["explain"], "texts": texts}
        return Response(SearchResultsSerializer(results, context=context).data)


@extend_schema(tags=["Search"])
class Embeddings(APIView):
    only_reads = True
    rates = {"POST": "embeddings"}

    @extend_schema(
        operation_id="embed",
        request=EmbeddingsRequest,
        responses=EmbeddingsSerializer,
        examples=[sent(examples.TEXTS), answered(examples.VECTORS)],
    )
    def post(self, request: Request) -> Response:
        """Vectors of texts, in the order of the texts. Texts that are too long are truncated."""
        wanted = EmbeddingsRequest(data=request.data)
        wanted.is_valid(raise_exception=True)
        asked = wanted.validated_data
        made_by = observed(asked["engine"], engine(asked["engine"]))
        dimensions = asked.get("dimensions", made_by.dimensions)
        role = Role.DOCUMENT if asked["task"] == Role.DOCUMENT else Role.QUERY
        try:
            made = made_by.embed(asked["texts"], role=role, instruction=TEXTS.get(asked["task"], TEXTS[DEFAULT]))
        except EngineRejected as error:
            reason = _("The embedding engine fails on this text every time.")
            raise ValidationError({"texts": {str(error.index): [reason]}}) from error
        vectors = truncated(made, dimensions)
        return Response({"model": made_by.model, "dimensions": dimensions, "vectors": vectors.tolist()})
