"""Softcopy presentation states: how somebody wanted an image to be shown (PS3.3 A.33, PS3.4 N).

A state holds no pixels. It is turned into plain values here, once, at ingest: points in level-0 pixels, angles in degrees
clockwise, greys from 0 to 255. What a state asks for and the viewer does not do is named in `unsupported`.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final

import numpy as np
from pydicom.dataset import Dataset

from viewer.geometry import RegionRequest, Size
from viewer.readers import base, dicom_describe, dicom_overlays
from viewer.readers.base import EncodedPixels, Inspection
from viewer.readers.dicom_file import DicomFile, as_malformed, check_depth
from viewer.readers.dicom_values import byte_order, lookup_table, number, voi_of, whole_numbers
from viewer.readers.errors import LimitExceeded, MalformedFile, OutOfRange

GREYSCALE_CLASS: Final = "1.2.840.10008.5.1.4.1.1.11.1"
MAX_REFERENCES: Final = 20_000
MAX_SHAPES: Final = 5_000
MAX_POINTS: Final = 100_000
MAX_TEXT: Final = 1_024
MAX_OVERLAY_BYTES: Final = 1 << 20
_EDGES: Final = ("LeftVertical", "UpperHorizontal", "RightVertical", "LowerHorizontal")
_TURNS: Final = frozenset({0, 90, 180, 270})
_SHAPES: Final = {"POINT": "point", "POLYLINE": "polyline", "INTERPOLATED": "curve", "CIRCLE": "circle", "ELLIPSE": "ellipse"}

Values = dict[str, Any]
Points = list[list[float]]
Place = Callable[[float, float], list[float]]


class DicomPresentationReader:
    """One presentation state; it answers `inspect` only.

    Args:
        file: an open file without pixels; closed with the reader.
    """

    def __init__(self, file: DicomFile) -> None:
        self._file = file

    @as_malformed()
    def inspect(self) -> Inspection:
        """What the state says, in `presentation`, with the identity of the instance.

        Raises:
            MalformedFile: when it refers to no image.
            LimitExceeded: when it holds more than is shown.
        """
        header = self._file.header
        check_depth(header)
        warnings: list[str] = []
        return Inspection(
            engine="dicom",
            format="presentation state",
            kind="presentation",
            modality="PR",
            size=Size(0, 0),
            dicom=dicom_describe.describe(header, warnings),
            warnings=warnings,
            presentation=read_presentation(header),
        )

    def tile(self, level: int, column: int, row: int) -> EncodedPixels:
        """A state has no tiles."""
        raise OutOfRange

    def frame(self, index: int) -> EncodedPixels:
        """A state has no frames."""
        raise OutOfRange("no_such_frame")

    def thumbnail(self, index: int, max_px: int) -> EncodedPixels:
        """A state has no picture."""
        raise OutOfRange("no_such_frame")

    def region(self, request: RegionRequest) -> EncodedPixels:
        """A state has no pixels."""
        raise OutOfRange("bad_region")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_presentation(header: Dataset) -> Values:
    """A presentation state as plain values.

    Raises:
        MalformedFile: when it refers to no image.
        LimitExceeded: when it holds more references, shapes or points than is shown.
    """
    unsupported: set[str] = set()
    rotation = int(number(header.get("ImageRotation")) or 0) % 360
    if rotation not in _TURNS:
        unsupported.add("rotation")
        rotation = 0
    mirrored = str(header.get("ImageHorizontalFlip") or "N").strip() == "Y"
    if mirrored:
        unsupported.add("mirrored")
    areas = [_area(item) for item in _items(header, "DisplayedAreaSelectionSequence")]
    if any(area["mode"] != "SCALE TO FIT" for area in areas):
        unsupported.add("size_mode")
    for keyword, what in (("MaskSubtractionSequence", "mask"), ("ICCProfile", "colour_profile")):
        if keyword in header and str(header.get("SOPClassUID")) == GREYSCALE_CLASS:
            unsupported.add(what)
    return {
        "label": base.plain_text(header.get("ContentLabel") or "", 64),
        "description": base.plain_text(header.get("ContentDescription") or "", 200),
        "references": _references(header),
        "modality": _modality(header, unsupported),
        "voi": _voi(header),
        **_polarity(header),
        "areas": areas,
        "rotation": rotation,
        "mirrored": mirrored,
        "graphics": _graphics(header, areas, rotation, unsupported),
        **_shutters(header, unsupported),
        **_overlays(header, unsupported),
        "unsupported": sorted(unsupported),
    }


def _items(dataset: Dataset, keyword: str) -> list[Dataset]:
    return [item for item in dataset.get(keyword) or [] if isinstance(item, Dataset)]


def _images(item: Dataset) -> list[Values]:
    """The images an item names: UID, and frames from 0 where not all are meant."""
    found = []
    for image in islice(_items(item, "ReferencedImageSequence"), MAX_REFERENCES + 1):
        uid = str(image.get("ReferencedSOPInstanceUID") or "").strip(" \0")
        frames = [int(frame) - 1 for frame in whole_numbers(image.get("ReferencedFrameNumber")) if frame > 0]
        if uid:
            found.append({"uid": uid[:64], "frames": frames or None})
    return found


def _references(header: Dataset) -> list[Values]:
    found = [image for series in _items(header, "ReferencedSeriesSequence") for image in _images(series)]
    if not found:
        raise MalformedFile("malformed", "a presentation state of no image")
    if len(found) > MAX_REFERENCES:
        raise LimitExceeded("too_many_frames", f"{len(found)} images referred to")
    return found


def _of(item: Dataset) -> list[Values] | None:
    """Which images an item is for; None for all that the state is for."""
    return _images(item) or None


def _modality(header: Dataset, unsupported: set[str]) -> Values | None:
    """Slope and intercept that stand in for the image's own (PS3.3 C.11.1)."""
    if "ModalityLUTSequence" in header:
        unsupported.add("modality_lut")
        return None
    slope, intercept = number(header.get("RescaleSlope")), number(header.get("RescaleIntercept"))
    return None if slope is None or slope == 0 or intercept is None else {"slope": slope, "intercept": intercept}


