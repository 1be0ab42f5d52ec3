"""The site's addresses, those of exports first."""

from django.urls import include, path

from annotation.api.export_urls import urlpatterns_api, urlpatterns_pages
from config.urls import urlpatterns as site_urlpatterns

urlpatterns = [path("api/", include(urlpatterns_api)), *urlpatterns_pages, *site_urlpatterns]
