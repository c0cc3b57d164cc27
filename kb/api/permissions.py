"""General permissions of a caller. What they may see is decided by `visible_to`."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from kb.api.authentication import token_of

if TYPE_CHECKING:  # rest_framework.views imports this module, through settings
    from rest_framework.views import APIView


class SignedInAndMayWrite(BasePermission):
    """Requires sign-in, and refuses changes with a read-only token. A view whose POST only reads sets `only_reads`."""

    message = _("This token is read-only. Use one that may write.")

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not request.user.is_authenticated:
            return False
        token = token_of(request)
        if token is None or not token.read_only:
            return True
        return request.method in SAFE_METHODS or getattr(view, "only_reads", False)
