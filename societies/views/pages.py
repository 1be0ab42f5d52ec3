"""Home, the members of a society, and its model endpoints."""

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from annotation.models import ModelEndpoint
from annotation.selectors.pending import pending_count, pending_of_reader
from annotation.selectors.suggestions import list_endpoints
from societies.models import Membership, SocietyEndpoint
from societies.selectors.campaigns import overview, reading_list
from societies.selectors.datasets import curated_societies
from societies.selectors.societies import administered_societies, display_name, member_societies, members


@require_safe
@login_required
def home_page(request: HttpRequest) -> HttpResponse:
    """Show a reader what to read next, and an admin or exporter how their campaigns fare."""
    user = cast("User", request.user)
    administered = list(administered_societies(user=user))
    context = {
        "page_data": {
            "reading": reading_list(user=user),
            "overview": overview(user=user),
            "waiting": pending_count(pending_of_reader(user)),
            "campaigns_url": reverse("api-campaigns"),
        },
        "administered": bool(administered),
        "edited": [{"slug": society.slug, "name": display_name(society)} for society in administered],
        "societies": [display_name(society) for society in member_societies(user=user)],
        "curated": [{"slug": society.slug, "name": display_name(society)} for society in curated_societies(user)],
    }
    return render(request, "home.html", context)


@require_safe
@login_required
def members_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the people of a society to its admins."""
    user = cast("User", request.user)
    society = administered_societies(user=user).filter(slug=slug).first()
    if society is None:
        raise Http404
    page_data = {
        "members": members(society=society),
        "members_url": reverse("api-members", args=[slug]),
        "roles": [{"code": code, "name": str(name)} for code, name in Membership.Role.choices],
        "me": user.pk,
    }
    return render(request, "societies/members.html", {"society_name": display_name(society), "slug": slug, "page_data": page_data})


@require_safe
@login_required
def new_collection_page(request: HttpRequest) -> HttpResponse:
    """Ask an admin how a new collection is called, and for which society."""
    societies = list(administered_societies(user=cast("User", request.user)))
    if not societies:
        raise Http404
    page_data = {
        "societies": [
            {
                "slug": society.slug,
                "name": display_name(society),
                "collections_url": reverse("api-society-collections", args=[society.slug]),
            }
            for society in societies
        ]
    }
    return render(request, "societies/collection_new.html", {"page_data": page_data})


@require_safe
@login_required
def endpoints_page(request: HttpRequest) -> HttpResponse:
    """Show the model endpoints of the societies that one administers."""
    user = cast("User", request.user)
    societies = list(administered_societies(user=user))
    if not societies:
        raise Http404
    owned = SocietyEndpoint.objects.filter(society__in=societies).select_related("society")
    owners = {str(row.endpoint_id): display_name(row.society) for row in owned}
    page_data: dict[str, Any] = {
        "endpoints": list_endpoints(user),
        "owners": owners,
        "endpoints_url": reverse("endpoint-list"),
        "societies": [{"slug": society.slug, "name": display_name(society)} for society in societies],
        "tasks": [{"code": code, "name": str(name)} for code, name in ModelEndpoint.Task.choices],
    }
    return render(request, "societies/endpoints.html", {"page_data": page_data})
