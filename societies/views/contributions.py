"""The pages on which people see what they contributed and choose how they are named, and admins see everybody's."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from societies.selectors.contributions import contributions, own_contributions
from societies.selectors.societies import administered_societies, display_name


@require_safe
@login_required
def own_contributions_page(request: HttpRequest) -> HttpResponse:
    """Show a person what they did in each of their societies."""
    user = cast("User", request.user)
    rows = own_contributions(user=user)
    page_data = {"societies": [row | {"credit_url": reverse("api-credit", args=[row["slug"]])} for row in rows]}
    return render(request, "societies/own_contributions.html", {"rows": rows, "page_data": page_data})


@require_safe
@login_required
def contributions_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a society's admins what everybody did."""
    society = administered_societies(user=cast("User", request.user)).filter(slug=slug).first()
    if society is None:
        raise Http404
    rows = contributions(society=society)
    context = {"society_name": display_name(society), "slug": slug, "rows": rows, "named": sum(1 for row in rows if row.credit_name)}
    return render(request, "societies/contributions.html", context)
