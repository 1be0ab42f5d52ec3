"""The page on which a society's datasets are made, frozen, compared and handed out."""

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from societies.models import DatasetMember, Membership
from societies.selectors.dataset_choices import dataset_choices
from societies.selectors.datasets import curated_societies, has_role, list_datasets
from societies.selectors.societies import display_name
from societies.views.export_formats import EXPORT_FORMATS

STRATA = (
    ("label", _("label")),
    ("collection", _("collection")),
    ("modality", _("modality")),
    ("device", _("device")),
    ("campaign", _("campaign")),
)


@require_safe
@login_required
def datasets_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the datasets of a society to its admins and exporters."""
    user = cast("User", request.user)
    society = curated_societies(user).filter(slug=slug).first()
    if society is None:
        raise Http404
    page_data: dict[str, Any] = {
        "datasets": list_datasets(society),
        "choices": dataset_choices(society, user),
        "can_train": has_role(user, society, Membership.Role.EXPORTER),
        "can_test": has_role(user, society, Membership.Role.ADMIN),
        "url": reverse("api-datasets", args=[slug]),
        "words": {
            "split": _words(DatasetMember.Split.choices),
            "strata": _words(STRATA),
            "format": [{"code": code, "name": str(name)} for _group, formats in EXPORT_FORMATS for code, name, _help in formats],
        },
    }
    return render(request, "societies/datasets.html", {"society_name": display_name(society), "page_data": page_data})


def _words(choices: Any) -> list[dict[str, str]]:
    return [{"code": str(code), "name": str(name)} for code, name in choices]
