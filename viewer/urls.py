"""Addresses of the viewer app: ``api`` is mounted at /api/, ``pages`` at /."""

from django.urls import URLPattern, URLResolver, path

from viewer.api.collections import CollectionImageListView, CollectionListView
from viewer.api.images import ImageOpenView, ImageView, PresentationsView, ThumbnailView
from viewer.api.resumable import ArchiveView, ResumableListView, ResumableView
from viewer.api.scales import ImageScaleView
from viewer.api.uploads import UploadView
from viewer.views.collections import collection_page, collections_page, upload_page

api: list[URLPattern | URLResolver] = [
    path("collections/", CollectionListView.as_view(), name="api-collections"),
    path("collections/<uuid:collection_id>/images/", CollectionImageListView.as_view(), name="api-collection-images"),
    path("collections/<uuid:collection_id>/uploads/", UploadView.as_view(), name="api-collection-uploads"),
    path("collections/<uuid:collection_id>/uploads/tus/", ResumableListView.as_view(), name="api-resumable-uploads"),
    path("collections/<uuid:collection_id>/uploads/tus/<uuid:upload_id>/", ResumableView.as_view(), name="api-resumable-upload"),
    path("collections/<uuid:collection_id>/uploads/tus/<uuid:archive_id>/files/", ArchiveView.as_view(), name="api-resumable-archive"),
    path("images/<uuid:image_id>/", ImageView.as_view(), name="api-image"),
    path("images/<uuid:image_id>/open/", ImageOpenView.as_view(), name="api-image-open"),
    path("images/<uuid:image_id>/presentations/", PresentationsView.as_view(), name="api-image-presentations"),
    path("images/<uuid:image_id>/scale/", ImageScaleView.as_view(), name="api-image-scale"),
    path("images/<uuid:image_id>/thumbnail/", ThumbnailView.as_view(), name="image-thumbnail"),
]
pages: list[URLPattern | URLResolver] = [
    path("collections/", collections_page, name="collections"),
    path("collections/<uuid:collection_id>/", collection_page, name="collection"),
    path("collections/<uuid:collection_id>/upload/", upload_page, name="collection-upload"),
]
