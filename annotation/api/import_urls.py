"""Addresses of imports of marks, mounted at /api/ by the annotation app."""

from django.urls import URLPattern, path

from annotation.api.imports import CampaignImportsView, ImportConfirmView, ImportOptionsView, ImportUndoView, ImportView

_IMPORT = "imports/<uuid:run_id>/"

urlpatterns_api: list[URLPattern] = [
    path("campaigns/<uuid:campaign_id>/imports/", CampaignImportsView.as_view(), name="campaign-imports"),
    path(_IMPORT, ImportView.as_view(), name="import"),
    path(f"{_IMPORT}options/", ImportOptionsView.as_view(), name="import-options"),
    path(f"{_IMPORT}confirm/", ImportConfirmView.as_view(), name="import-confirm"),
    path(f"{_IMPORT}undo/", ImportUndoView.as_view(), name="import-undo"),
]
