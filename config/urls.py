"""Every address of the site. Pixels are served in front of Django, see :mod:`viewer.tiles.app`."""

from django.urls import include, path
from django.views.decorators.cache import cache_control
from django.views.i18n import JavaScriptCatalog
from drf_spectacular.views import SpectacularAPIView

from annotation import urls as annotation_urls
from societies import urls as societies_urls
from viewer import urls as viewer_urls
from viewer.dicomweb import urls as dicomweb_urls

urlpatterns = [
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/", include(viewer_urls.api + annotation_urls.api + societies_urls.api)),
    path("dicomweb/", include(dicomweb_urls.urlpatterns)),
    path("i18n/", include("django.conf.urls.i18n")),
    path("i18n.js", cache_control(private=True, max_age=300)(JavaScriptCatalog.as_view()), name="javascript-catalog"),
    *viewer_urls.pages,
    *annotation_urls.pages,
    *societies_urls.pages,
]

handler500 = "viewer.views.failures.server_error"
