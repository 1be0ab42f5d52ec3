"""One image: how to show it, the grant for its pixels, its thumbnail."""

from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from viewer.api.errors import ApiError, not_found
from viewer.api.serializers import ManifestSerializer, PresentationListSerializer
from viewer.models import Image
from viewer.readers.errors import ReaderError
from viewer.selectors.catalogue import permitted_images
from viewer.selectors.presentations import presentations_json, presentations_url
from viewer.services.images import PixelGrant, open_image
from viewer.services.manifests import browser_manifest, members_of
from viewer.services.reasons import Refused
from viewer.services.thumbnails import thumbnail, thumbnail_etag


def get_image(user: AbstractBaseUser | AnonymousUser, image_id: UUID) -> Image:
    """Return an image that the user may view.

    Raises:
        ApiError: 404, for a foreign image and one that does not exist alike.
    """
    found = permitted_images(user).filter(pk=image_id).first()
    if found is None:
        raise not_found()
    return found


def set_grant(answer: Response, grant: PixelGrant) -> None:
    """Send a grant along: out of reach of scripts, and back with requests of this site alone."""
    answer.set_cookie(
        grant.cookie_name,
        grant.token,
        max_age=grant.max_age_s,
        path=grant.cookie_path,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


class ImageView(APIView):
    """One image."""

    @extend_schema(operation_id="image", responses=ManifestSerializer)
    def get(self, request: Request, image_id: UUID) -> Response:
        """Return the manifest: sizes, levels, frames, spacing, addresses."""
        image = get_image(request.user, image_id)
        return Response(browser_manifest(image, members_of(image), presentations_url(image)))


class ImageOpenView(APIView):
    """Opening an image."""

    @extend_schema(operation_id="image_open", request=None, responses=ManifestSerializer)
    def post(self, request: Request, image_id: UUID) -> Response:
        """Return the manifest, and grant the image's pixels for a minute in a cookie; call again to renew."""
        opened = open_image(user=request.user, image=get_image(request.user, image_id))
        answer = Response(opened.manifest, headers={"Cache-Control": "no-store"})
        set_grant(answer, opened.grant)
        return answer


class PresentationsView(APIView):
    """How others wanted an image to be shown."""

    @extend_schema(operation_id="image_presentations", responses=PresentationListSerializer)
    def get(self, request: Request, image_id: UUID) -> Response:
        """Return the image's presentation states, oldest first, with all that the viewer draws of them."""
        image = get_image(request.user, image_id)
        return Response({"presentations": presentations_json(image)}, headers={"Cache-Control": "private, no-cache"})


class JpegRenderer(BaseRenderer):
    """Names the media type of thumbnails in the API's documentation."""

    media_type = "image/jpeg"
    format = "jpeg"


class _JsonForErrors(BaseContentNegotiation):
    """Answers errors in JSON whatever an ``<img>`` says it accepts."""

    def select_parser(self, request, parsers):  # type: ignore[no-untyped-def]
        """Return no parser: the view reads no body."""
        return

    def select_renderer(self, request, renderers, format_suffix=None):  # type: ignore[no-untyped-def]
        """Return the JSON renderer, which only errors go through."""
        return JSONRenderer(), JSONRenderer.media_type


class ThumbnailView(APIView):
    """The small picture of an image."""

    renderer_classes = [JpegRenderer]
    content_negotiation_class = _JsonForErrors

    @extend_schema(
        operation_id="image_thumbnail",
        parameters=[OpenApiParameter("revision", int, description="Only keeps caches apart")],
        responses={(200, "image/jpeg"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, image_id: UUID) -> HttpResponseBase:
        """Return a JPEG of at most 256 px; browsers keep it and ask whether it changed."""
        image = get_image(request.user, image_id)
        headers = {"ETag": thumbnail_etag(image), "Cache-Control": "private, max-age=300"}
        if headers["ETag"] in parse_etags(request.headers.get("If-None-Match", "")):
            return HttpResponseNotModified(headers=headers)
        try:
            return HttpResponse(thumbnail(image=image), content_type="image/jpeg", headers=headers)
        except ReaderError as error:
            raise _unavailable(Refused.by_reader(error)) from error
        except Refused as refusal:
            raise _unavailable(refusal) from refusal


def _unavailable(refusal: Refused) -> ApiError:
    return ApiError(refusal.code, refusal.text, refusal.hint, status_code=refusal.status)
