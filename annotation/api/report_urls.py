"""Addresses of reports and examinations, mounted at /api/ by the annotation app."""

from django.urls import URLPattern, path

from annotation.api.exams import ReadExamView
from annotation.api.reports import CampaignReportsView, ReadReportsView

urlpatterns_api: list[URLPattern] = [
    path("reads/<uuid:read_id>/reports/", ReadReportsView.as_view(), name="api-read-reports"),
    path("reads/<uuid:read_id>/exam/", ReadExamView.as_view(), name="api-read-exam"),
    path("campaigns/<uuid:campaign_id>/reports/", CampaignReportsView.as_view(), name="api-campaign-reports"),
]