def _voi(header: Dataset) -> list[Values]:
    """Windows and tables, the first of each item (PS3.3 C.11.8)."""
    found = []
    for item in _items(header, "SoftcopyVOILUTSequence"):
        windows = voi_of(item, byte_order(header))
        if windows:
            found.append({"images": _of(item), "window": windows[0].as_json()})
    return found


def _polarity(header: Dataset) -> Values:
    """The presentation LUT (PS3.3 C.11.6), which overrides MONOCHROME1: a shape, or 256 greys for the 256 of the window."""
    shape = str(header.get("PresentationLUTShape") or "").strip()
    greys = None
    if tables := _items(header, "PresentationLUTSequence"):
        descriptor = tables[0].get("LUTDescriptor")
        table, _ = lookup_table(descriptor, tables[0].get("LUTData"), byte_order(header))
        top = (1 << int(descriptor[2])) - 1 if descriptor is not None else 255
        places = np.rint(np.linspace(0, len(table) - 1, 256)).astype(int)
        greys = [int(grey) for grey in np.clip(np.rint(table[places] * (255.0 / max(1, top))), 0, 255)]
    return {"inverse": shape == "INVERSE" if shape or greys else None, "greys": greys}


def _area(item: Dataset) -> Values:
    """The part to show (PS3.3 C.10.4), as the outer corners that come to lie at the top left and bottom right of the screen."""
    first, last = _pair(item.get("DisplayedAreaTopLeftHandCorner")), _pair(item.get("DisplayedAreaBottomRightHandCorner"))
    start, end = [0.0, 0.0], [0.0, 0.0]
    for axis in (0, 1):
        forward = first[axis] <= last[axis]
        start[axis], end[axis] = (first[axis] - 1, last[axis]) if forward else (first[axis], last[axis] - 1)
    return {"images": _of(item), "start": start, "end": end, "mode": str(item.get("PresentationSizeMode") or "SCALE TO FIT").strip()}


def _pair(value: object) -> list[float]:
    found = [number(part) for part in (value if value is not None and hasattr(value, "__iter__") else [])]
    if len(found) != 2 or None in found:
        raise MalformedFile("malformed", "a point of a presentation state")
    return [float(part or 0.0) for part in found]


def _graphics(header: Dataset, areas: list[Values], rotation: int, unsupported: set[str]) -> list[Values]:
    """Shapes and texts, layer by layer from the lowest (PS3.3 C.10.5, C.10.7)."""
    order = {
        str(item.get("GraphicLayer")): int(number(item.get("GraphicLayerOrder")) or 0) for item in _items(header, "GraphicLayerSequence")
    }
    found = []
    budget = [MAX_SHAPES, MAX_POINTS]
    for item in _items(header, "GraphicAnnotationSequence"):
        images = _of(item)
        area = next((area for area in areas if images is None or area["images"] is None or _share(images, area["images"])), None)
        if "CompoundGraphicSequence" in item:
            unsupported.add("compound_graphics")
        shapes = [shape for one in _items(item, "GraphicObjectSequence") if (shape := _shape(one, area, rotation, unsupported))]
        texts = [text for one in _items(item, "TextObjectSequence") if (text := _text(one, area, rotation, unsupported))]
        budget[0] -= len(shapes) + len(texts)
        budget[1] -= sum(len(shape["points"]) for shape in shapes)
        if min(budget) < 0:
            raise LimitExceeded("too_many_pixels", "shapes of a presentation state")
        layer = str(item.get("GraphicLayer") or "")
        found.append({"images": images, "order": order.get(layer, 0), "shapes": shapes, "texts": texts})
    return sorted(found, key=lambda graphic: int(graphic["order"]))


def _share(one: list[Values], other: list[Values]) -> bool:
    return bool({image["uid"] for image in one} & {image["uid"] for image in other})


