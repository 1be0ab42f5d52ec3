"""The two pages with an image on them: the workbench of a read, and an image to look at."""

from typing import cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from annotation.selectors.reads import visible_reads
from annotation.views.names import campaign_name
from viewer.selectors.catalogue import permitted_images


@require_safe
@login_required
@never_cache
def workbench_page(request: HttpRequest, read_id: UUID) -> HttpResponse:
    """Show the workbench of a read to its reader, and without changing it to whoever manages the campaign."""
    user = cast("User", request.user)
    read = visible_reads(user).select_related("campaign", "image").filter(pk=read_id).first()
    if read is None:
        raise Http404
    page_data = {
        "read_id": str(read.pk),
        "image_id": str(read.image_id),
        "user_id": user.pk,
        "home_url": reverse("home"),
        "login_url": reverse("login"),
        "cells_worker_url": static("js/annotation/cells/work/worker.js"),
        "superpixels_worker_url": static("js/annotation/tools/superpixel/work/worker.js"),
    }
    context = {"page_data": page_data, "image_name": read.image.name, "campaign_name": campaign_name(read.campaign)}
    return render(request, "annotation/workbench.html", context)


@require_safe
@login_required
@never_cache
def image_page(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Show an image to whoever may see its collection."""
    image = get_object_or_404(permitted_images(cast("User", request.user)).select_related("collection"), pk=image_id)
    page_data = {"image_id": str(image.pk), "user_id": cast("User", request.user).pk}
    context = {"page_data": page_data, "image_name": image.name, "collection": image.collection}
    return render(request, "annotation/image.html", context)
