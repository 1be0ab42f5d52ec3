"""STOW-RS: storing instances in a collection (PS3.18 10.5). The route is there only on sites that set it."""

import json
from typing import Final
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, UnreadablePostError
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request

from viewer.api.collections import get_collection
from viewer.api.errors import ApiError, not_found
from viewer.api.uploads import SessionByHeader
from viewer.dicomweb.accept import DICOM_XML, choose_metadata
from viewer.dicomweb.answers import address_of
from viewer.dicomweb.base import DicomWebView
from viewer.dicomweb.multipart_reader import BrokenMultipart, parse_content_type
from viewer.dicomweb.native_xml import as_xml
from viewer.dicomweb.storing import OUT_OF_RESOURCES, Received, answer, receive, study_of
from viewer.models import Collection
from viewer.selectors.catalogue import UPLOAD

_MAX_WARNINGS: Final = 10


class StoreView(DicomWebView):
    """The studies of a collection, as a place to store."""

    authentication_classes = [SessionByHeader]

    def post(self, request: Request, collection_id: UUID, study_uid: str = "") -> HttpResponse:
        """Store the instances of a request; 200 when all are in the collection, 202 when some are, 409 or 503 when none is."""
        if not settings.DICOMWEB_STORE:
            raise not_found()
        collection = get_collection(request.user, collection_id, UPLOAD)
        media_type = choose_metadata(self.accept, 1).media_type
        found = self._received(request, collection, study_uid)
        return self._response(found, media_type)

    def _received(self, request: Request, collection: Collection, study_uid: str) -> list[Received]:
        """Return what became of the parts.

        Raises:
            ApiError: 415 for a body of another type, 400 for one that is none or ends early, and nothing of it was stored.
        """
        kind = parse_content_type(request.META.get("CONTENT_TYPE", ""))
        if kind.media_type != "multipart/related" or kind.parameters.get("type", "application/dicom") != "application/dicom":
            raise _wrong_type()
        found: list[Received] = []
        try:
            # What came before the body broke off is kept in the list.
            found.extend(receive(request.read, kind.parameters.get("boundary", ""), collection, study_uid))
        except (BrokenMultipart, UnreadablePostError) as error:
            if not found:
                raise _broken() from error
            found.append(Received("", "", None, OUT_OF_RESOURCES, "upload_incomplete: the rest of the request did not arrive"))
        if not found:
            raise _broken()
        return found

    def _response(self, found: list[Received], media_type: str) -> HttpResponse:
        base = self.base_url
        study = study_of(found)
        members = answer(found, lambda instance: address_of(instance, base), f"{base}/studies/{study}" if study else "")
        body = as_xml(members) if media_type == DICOM_XML else json.dumps(members, ensure_ascii=False)
        headers = {"Cache-Control": "private, no-store"}
        told = [each.told for each in found if each.told]
        if told:
            plain = ("".join(ch if " " <= ch <= "~" and ch not in '"\\' else "?" for ch in text) for text in told[:_MAX_WARNINGS])
            headers["Warning"] = ", ".join(f'299 mitate "{text[:200]}"' for text in plain)
        return HttpResponse(body, content_type=media_type, status=_status(found), headers=headers)


def _status(found: list[Received]) -> int:
    """Return the status of the whole; 503 says that all of it may be sent again."""
    stored = sum(each.instance is not None for each in found)
    if stored:
        return 200 if stored == len(found) else 202
    return 503 if all(each.reason == OUT_OF_RESOURCES for each in found) else 409


def _wrong_type() -> ApiError:
    return ApiError(
        "unsupported_media_type",
        _("The request carries something else than DICOM files."),
        _("Send multipart/related with parts of type application/dicom."),
        status_code=415,
    )


def _broken() -> ApiError:
    return ApiError(
        "upload_incomplete",
        _("The file did not arrive whole."),
        _("Check the connection and upload the file again."),
        status_code=400,
    )
