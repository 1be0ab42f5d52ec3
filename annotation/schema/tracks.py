"""Tracks: one mark over several frames, told by the frames on which a person set its shape (keyframes).

From a keyframe on, the shape lies between that keyframe's and the next one's (`linear`) or stays as it is (`none`). After the
last keyframe it stays to the end of the image. A keyframe that is *outside* has no shape: from its frame on, up to the next
keyframe that has one, the mark is not on the image. A mark that holds from one frame to another is such a track with
`none`, one shape, and an outside keyframe after the last frame. Frames count from 0; shapes are in level-0 pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

import shapely

from annotation.schema.between import Between
from annotation.schema.labels import Granularity, check_granularity
from annotation.schema.masks import Mask
from annotation.schema.problems import ShapeError
from annotation.schema.shapes import MAX_VERTICES, Shape, ShapeKind, check_inside, normalise, parse_geometry

__all__ = ["MAX_KEYFRAMES", "AnyShape", "Keyframe", "Track", "parse_track"]

Interpolation = Literal["linear", "none"]

MAX_KEYFRAMES: Final = 2_000
"""Most keyframes of one track, outside ones included."""
FAMILIES: Final[dict[ShapeKind, str]] = {"Point": "point", "Rectangle": "box", "Polygon": "outline", "MultiPolygon": "outline"}
"""Kinds of shape between which there is something to be interpolated."""
_INTERPOLATIONS: Final = ("linear", "none")


@dataclass(frozen=True, slots=True)
class Keyframe:
    """What a person said on one frame; ``shape`` is None where the mark is outside from there on."""

    frame: int
    shape: Shape | None


@dataclass(frozen=True, slots=True)
class Track:
    """Keyframes with ascending frames, at least one of them with a shape."""

    interpolation: Interpolation
    keyframes: tuple[Keyframe, ...]

    @property
    def kind(self) -> Literal["Track"]:
        """The kind, beside those of plain shapes."""
        return "Track"

    @property
    def shapes(self) -> list[Shape]:
        """Return the shapes of the keyframes, in the order of their frames."""
        return [keyframe.shape for keyframe in self.keyframes if keyframe.shape is not None]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Return (x min, y min, x max, y max) of all keyframes together, in level-0 pixels."""
        every = [shape.bounds for shape in self.shapes]
        lows, highs = [min(box[axis] for box in every) for axis in (0, 1)], [max(box[axis] for box in every) for axis in (2, 3)]
        return (*lows, *highs)  # type: ignore[return-value]  # two and two

    @property
    def vertex_count(self) -> int:
        """Return the number of stored vertices of all keyframes."""
        return sum(shape.vertex_count for shape in self.shapes)

    @property
    def first_frame(self) -> int:
        """Return the first frame that the mark is on."""
        return next(keyframe.frame for keyframe in self.keyframes if keyframe.shape is not None)

    def last_frame(self, frame_count: int) -> int:
        """Return the last frame that the mark is on, in an image of so many frames."""
        spans = list(self.spans(frame_count))
        return spans[-1][1]

    def spans(self, frame_count: int) -> Iterator[tuple[int, int]]:
        """Yield the first and the last frame of each run of frames that the mark is on."""
        start: int | None = None
        for keyframe in self.keyframes:
            if keyframe.shape is None and start is not None:
                yield start, keyframe.frame - 1
                start = None
            elif keyframe.shape is not None and start is None:
                start = keyframe.frame
        if start is not None:
            yield start, frame_count - 1

    def frames(self, frame_count: int) -> Iterator[tuple[int, Shape, bool]]:
        """Yield each frame that the mark is on, its shape there, and whether that shape is a keyframe's."""
        for place, keyframe in enumerate(self.keyframes):
            if keyframe.shape is None:
                continue
            following = self.keyframes[place + 1] if place + 1 < len(self.keyframes) else None
            end = following.frame if following is not None else frame_count
            to = following.shape if following is not None and self.interpolation == "linear" else None
            between = Between(keyframe.shape, to) if to is not None and end - keyframe.frame > 1 else None
            yield keyframe.frame, keyframe.shape, True
            for frame in range(keyframe.frame + 1, end):
                share = (frame - keyframe.frame) / (end - keyframe.frame)
                yield frame, between.at(share) if between is not None else keyframe.shape, False

    def to_document(self) -> dict[str, Any]:
        """Return the geometry member of an annotation document."""
        return {"type": "Track", "interpolation": self.interpolation, "keyframes": [_keyframe_member(one) for one in self.keyframes]}

    to_body = to_document
    """The geometry member in the save protocol."""

    def wkb(self) -> bytes:
        """Return the shapes of the keyframes as one geometry collection, written as `Shape.wkb` writes."""
        collection = shapely.GeometryCollection([shape.geometry for shape in self.shapes])
        return shapely.to_wkb(collection, output_dimension=2, byte_order=1, flavor="iso")

    def plan(self) -> dict[str, Any]:
        """Return what the geometry collection does not hold: interpolation, and the frame and kind of each keyframe."""
        keyframes = [{"frame": one.frame, "kind": one.shape.kind if one.shape is not None else None} for one in self.keyframes]
        return {"interpolation": self.interpolation, "keyframes": keyframes}

    @staticmethod
    def from_storage(plan: dict[str, Any], wkb: bytes) -> Track:
        """Read what `plan` and `wkb` wrote. Raises ShapeError `geometry_malformed` where the two do not go together."""
        try:
            parts = iter(shapely.get_parts(shapely.from_wkb(bytes(wkb))))
        except shapely.errors.GEOSException as error:
            raise ShapeError("geometry_malformed") from error
        keyframes = []
        for entry in plan["keyframes"]:
            part = next(parts, None) if entry["kind"] is not None else None
            if entry["kind"] is not None and part is None:
                raise ShapeError("geometry_malformed")
            keyframes.append(Keyframe(entry["frame"], None if part is None else Shape(entry["kind"], part)))
        if next(parts, None) is not None:
            raise ShapeError("geometry_malformed")
        return Track(plan["interpolation"], tuple(keyframes))

    def normalise(self) -> Track:
        """Return the track with each shape on the 1/8 px grid. Raises ShapeError with a pointer to the keyframe."""
        return Track(self.interpolation, tuple(Keyframe(one.frame, _settled(one, place)) for place, one in enumerate(self.keyframes)))

    def check_granularity(self, granularity: str) -> None:
        """Raise ShapeError unless the shape of every keyframe suits the granularity; cells lie on one frame each."""
        for place, keyframe in enumerate(self.keyframes):
            if keyframe.shape is None:
                continue
            if granularity == Granularity.CELL:
                raise ShapeError("granularity_not_allowed", "/type")
            try:
                check_granularity(granularity, keyframe.shape)
            except ShapeError as error:
                raise ShapeError(error.code, f"/keyframes/{place}/geometry{error.pointer}") from error

    def check_inside(self, *, width: int, height: int, frame_count: int) -> None:
        """Raise ShapeError unless every keyframe lies on a frame of the image and inside it; sizes in level-0 pixels."""
        for place, keyframe in enumerate(self.keyframes):
            if keyframe.frame >= frame_count:
                raise ShapeError("frame_outside_image", f"/keyframes/{place}/frame")
            if keyframe.shape is not None:
                try:
                    check_inside(keyframe.shape, width=width, height=height)
                except ShapeError as error:
                    raise ShapeError(error.code, f"/keyframes/{place}/geometry{error.pointer}") from error


