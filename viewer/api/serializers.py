"""The shapes of the catalogue's answers: functions make them, serializers describe them for the API's documentation."""

from typing import Any

from rest_framework import serializers

from viewer.models import Collection, Image
from viewer.services.manifests import thumbnail_url


class CollectionSerializer(serializers.Serializer[Any]):
    """A collection as a list shows it."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    image_count = serializers.IntegerField()
    newest_at = serializers.DateTimeField(allow_null=True, help_text="When the newest image came in; null while empty")
    cover_url = serializers.CharField(allow_null=True, help_text="Thumbnail of the newest image; null while empty")
    can_upload = serializers.BooleanField()


class CollectionListSerializer(serializers.Serializer[Any]):
    """All collections the asker may view."""

    collections = CollectionSerializer(many=True)


class ImageSerializer(serializers.Serializer[Any]):
    """An image as a list shows it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=Image.Kind.choices)
    modality = serializers.CharField()
    width = serializers.IntegerField(help_text="Level-0 pixels")
    height = serializers.IntegerField(help_text="Level-0 pixels")
    frame_count = serializers.IntegerField()
    thumbnail_url = serializers.CharField()
    created_at = serializers.DateTimeField()


class ImageListSerializer(serializers.Serializer[Any]):
    """A page of images, newest first."""

    images = ImageSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="Cursor for ?after=; null on the last page")


class SpacingSerializer(serializers.Serializer[Any]):
    """Micrometres per level-0 pixel."""

    x_um = serializers.FloatField()
    y_um = serializers.FloatField()
    source = serializers.CharField()  # type: ignore[assignment]  # the answer's own word


class LevelSerializer(serializers.Serializer[Any]):
    """One level of a pyramid, in its own pixels."""

    index = serializers.IntegerField()
    downsample = serializers.FloatField(help_text="Level-0 pixels per pixel of this level")
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    tile_width = serializers.IntegerField()
    tile_height = serializers.IntegerField()
    columns = serializers.IntegerField()
    rows = serializers.IntegerField()


class WindowSerializer(serializers.Serializer[Any]):
    """A window on stored values, after rescaling."""

    center = serializers.FloatField()
    width = serializers.FloatField()
    name = serializers.CharField(allow_null=True)


class FramesSerializer(serializers.Serializer[Any]):
    """What the frames of a stack have in common."""

    count = serializers.IntegerField()
    encoding = serializers.ChoiceField(choices=["values", "colour"])
    frame_time_ms = serializers.FloatField(allow_null=True)
    windows = WindowSerializer(many=True)
    invert = serializers.BooleanField()
    positions_mm = serializers.ListField(child=serializers.FloatField(), allow_null=True, help_text="Along the normal, frame by frame")


class ManifestSerializer(serializers.Serializer[Any]):
    """Everything a viewer needs to show an image."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=Image.Kind.choices)
    modality = serializers.CharField()
    width = serializers.IntegerField(help_text="Level-0 pixels")
    height = serializers.IntegerField(help_text="Level-0 pixels")
    revision = serializers.IntegerField(help_text="Grows when an instance joins")
    levels = LevelSerializer(many=True)
    spacing = SpacingSerializer(allow_null=True)
    objective_power = serializers.FloatField(allow_null=True)
    frames = FramesSerializer(allow_null=True)
    tile_url = serializers.CharField(help_text="With {level}, {column} and {row} to fill in")
    srgb_tile_url = serializers.CharField(
        allow_null=True,
        help_text="The same with the slide's colour profile applied, each tile decoded for it; null for other images",
    )
    frame_url = serializers.CharField(help_text="With {frame} to fill in, from 0")
    thumbnail_url = serializers.CharField()
    acquisition = serializers.DictField(help_text="How the image was made; never who is on it")
    warnings = serializers.ListField(child=serializers.CharField())
    grant_ttl_s = serializers.IntegerField(help_text="Seconds for which opening grants the pixels")


class UploadSerializer(serializers.Serializer[Any]):
    """One file; what the sender says of its type is ignored."""

    file = serializers.FileField()


class NoticeSerializer(serializers.Serializer[Any]):
    """Something to know about a file that was taken."""

    code = serializers.CharField()
    message = serializers.CharField()
    hint = serializers.CharField()


class UploadedSerializer(serializers.Serializer[Any]):
    """What became of an uploaded file that was not refused."""

    status = serializers.ChoiceField(choices=["accepted", "duplicate"])
    image_id = serializers.UUIDField()
    name = serializers.CharField()
    notice = NoticeSerializer(allow_null=True)


class ResumableSerializer(serializers.Serializer[Any]):
    """An upload that comes in parts."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    fingerprint = serializers.CharField(allow_blank=True, help_text="What the sender knows the file by; empty if it gave none")
    length = serializers.IntegerField(help_text="Bytes of the whole file")
    offset = serializers.IntegerField(help_text="Bytes that are sure to be there")
    expires_at = serializers.DateTimeField()
    result = UploadedSerializer(allow_null=True, help_text="What became of the file; null until it is whole and taken in")
    error = serializers.DictField(allow_null=True, help_text="Why the file was refused; null otherwise")


class ResumableListSerializer(serializers.Serializer[Any]):
    """The asker's unfinished uploads into one collection."""

    uploads = ResumableSerializer(many=True)


def collection_json(collection: Collection, *, can_upload: bool) -> dict[str, Any]:
    """Return a row of :func:`viewer.selectors.catalogue.collections_overview` for a list."""
    row: Any = collection
    return {
        "id": str(collection.pk),
        "slug": collection.slug,
        "name": collection.name,
        "image_count": row.image_count,
        "newest_at": row.newest_at.isoformat() if row.newest_at else None,
        "cover_url": thumbnail_url(row.cover_id, row.cover_revision) if row.cover_id else None,
        "can_upload": can_upload,
    }


def image_json(image: Image) -> dict[str, Any]:
    """Return an image for a list; does not touch the inspection, which lists leave in the database."""
    return {
        "id": str(image.pk),
        "name": image.name,
        "kind": image.kind,
        "modality": image.modality,
        "width": image.width_px,
        "height": image.height_px,
        "frame_count": image.frame_count,
        "thumbnail_url": thumbnail_url(image.pk, image.revision),
        "created_at": image.created_at.isoformat(),
    }
