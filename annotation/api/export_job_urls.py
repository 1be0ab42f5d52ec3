"""Addresses of exports that the worker makes, mounted at /api/ by the annotation app."""

from django.urls import URLPattern, path

from annotation.api.export_jobs import CampaignExportJobsView, ExportJobFileView, ExportJobView

urlpatterns_api: list[URLPattern] = [
    path("campaigns/<uuid:campaign_id>/export-jobs/", CampaignExportJobsView.as_view(), name="campaign-export-jobs"),
    path("export-jobs/<uuid:job_id>/", ExportJobView.as_view(), name="export-job"),
    path("export-jobs/<uuid:job_id>/file/", ExportJobFileView.as_view(), name="export-job-file"),
]
