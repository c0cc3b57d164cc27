"""Searches without results, which show administrators what content is missing."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ZeroResultSearch(models.Model):
    """A question none of whose words occurs in a passage that the user may read. Kept for some weeks."""

    at = models.DateTimeField(_("when"), auto_now_add=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("who")
    )
    question = models.CharField(_("question"), max_length=2000)

    class Meta:
        ordering = ["-at"]
        verbose_name = _("zero-result search")
        verbose_name_plural = _("zero-result searches")
        indexes = [models.Index(fields=["-at"], name="miss_newest_first")]

    def __str__(self) -> str:
        return self.question