AnyShape = Shape | Mask | Track


def parse_track(value: object) -> Track:
    """Turn the JSON value of a track into a track; nothing is repaired.

    Raises ShapeError with a code and a JSON pointer relative to the geometry: `geometry_malformed`, `track_too_long`,
    `track_order`, `track_mixed_shapes`, `track_empty`, and what `parse_geometry` says of a keyframe's shape.
    """
    if not isinstance(value, dict) or set(value) != {"type", "interpolation", "keyframes"} or value["type"] != "Track":
        raise ShapeError("geometry_malformed")
    if value["interpolation"] not in _INTERPOLATIONS:
        raise ShapeError("geometry_malformed", "/interpolation")
    entries = value["keyframes"]
    if not isinstance(entries, list) or not entries:
        raise ShapeError("geometry_malformed", "/keyframes")
    if len(entries) > MAX_KEYFRAMES:
        raise ShapeError("track_too_long", "/keyframes")
    keyframes: list[Keyframe] = []
    vertices = 0
    for place, entry in enumerate(entries):
        keyframe = _keyframe(entry, f"/keyframes/{place}")
        if keyframes and keyframe.frame <= keyframes[-1].frame:
            raise ShapeError("track_order", f"/keyframes/{place}/frame")
        vertices += keyframe.shape.vertex_count if keyframe.shape is not None else 0
        if vertices > MAX_VERTICES:
            raise ShapeError("geometry_too_many_vertices", f"/keyframes/{place}/geometry")
        keyframes.append(keyframe)
    _check_family(keyframes)
    return Track(cast("Interpolation", value["interpolation"]), tuple(keyframes))


def _keyframe(entry: object, pointer: str) -> Keyframe:
    if not isinstance(entry, dict) or not set(entry) <= {"frame", "outside", "geometry"}:
        raise ShapeError("geometry_malformed", pointer)
    frame, outside = entry.get("frame"), entry.get("outside", False)
    # bool is an int in Python and a different thing in JSON
    if isinstance(frame, bool) or not isinstance(frame, int) or not 0 <= frame < 1 << 31:
        raise ShapeError("geometry_malformed", f"{pointer}/frame")
    if not isinstance(outside, bool):
        raise ShapeError("geometry_malformed", f"{pointer}/outside")
    if ("geometry" in entry) == outside:
        raise ShapeError("geometry_malformed", f"{pointer}/geometry")
    if outside:
        return Keyframe(frame, None)
    try:
        return Keyframe(frame, parse_geometry(entry["geometry"]))
    except ShapeError as error:
        raise ShapeError(error.code, f"{pointer}/geometry{error.pointer}") from error


def _check_family(keyframes: list[Keyframe]) -> None:
    family = ""
    for place, keyframe in enumerate(keyframes):
        if keyframe.shape is None:
            continue
        if family and FAMILIES[keyframe.shape.kind] != family:
            raise ShapeError("track_mixed_shapes", f"/keyframes/{place}/geometry/type")
        family = FAMILIES[keyframe.shape.kind]
    if not family:
        raise ShapeError("track_empty", "/keyframes")


def _settled(keyframe: Keyframe, place: int) -> Shape | None:
    if keyframe.shape is None:
        return None
    try:
        return normalise(keyframe.shape)
    except ShapeError as error:
        raise ShapeError(error.code, f"/keyframes/{place}/geometry{error.pointer}") from error


def _keyframe_member(keyframe: Keyframe) -> dict[str, Any]:
    member: dict[str, Any] = {"frame": keyframe.frame, "outside": keyframe.shape is None}
    return member if keyframe.shape is None else member | {"geometry": keyframe.shape.to_document()}
