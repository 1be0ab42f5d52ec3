"""WADO-RS: metadata, instances, frames, bulk data, pictures and thumbnails (PS3.18 10.4)."""

import json
import re
from collections.abc import Iterator
from math import isfinite
from typing import Final

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from viewer.api.errors import not_found
from viewer.dicomweb import files, multipart, search
from viewer.dicomweb.accept import (
    DICOM,
    DICOM_XML,
    EXPLICIT_LITTLE,
    MEDIA_TYPES,
    PICTURES,
    choose_bulk,
    choose_frames,
    choose_instances,
    choose_metadata,
    choose_pictures,
    choose_plain,
)
from viewer.dicomweb.answers import address_of
from viewer.dicomweb.base import DicomWebView, stream, whole_or_part
from viewer.dicomweb.native_xml import as_xml
from viewer.dicomweb.query import BadQuery
from viewer.dicomweb.uids import key_of
from viewer.models import Instance
from viewer.services.thumbnails import thumbnail

_PIXEL_DATA: Final = "7FE00010"
_FRAMES_TAG: Final = "00280008"
THUMBNAIL_PX: Final = 256
MAX_VIEWPORT_PX: Final = 8192
_FUNCTIONS: Final = frozenset({"linear", "linear-exact"})


class _RetrieveView(DicomWebView):
    """Something of the instances of a study, a series, or of one instance."""

    def instances(self, study_uid: str, series_uid: str = "", sop_uid: str = "") -> list[Instance]:
        """Return the instances that an address names, in the order in which they are shown; two queries.

        Raises:
            ApiError: 404, for foreign ones and those that do not exist alike.
        """
        named = {"series__study": study_uid, "series": series_uid, "pk": sop_uid}
        # One filter: a viewer asks for hundreds of frames, and putting a query together costs more than running it.
        found = search.instances_of(self.request.user).filter(**{name: key_of(uid) for name, uid in named.items() if uid})
        found = found.select_related("series__study", "image")
        instances = list(found if sop_uid else found.order_by("series", "id"))
        if not instances:
            raise not_found()
        return search.in_frame_order(instances)

    def instance(self, study_uid: str, series_uid: str, sop_uid: str) -> Instance:
        """Return the one instance that an address names; raises as :meth:`instances`."""
        return self.instances(study_uid, series_uid, sop_uid)[0]

    def parts(self, request: Request, parts: Iterator[multipart.Part], media_type: str, *, several: bool) -> HttpResponseBase:
        """Return parts as multipart/related, or the only one by itself."""
        if several:
            boundary = multipart.new_boundary()
            return stream(request, multipart.message(parts, boundary), multipart.content_type(boundary, media_type))
        part_type, pieces = next(parts)
        return stream(request, iter(pieces), part_type)


class MetadataView(_RetrieveView):
    """The metadata of instances."""

    def get(self, request: Request, study_uid: str, series_uid: str = "", sop_uid: str = "") -> HttpResponseBase:
        """Return headers as DICOM JSON or XML, without what may not leave."""
        instances, base = self.instances(study_uid, series_uid, sop_uid), self.base_url
        choice = choose_metadata(self.accept, len(instances))
        if choice.media_type == DICOM_XML:
            documents = (as_xml(json.loads(files.metadata_of(each, address_of(each, base)))).encode() for each in instances)
            return self.parts(request, ((DICOM_XML, [document]) for document in documents), DICOM_XML, several=choice.multipart)

        def pieces() -> Iterator[bytes]:
            for number, instance in enumerate(instances):
                yield (b"," if number else b"[") + files.metadata_of(instance, address_of(instance, base))
            yield b"]"

        return stream(request, pieces(), choice.media_type)


class InstancesFilesView(_RetrieveView):
    """Whole instances."""

    def get(self, request: Request, study_uid: str, series_uid: str = "", sop_uid: str = "") -> HttpResponseBase:
        """Return instances as DICOM files, without what may not leave."""
        instances = self.instances(study_uid, series_uid, sop_uid)
        syntaxes = {_sent_syntax(files.header_of(instance).syntax) for instance in instances}
        choice = choose_instances(self.accept, syntaxes, len(instances))
        return self.parts(request, ((DICOM, files.file_of(each)) for each in instances), DICOM, several=choice.multipart)


def _sent_syntax(stored: str) -> str:
    """Compressed pixels are sent as they are; all others in one transfer syntax."""
    return stored if stored in MEDIA_TYPES else EXPLICIT_LITTLE


class FramesView(_RetrieveView):
    """Frames of an instance."""

    def get(self, request: Request, study_uid: str, series_uid: str, sop_uid: str, frames: str) -> HttpResponseBase:
        """Return frames (1-based, with commas between them) as stored or decoded."""
        instance = self.instance(study_uid, series_uid, sop_uid)
        return self.frames(request, instance, _frame_numbers(instance, frames))

    def frames(self, request: Request, instance: Instance, wanted: list[int]) -> HttpResponseBase:
        """Return frames (0-based) in the way the client accepts."""
        choice = choose_frames(self.accept, files.header_of(instance).syntax, len(wanted))

        def parts() -> Iterator[tuple[str, list[bytes]]]:
            for frame in wanted:
                part_type, body = files.frame_of(instance, frame, choice)
                yield part_type, [body]

        if not choice.multipart:
            part_type, (body,) = next(parts())
            return whole_or_part(request, body, part_type)
        if len(wanted) == 1:  # a stream would go through a thread for every piece
            boundary = multipart.new_boundary()
            body = b"".join(multipart.message(parts(), boundary))
            headers = {"Cache-Control": "private, no-store"}
            return HttpResponse(body, content_type=multipart.content_type(boundary, choice.media_type), headers=headers)
        return self.parts(request, parts(), choice.media_type, several=True)


