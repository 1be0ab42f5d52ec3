"""Addresses of reports, mounted at /api/ by the annotation app."""

from django.urls import URLPattern, path

from annotation.api.reports import CampaignReportsView, ReadReportsView

urlpatterns_api: list[URLPattern] = [
    path("reads/<uuid:read_id>/reports/", ReadReportsView.as_view(), name="api-read-reports"),
    path("campaigns/<uuid:campaign_id>/reports/", CampaignReportsView.as_view(), name="api-campaign-reports"),
]
