"""The scale of one image: what holds, what was entered by hand, and entering it."""

from typing import Any, cast
from uuid import UUID

from django.contrib.auth.models import User
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from viewer.api.errors import ApiError
from viewer.api.images import get_image
from viewer.api.serializers import NewScaleSerializer, ScaleSerializer
from viewer.models import Image
from viewer.selectors.catalogue import UPLOAD, permitted_collections
from viewer.services.manifests import spacing_of
from viewer.services.reasons import Refused
from viewer.services.scales import ENTERED, enter_scale, scale_history


class ImageScaleView(APIView):
    """The scale of an image whose file states none is asked for, never assumed."""

    @extend_schema(operation_id="image_scale", responses=ScaleSerializer)
    def get(self, request: Request, image_id: UUID) -> Response:
        """Return the scale with everything that was entered by hand."""
        image = get_image(request.user, image_id)
        return Response(_answer(image, may_enter=_may_enter(request, image)))

    @extend_schema(operation_id="enter_image_scale", request=NewScaleSerializer, responses=ScaleSerializer)
    def put(self, request: Request, image_id: UUID) -> Response:
        """Enter a scale, or take back (null) what was entered; every one is kept with who and when."""
        image = get_image(request.user, image_id)
        if not _may_enter(request, image):
            raise PermissionDenied
        wanted = NewScaleSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        try:
            image = enter_scale(user=cast("User", request.user), image=image, **wanted.validated_data)
        except Refused as refusal:
            raise ApiError(refusal.code, refusal.text, refusal.hint, status_code=refusal.status) from refusal
        return Response(_answer(image, may_enter=True))


def _may_enter(request: Request, image: Image) -> bool:
    return permitted_collections(request.user, UPLOAD).filter(pk=image.collection_id).exists()


def _answer(image: Image, *, may_enter: bool) -> dict[str, Any]:
    from_file = image.spacing_x_um is not None and image.spacing_source != ENTERED
    return {"spacing": spacing_of(image), "can_enter": may_enter and not from_file, "entries": scale_history(image)}
