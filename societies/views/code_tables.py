"""The page on which admins see and load the tables of codes of the site."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from annotation.codes.systems import SYSTEMS
from societies.selectors.societies import administers_any, text_in_language


@require_safe
@login_required
def code_tables_page(request: HttpRequest) -> HttpResponse:
    """Show the tables that are loaded, a field to try the search, and a form to load another."""
    if not administers_any(user=cast("User", request.user)):
        raise Http404
    page_data = {
        "url": reverse("api-code-tables"),
        "systems": [
            {
                "slug": system.slug,
                "name": text_in_language(ja=system.name_ja, en=system.name_en),
                "has_layout": bool(system.named.code),
                "licence": text_in_language(ja=system.licence.ja, en=system.licence.en),
            }
            for system in SYSTEMS
            if system.terms in ("operator-supplied", "reference-only")
        ],
    }
    return render(request, "societies/code_tables.html", {"page_data": page_data})
