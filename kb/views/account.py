"""Sign-in, sign-out, and passwords."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as django_views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kb.models import Action
from kb.people import audit
from kb.views.access import user_of
from kb.views.forms import ChangePasswordForm, EmailForm, PasswordLinkForm


class SignIn(django_views.LoginView):
    template_name = "account/sign_in.html"
    redirect_authenticated_user = True


class SignOut(django_views.LogoutView):
    """POST only, Django's default."""


def locked_out(request: HttpRequest, original: HttpResponse, credentials: dict[str, Any] | None) -> HttpResponse:
    """The page that django-axes shows instead of sign-in after too many wrong passwords."""
    minutes = settings.AXES_COOLOFF_TIME.total_seconds() // 60
    response = render(request, "account/locked_out.html", {"minutes": int(minutes)}, status=429)
    response["Retry-After"] = str(int(minutes * 60))
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """The account page: email address, password, tokens."""
    user = user_of(request)
    form = EmailForm(request.POST or None, initial={"email": user.email})
    if form.is_valid():
        if form.cleaned_data["email"] != user.email:
            with transaction.atomic():
                User.objects.filter(pk=user.pk).update(email=form.cleaned_data["email"])
                audit.account(user, Action.USER_CHANGED, user, fields=["email"])
        messages.success(request, _("Address saved."))
        return redirect("account")
    tokens = user.tokens.prefetch_related("collections").order_by("-created_at")
    return render(request, "account/account.html", {"form": form, "tokens": tokens})


class ChangePassword(django_views.PasswordChangeView):
    """Requires the old password. Signs the person out of every other browser."""

    template_name = "account/change_password.html"
    success_url = reverse_lazy("account")
    form_class = ChangePasswordForm

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = super().get_form_kwargs()
        return {"request": self.request, "user": kwargs["user"], "data": kwargs.get("data")}

    @transaction.atomic
    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        audit.account(form.user, Action.PASSWORD_CHANGED, form.user)
        messages.success(self.request, _("Password changed."))
        return super().form_valid(form)


@method_decorator(login_not_required, name="dispatch")
class ForgotPassword(django_views.PasswordResetView):
    """Sends a link by email. The response is the same whether the address is known or not."""

    template_name = "account/forgot_password.html"
    email_template_name = "account/password_link.txt"
    subject_template_name = "account/password_link_subject.txt"
    form_class = PasswordLinkForm
    success_url = reverse_lazy("password-link-sent")

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(mail=bool(settings.EMAIL_URL), **context)


@method_decorator(login_not_required, name="dispatch")
class PasswordLinkSent(django_views.PasswordResetDoneView):
    template_name = "account/password_link_sent.html"


@method_decorator(login_not_required, name="dispatch")
class SetPassword(django_views.PasswordResetConfirmView):
    """The target of password links, from `manage.py password_link`, an email, or an administrator."""

    template_name = "account/set_password.html"
    success_url = reverse_lazy("login")

    @transaction.atomic
    def form_valid(self, form: "SetPasswordForm[User]") -> HttpResponse:
        audit.account(form.user, Action.PASSWORD_CHANGED, form.user)
        messages.success(self.request, _("Password set. Sign in with it."))
        return super().form_valid(form)
