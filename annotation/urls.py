"""Addresses of the annotation app: ``api`` is mounted at /api/, ``pages`` at /."""

from django.urls import URLPattern, URLResolver, path

from annotation.api.cell_urls import urlpatterns_api as cell_urls
from annotation.api.code_urls import urlpatterns_api as code_urls
from annotation.api.confirmation_urls import urlpatterns_api as confirmation_urls
from annotation.api.export_job_urls import urlpatterns_api as export_job_urls
from annotation.api.export_urls import urlpatterns_api as export_urls
from annotation.api.export_urls import urlpatterns_pages as schema_urls
from annotation.api.import_urls import urlpatterns_api as import_urls
from annotation.api.operations import AnnotationView, OperationListView
from annotation.api.reads import AnnotationListView, BesideView, ExposureListView, ReadView, RevisionListView
from annotation.api.release_urls import urlpatterns_api as release_urls
from annotation.api.report_urls import urlpatterns_api as report_urls
from annotation.api.suggestion_urls import urlpatterns_api as suggestion_urls
from annotation.api.walks import WalkListView
from annotation.views.urls import page_urls

_READ = "reads/<uuid:read_id>/"
_MARK = f"{_READ}annotations/<uuid:annotation_id>/"

api: list[URLPattern | URLResolver] = [
    path(_READ, ReadView.as_view(), name="api-read"),
    path(f"{_READ}beside/", BesideView.as_view(), name="api-read-beside"),
    path(f"{_READ}annotations/", AnnotationListView.as_view(), name="api-read-annotations"),
    path(f"{_READ}operations/", OperationListView.as_view(), name="api-read-operations"),
    path(f"{_READ}walks/", WalkListView.as_view(), name="api-read-walks"),
    path(f"{_READ}exposures/", ExposureListView.as_view(), name="api-read-exposures"),
    path(_MARK, AnnotationView.as_view(), name="api-annotation"),
    path(f"{_MARK}revisions/", RevisionListView.as_view(), name="api-annotation-revisions"),
    *confirmation_urls,
    *report_urls,
    *suggestion_urls,
    *cell_urls,
    *code_urls,
    *export_urls,
    *export_job_urls,
    *release_urls,
    *import_urls,
]
pages: list[URLPattern | URLResolver] = [*page_urls, *schema_urls]
