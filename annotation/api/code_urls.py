"""Addresses of codes, mounted at /api/ by the annotation app."""

from django.urls import URLPattern, path

from annotation.api.codes import CodeSearchView, CodeSystemListView

urlpatterns_api: list[URLPattern] = [
    path("codes/", CodeSearchView.as_view(), name="api-codes"),
    path("codes/systems/", CodeSystemListView.as_view(), name="api-code-systems"),
]
