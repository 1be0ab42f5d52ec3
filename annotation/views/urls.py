"""Addresses of the pages; ``annotation.urls`` mounts them at /."""

from typing import Final

from django.urls import URLPattern, path

from annotation.views.imports import import_page
from annotation.views.pending import campaign_pending_page, pending_page
from annotation.views.workbench import image_page, workbench_page

page_urls: Final[list[URLPattern]] = [
    path("reads/<uuid:read_id>/", workbench_page, name="read"),
    path("images/<uuid:image_id>/", image_page, name="image"),
    path("campaigns/<uuid:campaign_id>/import/", import_page, name="campaign-import"),
    path("pending/", pending_page, name="pending"),
    path("campaigns/<uuid:campaign_id>/pending/", campaign_pending_page, name="campaign-pending"),
]
