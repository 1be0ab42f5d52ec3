"""What a pack brings, for people to read: labels with their codes, the form as readers see it, and the protocol."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from annotation.codes.systems import SYSTEMS
from annotation.schema.labels import Granularity
from societies.packs import Pack, load_pack, pack_slugs
from societies.packs.loader import PackLabel
from societies.selectors.societies import text_in_language
from societies.views.words import GRANULARITIES, MAPPINGS, ROLES


@require_safe
@login_required
def pack_page(request: HttpRequest, pack_slug: str) -> HttpResponse:
    """Show one pack to anybody who is signed in: packs come with the program and hold nothing of anybody."""
    if pack_slug not in pack_slugs():
        raise Http404
    pack = load_pack(pack_slug)
    context = {
        "pack": pack,
        "name": text_in_language(**pack.name),
        "granularities": _words(pack.granularities),
        "labels": [_row(label) for label in pack.labels],
        "protocol": text_in_language(**pack.protocol),
        "page_data": {"schema": pack.form_schema, "ui": pack.form_ui},
    }
    return render(request, "societies/pack.html", context)


def pack_summaries(packs: Iterable[Pack]) -> list[dict[str, Any]]:
    """Return name, version and size of each pack, for a list."""
    return [
        {
            "slug": pack.slug,
            "version": pack.version,
            "name": text_in_language(**pack.name),
            "labels": len(pack.labels),
            "fields": len(pack.form_schema["properties"]),
        }
        for pack in packs
    ]


def _row(label: PackLabel) -> dict[str, Any]:
    systems = {system.uri: text_in_language(ja=system.name_ja, en=system.name_en) for system in SYSTEMS}
    return {
        "code": label.code,
        "colour": label.colour,
        "key": label.key,
        "name": text_in_language(ja=label.ja, en=label.en),
        "other_name": text_in_language(ja=label.en, en=label.ja),
        "other_language": text_in_language(ja="en", en="ja"),
        "is_child": bool(label.parent),
        "role": ROLES[label.role],
        "granularities": _words(label.granularities),
        "codings": [
            {
                "system": systems.get(coding["system"], coding["system"]),
                "code": coding["code"],
                "display": coding["display"].get(text_in_language(ja="ja", en="en"), coding["display"]["en"]),
                "mapping": MAPPINGS[coding["mapping"]],
            }
            for coding in label.codings
        ],
    }


def _words(granularities: Iterable[str]) -> list[str]:
    return [str(GRANULARITIES[Granularity(granularity)]) for granularity in granularities]
