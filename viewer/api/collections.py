"""Collections and what is in them."""

from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from viewer.api.errors import ApiError, not_found
from viewer.api.serializers import CollectionListSerializer, ImageListSerializer, collection_json, image_json
from viewer.models import Collection, Image
from viewer.selectors.catalogue import UPLOAD, VIEW, BadCursor, collections_overview, images_page, permitted_collections

_LONGEST_QUERY = 200


def get_collection(user: AbstractBaseUser | AnonymousUser, collection_id: UUID, permission: str = VIEW) -> Collection:
    """Return a collection on which the user holds a permission.

    Raises:
        ApiError: 404, for a foreign collection and one that does not exist alike.
    """
    found = permitted_collections(user, permission).filter(pk=collection_id).first()
    if found is None:
        raise not_found()
    return found


def overview_json(user: AbstractBaseUser | AnonymousUser) -> list[dict[str, Any]]:
    """Return all collections of a user for a list; two queries."""
    uploadable = set(permitted_collections(user, UPLOAD).values_list("pk", flat=True))
    return [collection_json(row, can_upload=row.pk in uploadable) for row in collections_overview(user)]


def images_json(collection: Collection, *, after: str = "", q: str = "", kind: str = "") -> dict[str, Any]:
    """Return a page of a collection's images.

    Raises:
        ApiError: 400 for a cursor or a kind that does not exist.
    """
    if kind and kind not in Image.Kind.values:
        raise ApiError("bad_kind", _("There is no such kind of image."), _("Ask for slide, frames, photograph or video."), status_code=400)
    try:
        page = images_page(collection, after=after, q=q.replace("\x00", "").strip()[:_LONGEST_QUERY], kind=kind)
    except BadCursor as error:
        raise ApiError("bad_cursor", _("This place in the list is unknown."), _("Start again from the top."), status_code=400) from error
    return {"images": [image_json(image) for image in page.images], "next": page.next}


class CollectionListView(APIView):
    """The asker's collections."""

    @extend_schema(operation_id="collections", responses=CollectionListSerializer)
    def get(self, request: Request) -> Response:
        """Return all collections the asker may view."""
        return Response({"collections": overview_json(request.user)})


class CollectionImageListView(APIView):
    """The images of one collection."""

    @extend_schema(
        operation_id="collection_images",
        parameters=[
            OpenApiParameter("after", str, description="Cursor: the next of the page before"),
            OpenApiParameter(
                "q", str, description="Words that are all in name, modality, series or acquisition (device, probe, stain, objective)"
            ),
            OpenApiParameter("kind", str, enum=Image.Kind.values),
        ],
        responses=ImageListSerializer,
    )
    def get(self, request: Request, collection_id: UUID) -> Response:
        """Return a page of images, newest first."""
        collection = get_collection(request.user, collection_id)
        asked = {name: request.query_params.get(name, "") for name in ("after", "q", "kind")}
        return Response(images_json(collection, **asked))
