"""/api/v1/collections/{id}/members/"""

from django.contrib.auth.models import User
from django.db.models import F, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kb.api import examples
from kb.api.access import collection_or_404, require, user_of
from kb.api.pagination import ByUsername
from kb.api.schema import PAGED, answered, page_of, sent
from kb.api.serializers.collections import MemberSerializer
from kb.library import collections
from kb.models import Collection, Member, Role


@extend_schema(tags=["Members"])
class Members(APIView):
    @extend_schema(
        operation_id="list_members",
        parameters=PAGED,
        responses={200: page_of(MemberSerializer), 403: None},
        examples=[answered(examples.page(examples.MEMBER))],
    )
    def get(self, request: Request, id: str) -> Response:
        """Members and their roles, by username. Only for members and administrators, not for everyone who may read."""
        return ByUsername().answer(_members(request, id), request, self, MemberSerializer)


@extend_schema(tags=["Members"])
class OneMember(APIView):
    @extend_schema(
        operation_id="get_member",
        responses={200: MemberSerializer, 403: None},
        examples=[answered(examples.MEMBER)],
    )
    def get(self, request: Request, id: str, username: str) -> Response:
        """The role of one member."""
        return Response(MemberSerializer(get_object_or_404(_members(request, id), username=username)).data)

    @extend_schema(
        operation_id="set_member",
        request=MemberSerializer,
        responses={200: MemberSerializer, 201: MemberSerializer, 409: None},
        examples=[sent({"role": "viewer"}), answered(examples.MEMBER), answered(examples.MEMBER, 201)],
    )
    def put(self, request: Request, id: str, username: str) -> Response:
        """Sets an account's role (owners only): 201 for a new member, else 200. The last owner stays owner (409)."""
        collection = collection_or_404(request, id, Collection.objects.owned_by)
        given = MemberSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        user = User.objects.filter(username=username).first()
        if user is None:
            raise ValidationError({"username": [_("There is no account with this name.")]})
        is_new = collections.set_member(collection, user_of(request), user, Role(given.validated_data["role"]))
        member = {"username": username, "role": given.validated_data["role"]}
        return Response(member, status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)

    @extend_schema(operation_id="remove_member", responses={204: None, 409: None})
    def delete(self, request: Request, id: str, username: str) -> Response:
        """Removes a member. Owners remove others; members can leave. The last owner cannot be removed (409)."""
        collection = collection_or_404(request, id)
        if username != user_of(request).username:
            require(request, id, Collection.objects.owned_by)
        member = get_object_or_404(Member.objects.select_related("user"), collection=id, user__username=username)
        collections.remove_member(collection, user_of(request), member.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _members(request: Request, id: str) -> QuerySet[Member]:
    collection = collection_or_404(request, id, Collection.objects.with_member)
    return Member.objects.filter(collection=collection).annotate(username=F("user__username"))
