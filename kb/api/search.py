"""/api/v1/search/"""

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kb import search
from kb.api.access import user_of
from kb.api.authentication import token_of
from kb.api.serializers import HitSerializer, SearchRequest
from kb.models import Collection
from retrieval.search import Grain, Mode
from retrieval.search import Request as Question


class Search(APIView):
    only_reads = True

    def post(self, request: Request) -> Response:
        wanted = SearchRequest(data=request.data)
        wanted.is_valid(raise_exception=True)
        asked = wanted.validated_data
        question = Question(asked["query"], asked["limit"], Mode(asked["mode"]), Grain(asked["grain"]))
        only = search.Filter(**asked["filter"]) if "filter" in asked else None
        try:
            answer = search.search(user_of(request), token_of(request), question, asked["collections"], only)
        except Collection.DoesNotExist as missing:
            raise Http404 from missing
        context = {"request": request, "explain": asked["explain"]}
        return Response(
            {
                "hits": [HitSerializer(found, context=context).data for found in answer.hits],
                "took_ms": answer.took_ms,
                "notices": answer.notices,
            }
        )
