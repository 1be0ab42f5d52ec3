"""Addresses of the societies app: ``api`` is mounted at /api/, ``pages`` at /."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, path

from societies.api.campaigns import (
    CampaignBlindView,
    CampaignEndpointView,
    CampaignListView,
    CampaignStateView,
    ProgressView,
    ReaderListView,
    ReaderView,
)
from societies.api.code_tables import CodeTableListView
from societies.api.collections import SocietyCollectionListView
from societies.api.credits import ContributionListView, CreditView
from societies.api.dataset_urls import api as dataset_api
from societies.api.key_bindings import KeyBindingsView
from societies.api.members import MemberListView, MemberRoleView
from societies.api.vocabulary_urls import api as vocabulary_api
from societies.api.worklist import LeaseView, NextView, SubmitView
from societies.views.account import ChangePasswordView, SignInView
from societies.views.campaigns import campaign_page, new_campaign_page
from societies.views.code_tables import code_tables_page
from societies.views.contributions import contributions_page, own_contributions_page
from societies.views.datasets import datasets_page
from societies.views.packs import pack_page
from societies.views.pages import endpoints_page, home_page, members_page, new_collection_page
from societies.views.releases import releases_page
from societies.views.vocabularies import vocabularies_page, vocabulary_page

_CAMPAIGN = "campaigns/<uuid:campaign_id>/"
_SOCIETY = "societies/<slug:slug>/"

api: list[URLPattern | URLResolver] = [
    path("campaigns/", CampaignListView.as_view(), name="api-campaigns"),
    path(f"{_CAMPAIGN}progress/", ProgressView.as_view(), name="api-campaign-progress"),
    path(f"{_CAMPAIGN}next/", NextView.as_view(), name="api-campaign-next"),
    path(f"{_CAMPAIGN}readers/", ReaderListView.as_view(), name="api-campaign-readers"),
    path(f"{_CAMPAIGN}readers/<int:user_id>/", ReaderView.as_view(), name="api-campaign-reader"),
    path(f"{_CAMPAIGN}state/", CampaignStateView.as_view(), name="api-campaign-state"),
    path(f"{_CAMPAIGN}blind/", CampaignBlindView.as_view(), name="api-campaign-blind"),
    path(f"{_CAMPAIGN}endpoint/", CampaignEndpointView.as_view(), name="api-campaign-endpoint"),
    path("code-tables/", CodeTableListView.as_view(), name="api-code-tables"),
    path("account/key-bindings/", KeyBindingsView.as_view(), name="api-key-bindings"),
    path("reads/<uuid:read_id>/lease/", LeaseView.as_view(), name="api-read-lease"),
    path("reads/<uuid:read_id>/submit/", SubmitView.as_view(), name="api-read-submit"),
    path(f"{_SOCIETY}collections/", SocietyCollectionListView.as_view(), name="api-society-collections"),
    path(f"{_SOCIETY}members/", MemberListView.as_view(), name="api-members"),
    path(f"{_SOCIETY}members/<int:user_id>/<slug:role>/", MemberRoleView.as_view(), name="api-member-role"),
    path(f"{_SOCIETY}contributions/", ContributionListView.as_view(), name="api-contributions"),
    path(f"{_SOCIETY}credit/", CreditView.as_view(), name="api-credit"),
    *dataset_api,
    *vocabulary_api,
]
pages: list[URLPattern | URLResolver] = [
    path("", home_page, name="home"),
    path("login/", SignInView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("password/", ChangePasswordView.as_view(), name="password_change"),
    path("collections/new/", new_collection_page, name="collection-new"),
    path("campaigns/new/", new_campaign_page, name="campaign-new"),
    path(_CAMPAIGN, campaign_page, name="campaign"),
    path(f"{_CAMPAIGN}releases/", releases_page, name="campaign-releases-page"),
    path(f"{_SOCIETY}members/", members_page, name="members"),
    path("contributions/", own_contributions_page, name="own-contributions"),
    path(f"{_SOCIETY}contributions/", contributions_page, name="contributions"),
    path(f"{_SOCIETY}datasets/", datasets_page, name="datasets"),
    path(f"{_SOCIETY}labels/", vocabularies_page, name="vocabularies"),
    path(f"{_SOCIETY}labels/<slug:name>/", vocabulary_page, {"kind": "label-sets"}, name="label-set"),
    path(f"{_SOCIETY}forms/<slug:name>/", vocabulary_page, {"kind": "forms"}, name="form"),
    path(f"{_SOCIETY}label-maps/<slug:name>/", vocabulary_page, {"kind": "label-maps"}, name="label-map"),
    path("packs/<slug:pack_slug>/", pack_page, name="pack"),
    path("endpoints/", endpoints_page, name="endpoints"),
    path("code-tables/", code_tables_page, name="code-tables"),
]
