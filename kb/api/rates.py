"""Limits on API calls per person and minute."""

from typing import TYPE_CHECKING, cast

from django.contrib.auth.models import User
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from kb.people.rates import seconds_to_wait

if TYPE_CHECKING:  # rest_framework.views itself imports this module, by its name in settings
    from rest_framework.views import APIView


class PerMinute(BaseThrottle):
    """settings.RATES["general"] limits all calls together; a view's `rates` names one more limit for some methods."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        special = getattr(view, "rates", {}).get(request.method)
        names = ["general", special] if special else ["general"]
        self._wait = seconds_to_wait(cast(User, request.user), *names)
        return self._wait is None

    def wait(self) -> float | None:
        return self._wait
