"""QIDO-RS: searching for studies, series and instances (PS3.18 10.6)."""

import json
from collections.abc import Iterable
from typing import Final

from django.http import HttpResponse
from rest_framework.request import Request

from viewer.api.errors import not_found
from viewer.dicomweb import multipart, search
from viewer.dicomweb.accept import DICOM_XML, choose_metadata
from viewer.dicomweb.answers import instance_answer, series_answer, study_answer
from viewer.dicomweb.attributes import Dataset
from viewer.dicomweb.base import DicomWebView
from viewer.dicomweb.native_xml import as_xml
from viewer.dicomweb.query import Query, parse_query
from viewer.dicomweb.uids import key_of
from viewer.models import Series, Study

_MORE: Final = "There are additional results that can be requested."


def get_study(user: search.User, uid: str) -> Study:
    """Return a study that the person may view.

    Raises:
        ApiError: 404, for a foreign study and one that does not exist alike.
    """
    found = search.studies_of(user).filter(pk=key_of(uid)).first()
    if found is None:
        raise not_found()
    return found


def get_series(user: search.User, study_uid: str, uid: str) -> Series:
    """Return a series of a study that the person may view; raises as :func:`get_study`."""
    found = search.series_of(user).filter(pk=key_of(uid), study=key_of(study_uid)).select_related("study").first()
    if found is None:
        raise not_found()
    return found


class _SearchView(DicomWebView):
    """A search at one level."""

    level = "study"

    def query(self, request: Request) -> Query:
        """Return what the address asks for, with a word on keys of other levels."""
        pairs = [(name, value) for name, values in request.query_params.lists() for value in values]
        query = parse_query(pairs)
        foreign = sorted(set(query.keys) - search.keys_at(self.level))
        told = tuple(f"{keyword} is no key of this search and was left out." for keyword in foreign)
        return Query(query.limit, query.offset, query.keys, query.include, query.everything, query.warnings + told)

    def answer(self, found: Iterable[Dataset], query: Query, *, more: bool) -> HttpResponse:
        """Return the answer: 200 with the results, or 204 without one."""
        results = list(found)
        choice = choose_metadata(self.accept, len(results))
        if choice.media_type == DICOM_XML:
            body, media_type = _xml(results, several=choice.multipart)
        else:
            body, media_type = json.dumps(results, ensure_ascii=False, separators=(",", ":")).encode(), choice.media_type
        response = HttpResponse(body if results else b"", content_type=media_type, status=200 if results else 204)
        response.headers["Cache-Control"] = "private, no-store"
        warnings = [*query.warnings, *([_MORE] if more else [])]
        if warnings:
            response.headers["Warning"] = ", ".join(f'299 mitate "{text}"' for text in warnings[:10])
        return response


def _xml(results: list[Dataset], *, several: bool) -> tuple[bytes, str]:
    """Return results as documents, and their content type."""
    documents = [as_xml(each).encode() for each in results]
    if not several:
        return b"".join(documents), DICOM_XML
    boundary = multipart.new_boundary()
    parts = ((DICOM_XML, [document]) for document in documents)
    return b"".join(multipart.message(parts, boundary)), multipart.content_type(boundary, DICOM_XML)


class StudiesView(_SearchView):
    """All studies."""

    def get(self, request: Request) -> HttpResponse:
        """Return the studies that match."""
        query = self.query(request)
        studies, more = search.page(search.matching_studies(request.user, query), query)
        counts = search.with_study_counts(studies)
        base = self.base_url
        return self.answer((study_answer(each, counts[each.pk], base, query) for each in studies), query, more=more)


class SeriesView(_SearchView):
    """All series, or those of one study."""

    level = "series"

    def get(self, request: Request, study_uid: str = "") -> HttpResponse:
        """Return the series that match."""
        query = self.query(request)
        study = get_study(request.user, study_uid) if study_uid else None
        series, more = search.page(search.matching_series(request.user, query, study), query)
        counts = search.with_series_counts(series)
        base, alone = self.base_url, study is None
        found = (series_answer(each, counts.get(each.pk, 0), base, query, with_study=alone) for each in series)
        return self.answer(found, query, more=more)


class InstancesView(_SearchView):
    """All instances, or those of one study or series."""

    level = "instance"

    def get(self, request: Request, study_uid: str = "", series_uid: str = "") -> HttpResponse:
        """Return the instances that match."""
        query = self.query(request)
        series = get_series(request.user, study_uid, series_uid) if series_uid else None
        study = get_study(request.user, study_uid) if study_uid and series is None else None
        instances, more = search.page(search.matching_instances(request.user, query, study, series), query)
        base, alone = self.base_url, not study_uid
        return self.answer((instance_answer(each, base, query, with_study=alone) for each in instances), query, more=more)