class BulkDataView(FramesView):
    """Large values."""

    def get(self, request: Request, study_uid: str, series_uid: str, sop_uid: str, place: str) -> HttpResponseBase:
        """Return a value that the metadata refer to; the pixels a frame a part."""
        instance = self.instance(study_uid, series_uid, sop_uid)
        if place.upper() == _PIXEL_DATA:
            return self.frames(request, instance, list(range(_frame_count(instance))))
        choice = choose_bulk(self.accept)
        body = files.bulk_of(instance, place.split("/"))
        if not choice.multipart:
            return whole_or_part(request, body, choice.media_type)
        return self.parts(request, iter([(choice.media_type, [body])]), choice.media_type, several=True)


class RenderedView(_RetrieveView):
    """Frames as pictures."""

    def get(self, request: Request, study_uid: str, series_uid: str = "", sop_uid: str = "", frames: str = "1") -> HttpResponseBase:
        """Return a frame, or of a series or study the first frame of each instance, through a window and into a viewport."""
        instances = self.instances(study_uid, series_uid, sop_uid)
        choice = choose_pictures(self.accept, len(instances))
        how = files.Rendering(choice.media_type, _window(request), _viewport(request), _quality(request))
        pictures = (files.rendered_of(each, _one_frame(each, frames), how) for each in instances)
        if not choice.multipart:
            return HttpResponse(next(pictures), content_type=choice.media_type, headers={"Cache-Control": "private, no-store"})
        return self.parts(request, ((choice.media_type, [picture]) for picture in pictures), choice.media_type, several=True)


class ThumbnailView(_RetrieveView):
    """A small picture of a study, a series, an instance or a frame."""

    def get(self, request: Request, study_uid: str, series_uid: str = "", sop_uid: str = "", frames: str = "") -> HttpResponse:
        """Return a JPEG of at most 256 px a side."""
        choose_plain(self.accept, PICTURES[:1])
        instance = self.instances(study_uid, series_uid, sop_uid)[0]
        if sop_uid:
            how = files.Rendering("image/jpeg", viewport=_viewport(request) or [THUMBNAIL_PX, THUMBNAIL_PX], quality=85)
            body = files.rendered_of(instance, _one_frame(instance, frames or "1"), how)
        else:
            body = thumbnail(image=instance.image)
        return HttpResponse(body, content_type="image/jpeg", headers={"Cache-Control": "private, no-store"})


def _frame_count(instance: Instance) -> int:
    """Return the number of frames that the header says, which for a slide the catalogue does not keep."""
    values = files.header_of(instance).members.get(_FRAMES_TAG, {}).get("Value", [1])
    return int(values[0])


def _frame_numbers(instance: Instance, frames: str) -> list[int]:
    """Return frames counted from 0; 404 for one that is not there."""
    wanted, count = [int(number) for number in frames.split(",")], _frame_count(instance)
    if not all(1 <= number <= count for number in wanted):
        raise not_found()
    return [number - 1 for number in wanted]


def _one_frame(instance: Instance, frames: str) -> int:
    wanted = _frame_numbers(instance, frames)
    if len(wanted) != 1:
        raise BadQuery("frames")
    return wanted[0]


def _window(request: Request) -> list[float] | None:
    """Return centre and width of the ``window`` parameter: centre, width, function (PS3.18 8.3.5.1.4)."""
    text = request.query_params.get("window", "")
    if not text:
        return None
    numbers, function = text.split(",")[:2], ",".join(text.split(",")[2:]) or "linear"
    window = [_number("window", part) for part in numbers]
    if len(window) != 2 or window[1] < 1e-6 or function.lower() not in _FUNCTIONS:
        raise BadQuery("window")
    return window


def _viewport(request: Request) -> list[float] | None:
    """Return the ``viewport`` parameter: width, height, and a part of the picture (PS3.18 8.3.5.1.3)."""
    text = request.query_params.get("viewport", "")
    if not text:
        return None
    viewport = [_number("viewport", part or "0") for part in text.split(",")]
    if len(viewport) not in {2, 6} or not all(1 <= side <= MAX_VIEWPORT_PX for side in viewport[:2]):
        raise BadQuery("viewport")
    return viewport


def _quality(request: Request) -> int:
    text = request.query_params.get("quality", "90")
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= 100:
        raise BadQuery("quality")
    return int(text)


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError as error:
        raise BadQuery(name) from error
    if not isfinite(number) or abs(number) > 1e9:
        raise BadQuery(name)
    return number
