"""Addresses of label sets, forms and label maps, mounted below a society of the API."""

from django.urls import URLPattern, path

from societies.api.vocabularies import DraftBeginView, DraftView, PublishView, VocabularyListView, VocabularyVersionView, VocabularyView

_KIND = "societies/<slug:slug>/vocabularies/<slug:kind>/"
_ONE = f"{_KIND}<slug:name>/"

api: list[URLPattern] = [
    path(_KIND, VocabularyListView.as_view(), name="api-vocabularies"),
    path(_ONE, VocabularyView.as_view(), name="api-vocabulary"),
    path(f"{_ONE}versions/<str:version>/", VocabularyVersionView.as_view(), name="api-vocabulary-version"),
    path(f"{_ONE}versions/<str:version>/draft/", DraftBeginView.as_view(), name="api-draft-begin"),
    path(f"{_ONE}draft/", DraftView.as_view(), name="api-draft"),
    path(f"{_ONE}draft/publish/", PublishView.as_view(), name="api-draft-publish"),
]
