"""The pages on which a society's working group edits label sets, forms and label maps."""

from typing import Any, Final, cast

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from annotation.schema.label_checks import CODING_MAPPINGS
from annotation.schema.labels import LABEL_ROLES
from societies.models import Society, SocietyVocabulary
from societies.packs import load_pack, pack_slugs
from societies.selectors.societies import administered_societies, display_name, text_in_language
from societies.selectors.vocabularies import KINDS, list_vocabularies, usable_names_json, usable_sets_json, vocabulary_json
from societies.views.packs import pack_summaries
from societies.views.words import GRANULARITIES, MAPPINGS, ROLES, choices

_PAGES: Final = {"label-sets": "label-set", "forms": "form", "label-maps": "label-map"}
_TITLES: Final = {"label-sets": _("Label set"), "forms": _("Form"), "label-maps": _("Map between label sets")}


@require_safe
@login_required
def vocabularies_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the label sets, forms and label maps of a society to its admins."""
    society = _administered(request, slug)
    packs = [load_pack(pack) for pack in pack_slugs()]
    page_data: dict[str, Any] = {
        "rows": {kind: list_vocabularies(society, kind) for kind in KINDS},
        "urls": {kind: reverse("api-vocabularies", args=[slug, kind]) for kind in KINDS},
        "pages": {kind: reverse(_PAGES[kind], args=[slug, "NAME"]) for kind in KINDS},
        "packs": [{"slug": pack.slug, "name": text_in_language(**pack.name)} for pack in packs],
        "sets": usable_names_json(society),
        "prefix": f"{slug}-",
    }
    context = {"society_name": display_name(society), "packs": pack_summaries(packs), "page_data": page_data}
    return render(request, "societies/vocabularies.html", context)


@require_safe
@login_required
def vocabulary_page(request: HttpRequest, slug: str, kind: str, name: str) -> HttpResponse:
    """Show one label set, form or label map with its draft and its versions."""
    society = _administered(request, slug)
    if not SocietyVocabulary.objects.filter(society=society, kind=kind, slug=name).exists():
        raise Http404
    shown = vocabulary_json(kind, name)
    page_data: dict[str, Any] = {
        **shown,
        "url": reverse("api-vocabulary", args=[slug, kind, name]),
        "words": {
            "role": choices({role: ROLES[role] for role in LABEL_ROLES}),
            "granularity": choices(GRANULARITIES),
            "mapping": choices({mapping: MAPPINGS[mapping] for mapping in CODING_MAPPINGS}),
        },
        "sets": usable_sets_json(society) if kind == "label-maps" else [],
    }
    context = {
        "society_name": display_name(society),
        "slug": slug,
        "name": shown["name"],
        "kind": kind,
        "kind_title": _TITLES[kind],
        "page_data": page_data,
    }
    return render(request, "societies/vocabulary.html", context)


def _administered(request: HttpRequest, slug: str) -> Society:
    society = administered_societies(user=cast("User", request.user)).filter(slug=slug).first()
    if society is None:
        raise Http404
    return society
