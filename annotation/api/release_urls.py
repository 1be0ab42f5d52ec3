"""Addresses of releases, mounted by the annotation app at /api/."""

from django.urls import URLPattern, path

from annotation.api.releases import (
    GovernanceView,
    LedgerView,
    ReleaseDecisionView,
    ReleaseDownloadView,
    ReleaseListView,
    WithdrawalView,
)

_CAMPAIGN = "campaigns/<uuid:campaign_id>/"

urlpatterns_api: list[URLPattern] = [
    path(f"{_CAMPAIGN}releases/", ReleaseListView.as_view(), name="campaign-releases"),
    path(f"{_CAMPAIGN}governance/", GovernanceView.as_view(), name="campaign-governance"),
    path(f"{_CAMPAIGN}ledger/", LedgerView.as_view(), name="campaign-ledger"),
    path(f"{_CAMPAIGN}withdrawals/", WithdrawalView.as_view(), name="campaign-withdrawals"),
    path("releases/<uuid:release_id>/decision/", ReleaseDecisionView.as_view(), name="release-decision"),
    path("releases/<uuid:release_id>/download/", ReleaseDownloadView.as_view(), name="release-download"),
]
