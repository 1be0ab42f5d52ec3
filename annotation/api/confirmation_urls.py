"""Addresses of late confirmations, mounted at /api/ by the annotation app."""

from django.urls import URLPattern, path

from annotation.api.confirmations import CampaignPendingView, ConfirmationDaysView, ConfirmationListView, PendingView

urlpatterns_api: list[URLPattern] = [
    path("pending/", PendingView.as_view(), name="api-pending"),
    path("campaigns/<uuid:campaign_id>/pending/", CampaignPendingView.as_view(), name="api-campaign-pending"),
    path("campaigns/<uuid:campaign_id>/confirmation-days/", ConfirmationDaysView.as_view(), name="api-campaign-confirmation-days"),
    path(
        "reads/<uuid:read_id>/annotations/<uuid:annotation_id>/confirmations/",
        ConfirmationListView.as_view(),
        name="api-annotation-confirmations",
    ),
]
