"""Uploads that come in parts, by tus 1.0 (https://tus.io/protocols/resumable-upload): core, creation, termination, checksum, expiration."""

import base64
import binascii
from http import HTTPMethod
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.http import http_date
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from viewer.api.collections import get_collection
from viewer.api.errors import ApiError, not_found
from viewer.api.serializers import ArchiveSerializer, ResumableListSerializer, ResumableSerializer
from viewer.api.uploads import SessionByHeader
from viewer.models import Collection
from viewer.selectors.catalogue import UPLOAD
from viewer.services.archive_uploads import is_archive, take_some
from viewer.services.names import display_name
from viewer.services.reasons import Refused
from viewer.services.resumable import (
    CHECKSUMS,
    Checksum,
    Upload,
    UploadGone,
    append,
    create_upload,
    find_upload,
    finish,
    terminate,
    unfinished_uploads,
)

VERSION: Final = "1.0.0"
_EXTENSIONS: Final = "creation,termination,checksum,expiration"
_PART_TYPE: Final = "application/offset+octet-stream"
_LONGEST_METADATA: Final = 4096
_LONGEST_NUMBER: Final = 18
_COOKIE: Final[Any] = [{"cookieAuth": []}]
_PART: Final[Any] = {_PART_TYPE: OpenApiTypes.BINARY}


def _header(name: str, about: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=about)


_TUS: Final = OpenApiParameter("Tus-Resumable", str, OpenApiParameter.HEADER, required=True, enum=[VERSION])


class _TusView(APIView):
    """What all addresses of the protocol have in common."""

    authentication_classes = [SessionByHeader]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.collection: Collection | None = None
        if request.method == HTTPMethod.OPTIONS:
            return
        self.collection = get_collection(request.user, kwargs["collection_id"], UPLOAD)
        if request.method not in {HTTPMethod.GET, HTTPMethod.HEAD} and request.headers.get("Tus-Resumable") != VERSION:
            text, hint = _("This version of the upload protocol is not spoken here."), _("Send the header Tus-Resumable: 1.0.0.")
            raise ApiError("bad_tus_version", text, hint, status_code=412)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, Refused):
            exc = ApiError(exc.code, exc.text, exc.hint, status_code=exc.status)
        elif isinstance(exc, UploadGone):
            exc = not_found()
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response["Tus-Resumable"] = VERSION
        response["Cache-Control"] = "no-store"
        if response.status_code == 412:
            response["Tus-Version"] = VERSION
        return super().finalize_response(request, response, *args, **kwargs)

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Say what is spoken here; nothing of any object."""
        headers = {
            "Tus-Version": VERSION,
            "Tus-Extension": _EXTENSIONS,
            "Tus-Max-Size": str(settings.UPLOAD_MAX_BYTES),
            "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
        }
        return Response(status=204, headers=headers)


class ResumableListView(_TusView):
    """Where uploads begin."""

    @extend_schema(operation_id="resumable_uploads", responses=ResumableListSerializer, auth=_COOKIE)
    def get(self, request: Request, collection_id: UUID) -> Response:
        """Return one's unfinished uploads into the collection."""
        assert self.collection is not None  # noqa: S101  # initial has found it
        found = unfinished_uploads(user_id=str(request.user.pk), collection=self.collection)
        return Response({"uploads": [upload_json(each) for each in sorted(found, key=lambda each: each.name)]})

    @extend_schema(
        operation_id="resumable_create",
        request=None,
        parameters=[
            _TUS,
            _header("Upload-Length", "Bytes of the whole file"),
            _header("Upload-Metadata", "filename and, to find the upload again, fingerprint; values in base64"),
        ],
        responses={201: None},
        auth=_COOKIE,
    )
    def post(self, request: Request, collection_id: UUID) -> Response:
        """Begin an upload; its address comes in Location, without scheme and host, which a proxy may have changed."""
        assert self.collection is not None  # noqa: S101
        length = _number(request, "Upload-Length")
        metadata = request.headers.get("Upload-Metadata", "")
        name = _metadata(metadata).get("filename", "")
        upload = create_upload(user_id=str(request.user.pk), collection=self.collection, length=length, name=name, metadata=metadata)
        location = reverse("api-resumable-upload", args=[collection_id, upload.id])
        return Response(status=201, headers={"Location": location} | _state(upload))


class _OneUploadView(_TusView):
    def _upload(self, request: Request, upload_id: UUID) -> Upload:
        assert self.collection is not None  # noqa: S101
        return find_upload(user_id=str(request.user.pk), collection=self.collection, upload_id=upload_id)


