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


class TableSerializer(serializers.Serializer[Any]):
    """A VOI LUT."""

    first = serializers.IntegerField(help_text="Value, after rescaling, of the first entry")
    levels = serializers.CharField(help_text="Greys from 0 to 255, a byte each, in base64")


class WindowSerializer(serializers.Serializer[Any]):
    """A window on stored values, after rescaling."""

    center = serializers.FloatField()
    width = serializers.FloatField()
    name = serializers.CharField(allow_null=True)
    function = serializers.ChoiceField(choices=["LINEAR_EXACT", "SIGMOID"], required=False, help_text="LINEAR where absent")
    table = TableSerializer(required=False, help_text="In place of the window, which then only says what the table covers")


class PartSerializer(serializers.Serializer[Any]):
    """A run of frames of one kind: one echo, one phase, one plane."""

    start = serializers.IntegerField(help_text="First frame, from 0")
    count = serializers.IntegerField()
    values = serializers.DictField(help_text="What differs between the kinds: echo_time_ms, b_value, plane, ...")


class FramesSerializer(serializers.Serializer[Any]):
    """What the frames of a stack have in common."""

    count = serializers.IntegerField()
    encoding = serializers.ChoiceField(choices=["values", "colour"])
    frame_time_ms = serializers.FloatField(allow_null=True)
    windows = WindowSerializer(many=True)
    invert = serializers.BooleanField()
    positions_mm = serializers.ListField(child=serializers.FloatField(), allow_null=True, help_text="Along the normal, frame by frame")
    parts = PartSerializer(many=True, help_text="Empty where all frames are of one kind")


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
    frame_url = serializers.CharField(help_text="With {frame} to fill in, from 0")
    overlay_url = serializers.CharField(help_text="With {frame} to fill in; for frames whose answer says Mitate-Overlays")
    thumbnail_url = serializers.CharField()
    presentations_url = serializers.CharField(allow_null=True, help_text="Null where nobody has said how to show the image")
    acquisition = serializers.DictField(help_text="How the image was made; never who is on it")
    warnings = serializers.ListField(child=serializers.CharField())
    grant_ttl_s = serializers.IntegerField(help_text="Seconds for which opening grants the pixels")


class ForFramesSerializer(serializers.Serializer[Any]):
    """Something that is for some frames only."""

    frames = serializers.ListField(child=serializers.IntegerField(), allow_null=True, help_text="From 0; null for all of the state's")


class VoiSerializer(ForFramesSerializer):
    """A window for some frames."""

    window = WindowSerializer()


class AreaSerializer(ForFramesSerializer):
    """The part of the image to show: what comes to lie at the top left and bottom right of the screen, in level-0 pixels."""

    start = serializers.ListField(child=serializers.FloatField())
    end = serializers.ListField(child=serializers.FloatField())
    mode = serializers.CharField()


class GraphicSerializer(ForFramesSerializer):
    """Shapes and texts of one layer; points in level-0 pixels."""

    order = serializers.IntegerField()
    shapes = serializers.ListField(child=serializers.DictField())
    texts = serializers.ListField(child=serializers.DictField())


class PresentationSerializer(serializers.Serializer[Any]):
    """A presentation state."""

    id = serializers.UUIDField()
    name = serializers.CharField(allow_blank=True)
    description = serializers.CharField(allow_blank=True)
    frames = serializers.ListField(child=serializers.IntegerField(), help_text="Frames it is for, from 0")
    modality = serializers.DictField(allow_null=True, help_text="Slope and intercept that stand in for the image's own")
    voi = VoiSerializer(many=True)
    inverse = serializers.BooleanField(allow_null=True, help_text="Whether low values are bright; null where it does not say")
    greys = serializers.ListField(child=serializers.IntegerField(), allow_null=True, help_text="256 greys for those of the window")
    areas = AreaSerializer(many=True)
    rotation = serializers.IntegerField(help_text="Degrees clockwise")
    mirrored = serializers.BooleanField()
    graphics = GraphicSerializer(many=True)
    shutters = serializers.ListField(child=serializers.DictField())
    shutter_grey = serializers.IntegerField()
    overlays = serializers.ListField(child=serializers.DictField(), help_text="Bitmaps: left, top, and a PNG in base64")
    image_overlays = serializers.BooleanField(help_text="Whether it shows the overlays of its images")
    unsupported = serializers.ListField(child=serializers.CharField(), help_text="What it asks for and the viewer does not do")


class PresentationListSerializer(serializers.Serializer[Any]):
    """The presentation states of an image."""

    presentations = PresentationSerializer(many=True)


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
    image_id = serializers.UUIDField(allow_null=True, help_text="Null for a presentation state whose images are not there yet")
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
