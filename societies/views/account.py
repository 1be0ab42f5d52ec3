"""Signing in, and changing one's password."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _describe_errors(form: Any) -> None:
    """Tie each field to its error for those who hear the page, and put the cursor where something is to be done."""
    for name, field in form.fields.items():
        field.widget.attrs.pop("autofocus", None)
        if form.is_bound and form.errors.get(name):
            field.widget.attrs |= {"aria-invalid": "true", "aria-describedby": f"{name}-error"}
    wrong = [name for name in form.fields if form.is_bound and form.errors.get(name)]
    form.fields[(wrong or list(form.fields))[0]].widget.attrs["autofocus"] = True


class SignInForm(AuthenticationForm):
    """User name and password."""

    error_messages = {
        "invalid_login": _("User name or password is not right. Both distinguish capital letters."),
        "inactive": _("This account is switched off. Ask your society's admin."),
    }


class SignInView(LoginView):
    """The only page for people without a session."""

    template_name = "login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_form(self, form_class: Any = None) -> Any:
        """Return the form, ready for keyboard and screen reader."""
        form = super().get_form(form_class)
        _describe_errors(form)
        return form


class ChangePasswordView(PasswordChangeView):
    """Change one's own password; this session goes on, others end."""

    template_name = "password.html"
    form_class = PasswordChangeForm
    success_url = reverse_lazy("home")

    def get_form(self, form_class: Any = None) -> Any:
        """Return the form, ready for keyboard and screen reader."""
        form = super().get_form(form_class)
        _describe_errors(form)
        return form

    def form_valid(self, form: Any) -> HttpResponse:
        """Change it and say so."""
        answer = super().form_valid(form)
        messages.success(self.request, _("Your password is changed."))
        return answer
