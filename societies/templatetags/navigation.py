"""The header of every page: where a person can go, in which language, and as whom."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.contrib.auth.models import User
from django.template import Context
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from societies.selectors.societies import administered_societies, display_name

register = template.Library()


@dataclass(frozen=True)
class Link:
    """One entry of the main navigation."""

    text: str
    url: str
    current: bool


def _links(user: User, path: str) -> list[Link]:
    """Return the pages that this person has a use for, the one shown now marked."""
    administered = list(administered_societies(user=user))
    places = [(_("Home"), reverse("home")), (_("Images"), "/collections/")]
    if administered:
        places += [(_("Model endpoints"), reverse("endpoints")), (_("Code tables"), reverse("code-tables"))]
    places += [
        (
            _("Members") if len(administered) == 1 else _("Members of %(society)s") % {"society": display_name(society)},
            reverse("members", args=[society.slug]),
        )
        for society in administered[:3]
    ]
    return [Link(text, url, path == url if url == "/" else path.startswith(url)) for text, url in places]


@register.simple_tag(takes_context=True)
def new_collection_url(context: Context) -> str:
    """Return where a new collection is made; empty for people who administer no society."""
    user = context["request"].user
    return reverse("collection-new") if administered_societies(user=user).exists() else ""


@register.inclusion_tag("parts/header.html", takes_context=True)
def site_header(context: Context) -> dict[str, Any]:
    """Draw the header; pages that are rendered without a request (server errors) get the plain one."""
    request = context.get("request")
    user = getattr(request, "user", None)
    person = user if user is not None and user.is_authenticated else None
    return {
        "links": _links(person, request.path) if request is not None and person else [],
        "person": person,
        "name": (person.get_full_name() or person.get_username()) if person else "",
        "next": request.get_full_path() if request is not None else "/",
        "language": get_language(),
        "csrf_token": context.get("csrf_token"),
    }
