"""Addresses of exports, mounted by the annotation app: documents at /api/, the schema at /."""

from django.urls import URLPattern, path

from annotation.api.exports import CampaignExportView, CaseDocumentView, document_schema

urlpatterns_api: list[URLPattern] = [
    path("campaigns/<uuid:campaign_id>/export/", CampaignExportView.as_view(), name="campaign-export"),
    path("campaigns/<uuid:campaign_id>/images/<uuid:image_id>/document/", CaseDocumentView.as_view(), name="case-document"),
]
urlpatterns_pages: list[URLPattern] = [
    path("schema/document/<str:version>.json", document_schema, name="document-schema"),
]
