"""Addresses of cell layers, mounted at /api/ by the annotation app."""

from django.urls import URLPattern, path

from annotation.api.cells import (
    CampaignCellLayersView,
    CampaignCellLayerView,
    CellChangesView,
    CellLayerFileView,
    ImageCellLayersView,
    OpenCellLayersView,
)

_CAMPAIGN = "campaigns/<uuid:campaign_id>/"
_READ = "reads/<uuid:read_id>/"

urlpatterns_api: list[URLPattern] = [
    path(f"{_CAMPAIGN}cell-layers/", CampaignCellLayersView.as_view(), name="campaign-cell-layers"),
    path(f"{_CAMPAIGN}cell-layers/<uuid:layer_id>/", CampaignCellLayerView.as_view(), name="campaign-cell-layer"),
    path(f"{_CAMPAIGN}images/<uuid:image_id>/cell-layers/", ImageCellLayersView.as_view(), name="image-cell-layers"),
    path(f"{_READ}cell-layers/open/", OpenCellLayersView.as_view(), name="read-cell-layers-open"),
    path(f"{_READ}cell-layers/<uuid:layer_id>/geojson/", CellLayerFileView.as_view(), name="read-cell-layer-file"),
    path(f"{_READ}cell-changes/", CellChangesView.as_view(), name="read-cell-changes"),
]
