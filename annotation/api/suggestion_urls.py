"""Addresses of endpoints, runs and suggestions, mounted at /api/ by the annotation app."""

from django.urls import URLPattern, path

from annotation.api.endpoints import EndpointCheckView, EndpointListView
from annotation.api.prompts import PromptListView
from annotation.api.suggestions import SuggestionListView, SuggestionRunListView

urlpatterns_api: list[URLPattern] = [
    path("endpoints/", EndpointListView.as_view(), name="endpoint-list"),
    path("endpoints/<uuid:endpoint_id>/check/", EndpointCheckView.as_view(), name="endpoint-check"),
    path("campaigns/<uuid:campaign_id>/suggestion-runs/", SuggestionRunListView.as_view(), name="suggestion-runs"),
    path("reads/<uuid:read_id>/prompts/", PromptListView.as_view(), name="read-prompts"),
    path("reads/<uuid:read_id>/suggestions/", SuggestionListView.as_view(), name="read-suggestions"),
]
