"""Signing in, and changing one's password."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from societies.services.sign_in import WINDOW_S, admit_attempt, forget_failures


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

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Sign in, unless too many attempts for this name failed from this address: then the password is not looked at."""
        username, address = request.POST.get("username", ""), request.META.get("REMOTE_ADDR", "")
        if username and not admit_attempt(username=username, address=address):
            return self._refuse()
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        """Open a session under a new key, as Django does at every sign-in."""
        forget_failures(username=self.request.POST["username"], address=self.request.META.get("REMOTE_ADDR", ""))
        return super().form_valid(form)

    def _refuse(self) -> HttpResponse:
        """Say for how long, and leave the empty form there for someone else at the same machine."""
        form = self.authentication_form(self.request)
        _describe_errors(form)
        context = self.get_context_data(form=form, blocked_minutes=WINDOW_S // 60)
        return self.render_to_response(context, status=429, headers={"Retry-After": str(WINDOW_S)})


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
