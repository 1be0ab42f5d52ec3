"""Addresses of DICOMweb, mounted at /dicomweb/; none ends with a slash (PS3.18 8.1.1)."""

from django.urls import URLPattern, URLResolver, path, register_converter

from viewer.dicomweb.retrieve_views import BulkDataView, FramesView, InstancesFilesView, MetadataView, RenderedView, ThumbnailView
from viewer.dicomweb.search_views import InstancesView, SeriesView, StudiesView
from viewer.dicomweb.store_views import StoreView


class _Text:
    """A part of an address that is taken as it stands."""

    regex = ""

    def to_python(self, value: str) -> str:
        """Return the part."""
        return value

    def to_url(self, value: str) -> str:
        """Return the part."""
        return value


class _Uid(_Text):
    regex = r"[0-9.]{1,64}"


class _Frames(_Text):
    regex = r"[0-9]{1,7}(?:,[0-9]{1,7}){0,999}"


class _Place(_Text):
    regex = r"[0-9A-Fa-f]{8}(?:/[0-9]{1,6}/[0-9A-Fa-f]{8}){0,16}"


register_converter(_Uid, "dicom_uid")
register_converter(_Frames, "dicom_frames")
register_converter(_Place, "dicom_place")

_STUDY = "studies/<dicom_uid:study_uid>"
_SERIES = f"{_STUDY}/series/<dicom_uid:series_uid>"
_INTO = "collections/<uuid:collection_id>"
_INSTANCE = f"{_SERIES}/instances/<dicom_uid:sop_uid>"

urlpatterns: list[URLPattern | URLResolver] = [
    path("studies", StudiesView.as_view(), name="dicomweb-studies"),
    path("series", SeriesView.as_view(), name="dicomweb-series"),
    path("instances", InstancesView.as_view(), name="dicomweb-instances"),
    path(f"{_STUDY}/series", SeriesView.as_view(), name="dicomweb-study-series"),
    path(f"{_STUDY}/instances", InstancesView.as_view(), name="dicomweb-study-instances"),
    path(f"{_SERIES}/instances", InstancesView.as_view(), name="dicomweb-series-instances"),
    path(f"{_STUDY}/metadata", MetadataView.as_view(), name="dicomweb-study-metadata"),
    path(f"{_SERIES}/metadata", MetadataView.as_view(), name="dicomweb-series-metadata"),
    path(f"{_INSTANCE}/metadata", MetadataView.as_view(), name="dicomweb-instance-metadata"),
    path(_STUDY, InstancesFilesView.as_view(), name="dicomweb-study-files"),
    path(_SERIES, InstancesFilesView.as_view(), name="dicomweb-series-files"),
    path(_INSTANCE, InstancesFilesView.as_view(), name="dicomweb-instance-file"),
    path(f"{_INSTANCE}/frames/<dicom_frames:frames>", FramesView.as_view(), name="dicomweb-frames"),
    path(f"{_INSTANCE}/bulkdata/<dicom_place:place>", BulkDataView.as_view(), name="dicomweb-bulkdata"),
    path(f"{_STUDY}/rendered", RenderedView.as_view(), name="dicomweb-study-rendered"),
    path(f"{_SERIES}/rendered", RenderedView.as_view(), name="dicomweb-series-rendered"),
    path(f"{_INSTANCE}/rendered", RenderedView.as_view(), name="dicomweb-instance-rendered"),
    path(f"{_INSTANCE}/frames/<dicom_frames:frames>/rendered", RenderedView.as_view(), name="dicomweb-frame-rendered"),
    path(f"{_STUDY}/thumbnail", ThumbnailView.as_view(), name="dicomweb-study-thumbnail"),
    path(f"{_SERIES}/thumbnail", ThumbnailView.as_view(), name="dicomweb-series-thumbnail"),
    path(f"{_INSTANCE}/thumbnail", ThumbnailView.as_view(), name="dicomweb-instance-thumbnail"),
    path(f"{_INSTANCE}/frames/<dicom_frames:frames>/thumbnail", ThumbnailView.as_view(), name="dicomweb-frame-thumbnail"),
    path(f"{_INTO}/studies", StoreView.as_view(), name="dicomweb-store"),
    path(f"{_INTO}/{_STUDY}", StoreView.as_view(), name="dicomweb-study-store"),
]
