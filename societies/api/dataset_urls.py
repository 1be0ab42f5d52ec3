"""Addresses of datasets, mounted below a society of the API."""

from django.urls import URLPattern, path

from societies.api.datasets import (
    DatasetCompareView,
    DatasetExportView,
    DatasetListView,
    DatasetPickListView,
    DatasetPreviewView,
    DatasetVersionListView,
    DatasetVersionView,
    DatasetView,
    DatasheetView,
    SubjectLinkListView,
)

_DATASETS = "societies/<slug:slug>/datasets/"
_DATASET = f"{_DATASETS}<uuid:dataset_id>/"
_VERSION = f"{_DATASET}versions/<int:number>/"

api: list[URLPattern] = [
    path(_DATASETS, DatasetListView.as_view(), name="api-datasets"),
    path(f"{_DATASETS}preview/", DatasetPreviewView.as_view(), name="api-dataset-preview"),
    path(f"{_DATASETS}links/", SubjectLinkListView.as_view(), name="api-subject-links"),
    path(_DATASET, DatasetView.as_view(), name="api-dataset"),
    path(f"{_DATASET}versions/", DatasetVersionListView.as_view(), name="api-dataset-versions"),
    path(f"{_DATASET}picks/", DatasetPickListView.as_view(), name="api-dataset-picks"),
    path(f"{_DATASET}compare/", DatasetCompareView.as_view(), name="api-dataset-compare"),
    path(_VERSION, DatasetVersionView.as_view(), name="api-dataset-version"),
    path(f"{_VERSION}datasheet/", DatasheetView.as_view(), name="api-dataset-datasheet"),
    path(f"{_VERSION}export/", DatasetExportView.as_view(), name="api-dataset-export"),
]
