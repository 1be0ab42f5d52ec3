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


class ScaleEntrySerializer(serializers.Serializer[Any]):
    """A scale as a person entered it; null where it was taken back."""

    revision = serializers.IntegerField()
    x_um = serializers.FloatField(allow_null=True)
    y_um = serializers.FloatField(allow_null=True)
    by = serializers.CharField(help_text="Who entered it")
    at = serializers.DateTimeField()


class ScaleSerializer(serializers.Serializer[Any]):
    """The scale of an image, and what was entered by hand."""

    spacing = SpacingSerializer(allow_null=True)
    can_enter = serializers.BooleanField(help_text="Whether the asker may enter one: the file states none, and they may add images")
    entries = ScaleEntrySerializer(many=True, help_text="The newest first")


class NewScaleSerializer(serializers.Serializer[Any]):
    """Micrometres per level-0 pixel; null for both takes back what was entered."""

    x_um = serializers.FloatField(allow_null=True)
    y_um = serializers.FloatField(allow_null=True)


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


class HistogramSerializer(serializers.Serializer[Any]):
    """How often values occur in a sample, in bins of one width."""

    low = serializers.FloatField(help_text="Steps")
    high = serializers.FloatField(help_text="Steps")
    counts = serializers.ListField(child=serializers.IntegerField())


class ChannelSerializer(serializers.Serializer[Any]):
    """A channel of a fluorescence image. Ranges are in steps; a stored value is offset + step * number."""

    name = serializers.CharField(allow_blank=True)
    colour = serializers.CharField(help_text="#rrggbb")
    emission_nm = serializers.FloatField(allow_null=True)
    shown = serializers.BooleanField(help_text="Whether it is shown before anybody chose")
    low = serializers.IntegerField(help_text="Shown black, as sampled")
    high = serializers.IntegerField(help_text="Shown full, as sampled")
    limit = serializers.IntegerField(help_text="The largest step")
    offset = serializers.FloatField()
    step = serializers.FloatField()
    histogram = HistogramSerializer()


class PlanesSerializer(serializers.Serializer[Any]):
    """Planes of focus and moments; plane m * z + f is focus f at moment m, from 0."""

    count = serializers.IntegerField()
    z = serializers.IntegerField()
    t = serializers.IntegerField()
    first = serializers.IntegerField(help_text="Shown before anybody chose")
    z_step_um = serializers.FloatField(allow_null=True)


class StripSerializer(serializers.Serializer[Any]):
    """Small pictures of a video's frames in one JPEG, in rows from left to right."""

    url = serializers.CharField()
    frames = serializers.ListField(child=serializers.IntegerField(), help_text="Which frames, from 0")
    columns = serializers.IntegerField(help_text="Pictures in a row")
    width = serializers.IntegerField(help_text="Of a small picture, in pixels")
    height = serializers.IntegerField()


class VideoSerializer(serializers.Serializer[Any]):
    """How a video is played."""

    codec = serializers.CharField()
    media_type = serializers.CharField(help_text="As RFC 6381 has it, to ask a browser whether it plays the stream")
    stream_url = serializers.CharField(allow_null=True, help_text="Answers ranges; null where only frames are served")
    times_url = serializers.CharField(help_text="When each frame is shown: tick, first, durations and keys, see docs/formats.md")
    strip = StripSerializer()
    duration_s = serializers.FloatField()
    varies = serializers.BooleanField(help_text="Frames are shown for different times")
    turn_degrees = serializers.IntegerField(help_text="Clockwise, that makes the stored picture upright; done already on frames")
    pixel_aspect = serializers.ListField(child=serializers.IntegerField(), help_text="Width to height of a pixel")


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
    channels = ChannelSerializer(many=True, allow_null=True)
    planes = PlanesSerializer(allow_null=True)
    video = VideoSerializer(allow_null=True)
    tile_url = serializers.CharField(help_text="With {level}, {column} and {row} to fill in")
    view_url = serializers.CharField(help_text="The same with {view}: p<plane>, then _<channel>-<rrggbb>-<low>-<high> for each one shown")
    srgb_tile_url = serializers.CharField(
        allow_null=True,
        help_text="The same with the slide's colour profile applied, each tile decoded for it; null for other images",
    )
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
    is_archive = serializers.BooleanField(help_text="A whole ZIP archive: its files are taken by POST to files/ below this address")
    result = UploadedSerializer(allow_null=True, help_text="What became of the file; null until it is whole and taken in")
    error = serializers.DictField(allow_null=True, help_text="Why the file was refused; null otherwise")


class ResumableListSerializer(serializers.Serializer[Any]):
    """The asker's unfinished uploads into one collection."""

    uploads = ResumableSerializer(many=True)


class ArchivedSerializer(serializers.Serializer[Any]):
    """What became of a file of an archive."""

    name = serializers.CharField(help_text="Its path in the archive, below the archive's own name")
    size = serializers.IntegerField(help_text="Bytes of the file, unpacked")
    status = serializers.ChoiceField(["accepted", "duplicate", "refused", "skipped"])
    image_id = serializers.UUIDField(allow_null=True)
    code = serializers.CharField(allow_blank=True)
    message = serializers.CharField(allow_blank=True)
    hint = serializers.CharField(allow_blank=True)


class ArchiveSerializer(serializers.Serializer[Any]):
    """How far an archive is; it is done when as many files have results as there are."""

    results = ArchivedSerializer(many=True)
    done = serializers.IntegerField()
    total = serializers.IntegerField()


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