class ResumableView(_OneUploadView):
    """One upload of the asker."""

    @extend_schema(operation_id="resumable_upload", responses=ResumableSerializer, auth=_COOKIE)
    def get(self, request: Request, collection_id: UUID, upload_id: UUID) -> Response:
        """Return how far the upload is, and what became of the file."""
        upload = self._upload(request, upload_id)
        return Response(upload_json(upload), headers=_state(upload))

    @extend_schema(operation_id="resumable_offset", responses={200: None}, parameters=[_TUS], auth=_COOKIE)
    def head(self, request: Request, collection_id: UUID, upload_id: UUID) -> Response:
        """Say with Upload-Offset how far the upload is."""
        upload = self._upload(request, upload_id)
        told = {"Upload-Length": str(upload.length)}
        if upload.metadata:
            told["Upload-Metadata"] = upload.metadata
        return Response(headers=told | _state(upload))

    @extend_schema(
        operation_id="resumable_append",
        request=_PART,
        parameters=[_TUS, _header("Upload-Offset", "Where the part begins"), _header("Upload-Checksum", "sha1 or sha256, and base64")],
        responses={204: None},
        auth=_COOKIE,
    )
    def patch(self, request: Request, collection_id: UUID, upload_id: UUID) -> Response:
        """Take the next part, at most 16 MiB. With the last one the file is looked at: 204, or an error with a reason code."""
        upload = self._upload(request, upload_id)
        if request.content_type != _PART_TYPE:
            text, hint = _("This is no part of a file."), _("Send it as application/offset+octet-stream.")
            raise ApiError("unsupported_media_type", text, hint, status_code=415)
        upload = append(
            upload=upload,
            offset=_number(request, "Upload-Offset"),
            stream=request.stream,
            announced=int(request.META.get("CONTENT_LENGTH") or 0),
            checksum=_checksum(request.headers.get("Upload-Checksum", "")),
        )
        if upload.is_whole:
            assert self.collection is not None  # noqa: S101
            upload = finish(upload=upload, collection=self.collection)
            error = upload_json(upload)["error"]
            if error:
                extra = {"name": error["name"]}
                raise ApiError(error["code"], error["message"], error["hint"], status_code=error["status"], extra=extra)
        return Response(status=204, headers=_state(upload))

    @extend_schema(operation_id="resumable_terminate", request=None, parameters=[_TUS], responses={204: None}, auth=_COOKIE)
    def delete(self, request: Request, collection_id: UUID, upload_id: UUID) -> Response:
        """Throw the upload away; a file that is in the collection stays."""
        terminate(upload=self._upload(request, upload_id))
        return Response(status=204)


class ArchiveView(_OneUploadView):
    """The files of an archive that was uploaded whole."""

    @extend_schema(
        operation_id="resumable_archive",
        request=None,
        parameters=[_TUS, OpenApiParameter("after", int, description="How many results the asker has")],
        responses=ArchiveSerializer,
        auth=_COOKIE,
    )
    def post(self, request: Request, collection_id: UUID, archive_id: UUID) -> Response:
        """Take the next files of the archive for a second or two; return what became of those that the asker has not heard of."""
        assert self.collection is not None  # noqa: S101
        after = request.query_params.get("after", "0")
        if not (after.isascii() and after.isdigit() and len(after) <= _LONGEST_NUMBER):
            raise _bad_header("after")
        step = take_some(upload=self._upload(request, archive_id), collection=self.collection, after=int(after))
        return Response({"results": step.results, "done": step.done, "total": step.total})


def upload_json(upload: Upload) -> dict[str, Any]:
    """Return an upload as answers and the upload page have it."""
    kept, result, error = upload.result, None, None
    archive = is_archive(upload)
    if kept and not archive:
        notice = {"code": kept["code"], "message": kept["text"], "hint": kept["hint"]} if kept["code"] else None
        if kept["status"] != "refused":
            result = {"status": kept["status"], "image_id": kept["image_id"], "name": kept["name"], "notice": notice}
        else:
            error = {**(notice or {}), "name": kept["name"], "status": kept["http_status"]}
    return {
        "id": str(upload.id),
        "name": display_name(upload.name),
        "fingerprint": _metadata(upload.metadata).get("fingerprint", ""),
        "length": upload.length,
        "offset": upload.offset,
        "expires_at": upload.expires_at.isoformat(),
        "is_archive": archive,
        "result": result,
        "error": error,
    }


def _state(upload: Upload) -> dict[str, str]:
    return {"Upload-Offset": str(upload.offset), "Upload-Expires": http_date(upload.expires_at.timestamp())}


def _bad_header(name: str) -> ApiError:
    text, hint = _("A header of the upload is missing or wrong: %(name)s."), _("See the tus 1.0 protocol.")
    return ApiError("bad_header", text % {"name": name}, hint, status_code=400)


def _number(request: Request, name: str) -> int:
    written = request.headers.get(name, "")
    if not (written.isascii() and written.isdigit() and len(written) <= _LONGEST_NUMBER):
        raise _bad_header(name)
    return int(written)


def _metadata(written: str) -> dict[str, str]:
    """Return the pairs of an Upload-Metadata header.

    Raises:
        ApiError: it is not written as the protocol says.
    """
    if len(written) > _LONGEST_METADATA:
        raise _bad_header("Upload-Metadata")
    try:
        pairs = [pair.strip().partition(" ") for pair in written.split(",") if pair.strip()]
        return {key: base64.b64decode(value, validate=True).decode() for key, _space, value in pairs}
    except (ValueError, binascii.Error) as error:
        raise _bad_header("Upload-Metadata") from error


def _checksum(written: str) -> Checksum | None:
    if not written:
        return None
    algorithm, _space, value = written.partition(" ")
    try:
        digest = base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error) as error:
        raise _bad_header("Upload-Checksum") from error
    if algorithm not in CHECKSUMS or not digest:
        raise _bad_header("Upload-Checksum")
    return Checksum(algorithm, digest)
