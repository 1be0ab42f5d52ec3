"""The pages of the catalogue. What they show comes from the same functions as the API's answers."""

from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from viewer.api.collections import images_json, overview_json
from viewer.api.resumable import upload_json
from viewer.models import Collection, Image
from viewer.selectors.catalogue import UPLOAD, VIEW, kinds_in, permitted_collections
from viewer.services.resumable import unfinished_uploads


def _permitted(request: HttpRequest, collection_id: UUID, permission: str = VIEW) -> Collection:
    """Return a collection on which the asker holds a permission; 404 for a foreign and for a missing one alike."""
    found = permitted_collections(request.user, permission).filter(pk=collection_id).first()
    if found is None:
        raise Http404
    return found


@require_safe
@login_required
def collections_page(request: HttpRequest) -> HttpResponse:
    """Show the asker's collections."""
    return render(request, "viewer/collections.html", {"collections": overview_json(request.user)})


@require_safe
@login_required
def collection_page(request: HttpRequest, collection_id: UUID) -> HttpResponse:
    """Show what is in a collection; the script draws the grid from the first page of images given here."""
    collection = _permitted(request, collection_id)
    kinds = kinds_in(collection)
    page_data = {
        **images_json(collection),
        "images_url": reverse("api-collection-images", args=[collection.pk]),
        "image_page_url": "/images/{id}/",
        "total": sum(kinds.values()),
    }
    context = {
        "collection": collection,
        "kinds": [(kind, label, kinds[kind]) for kind, label in Image.Kind.choices if kind in kinds],
        "total": page_data["total"],
        "can_upload": permitted_collections(request.user, UPLOAD).filter(pk=collection.pk).exists(),
        "page_data": page_data,
    }
    return render(request, "viewer/collection.html", context)


@require_safe
@login_required
def upload_page(request: HttpRequest, collection_id: UUID) -> HttpResponse:
    """Show where files are dropped; each is sent by itself to the API."""
    collection = _permitted(request, collection_id, UPLOAD)
    page_data = {
        "upload_url": reverse("api-collection-uploads", args=[collection.pk]),
        "tus_url": reverse("api-resumable-uploads", args=[collection.pk]),
        "unfinished": [upload_json(each) for each in unfinished_uploads(user_id=str(request.user.pk), collection=collection)],
        "image_page_url": "/images/{id}/",
        "max_bytes": settings.UPLOAD_MAX_BYTES,
    }
    return render(request, "viewer/upload.html", {"collection": collection, "page_data": page_data})
