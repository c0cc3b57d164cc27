"""What a caller may do at all; what they may see is `visible_to`'s business."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from kb.api.authentication import token_of

if TYPE_CHECKING:  # rest_framework.views itself imports this module, by its name in settings
    from rest_framework.views import APIView


class SignedInAndMayWrite(BasePermission):
    """Signed in; and a read-only token only reads. A view whose POST changes nothing says `only_reads = True`."""

    message = _("This token may only read. Use one that may write.")

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not request.user.is_authenticated:
            return False
        token = token_of(request)
        if token is None or not token.read_only:
            return True
        return request.method in SAFE_METHODS or getattr(view, "only_reads", False)