def _place(units: object, area: Values | None, rotation: int) -> Place | None:
    """How points in these units become level-0 pixels; None where that cannot be known."""
    said = str(units or "PIXEL").strip()
    if said == "PIXEL":
        return lambda x, y: [x, y]
    if said != "DISPLAY" or area is None:
        return None
    (left, top), (right, bottom) = area["start"], area["end"]
    turned = rotation in {90, 270}  # then the screen's x runs along the image's y

    def place(x: float, y: float) -> list[float]:
        along_x, along_y = (y, x) if turned else (x, y)
        return [left + (right - left) * along_x, top + (bottom - top) * along_y]

    return place


def _shape(item: Dataset, area: Values | None, rotation: int, unsupported: set[str]) -> Values | None:
    kind = _SHAPES.get(str(item.get("GraphicType") or "").strip())
    place = _place(item.get("GraphicAnnotationUnits"), area, rotation)
    numbers = [number(part) for part in item.get("GraphicData") or []]
    if kind is None or place is None or len(numbers) < 2 or len(numbers) % 2 or None in numbers:
        unsupported.add("graphics")
        return None
    flat = [float(part or 0.0) for part in numbers]
    points = [[round(part, 3) for part in place(x, y)] for x, y in zip(flat[::2], flat[1::2], strict=True)]
    if len(points) < {"circle": 2, "ellipse": 4}.get(kind, 1):
        unsupported.add("graphics")
        return None
    return {"kind": kind, "points": points, "filled": str(item.get("GraphicFilled") or "N").strip() == "Y"}


def _text(item: Dataset, area: Values | None, rotation: int, unsupported: set[str]) -> Values | None:
    lines = [base.plain_text(line, 256) for line in str(item.get("UnformattedTextValue") or "")[:MAX_TEXT].splitlines()]
    boxed = _place(item.get("BoundingBoxAnnotationUnits"), area, rotation)
    anchored = _place(item.get("AnchorPointAnnotationUnits"), area, rotation)
    corners = [item.get(f"BoundingBox{corner}HandCorner") for corner in ("TopLeft", "BottomRight")]
    box = [boxed(*_pair(corner)) for corner in corners] if boxed and all(corner is not None for corner in corners) else None
    point = item.get("AnchorPoint")
    anchor = anchored(*_pair(point)) if anchored and point is not None else None
    if not lines or (box is None and anchor is None):
        unsupported.add("graphics")
        return None
    shown = str(item.get("AnchorPointVisibility") or "N").strip() == "Y"
    return {"lines": lines, "box": box, "anchor": anchor, "line_to_anchor": shown and box is not None and anchor is not None}


def _shutters(header: Dataset, unsupported: set[str]) -> Values:
    """What covers the rest of the image (PS3.3 C.7.6.11); DICOM counts rows and columns from 1, and names the row first."""
    value = header.get("ShutterShape")
    names = [value] if isinstance(value, str) else list(value or [])
    found: list[Values] = []
    for name in (str(one).strip() for one in names):
        if name == "RECTANGULAR":
            edges = [
                number(header.get(f"Shutter{edge}Edge")) for edge in ("LeftVertical", "UpperHorizontal", "RightVertical", "LowerHorizontal")
            ]
            left, top, right, bottom = (edge or 0.0 for edge in edges)
            found.append({"kind": "rectangle", "points": [[left - 1, top - 1], [right, bottom]]})
        elif name == "CIRCULAR" and (radius := number(header.get("RadiusOfCircularShutter"))):
            row, column = _pair(header.get("CenterOfCircularShutter"))
            found.append({"kind": "circle", "points": [[column - 0.5, row - 0.5], [column - 0.5 + radius, row - 0.5]]})
        elif name == "POLYGONAL":
            flat = whole_numbers(header.get("VerticesOfThePolygonalShutter"))
            found.append({"kind": "polygon", "points": [[c - 0.5, r - 0.5] for r, c in zip(flat[::2], flat[1::2], strict=False)]})
        else:
            unsupported.add("shutter")
    grey = number(header.get("ShutterPresentationValue")) or 0.0
    return {"shutters": found, "shutter_grey": int(min(max(grey, 0.0), 65_535.0)) >> 8}


def _overlays(header: Dataset, unsupported: set[str]) -> Values:
    """Bitmaps of the state's own, and whether it shows those of its images (PS3.3 C.11.7)."""
    own, whole = dicom_overlays.overlays_of(header, words=False)
    if not whole:
        unsupported.add("overlay")
    active = {group for group in dicom_overlays.GROUPS if (group << 16) | 0x1001 in header}
    found, room = [], MAX_OVERLAY_BYTES
    for overlay in _drawn(own, active):
        size = Size(overlay.columns, overlay.rows)
        body = dicom_overlays.encode(iter([(overlay, dicom_overlays.own_bits(header, overlay, 0))]), size).body
        room -= len(body)
        if room < 0:
            unsupported.add("overlay")
            break
        found.append({"left": overlay.left, "top": overlay.top, "png": base64.b64encode(body).decode("ascii")})
    return {"overlays": found, "image_overlays": bool(active - {overlay.group for overlay in own})}


def _drawn(own: list[dicom_overlays.Overlay], active: set[int]) -> Iterator[dicom_overlays.Overlay]:
    return (overlay for overlay in own if overlay.group in active)
