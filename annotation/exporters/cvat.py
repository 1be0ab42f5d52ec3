"""CVAT 1.1 XML: one file for all single pictures, and one for each stack or video, with its tracks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

import numpy as np

from annotation.exporters.base import Entry, ExportSession, LossReport
from annotation.exporters.details import DETAIL_NAMES, colour_of, details, names_of_labels
from annotation.exporters.fields import Field, Held
from annotation.exporters.frames import OnFrame, frame_by_frame, frames_of
from annotation.exporters.markup import DECLARATION, element, opening, text_of
from annotation.exporters.outlines import solid_rings
from annotation.exporters.per_frame import around
from annotation.exporters.streams import by_image
from annotation.schema.facts import AnnotationFacts, CampaignFacts, CaseFacts, ImageFacts
from annotation.schema.masks import FrameShape, Mask
from annotation.schema.shapes import Shape
from annotation.schema.spool import Spool
from annotation.schema.tracks import Track

__all__ = ["CvatExporter"]

Written = tuple[str, dict[str, object]]
"""The name of an element and its attributes."""


class CvatExporter:
    """Boxes, outlines, points, masks, tags and tracks; everything else in attributes, all of them declared."""

    name: ClassVar[str] = "cvat"
    media_type: ClassVar[str] = "application/xml"
    holds: ClassVar[Mapping[Field, Held]] = dict.fromkeys(Field, Held.YES) | {
        Field.REPORTS: Held.NO,
        Field.FINDINGS: Held.NO,
        Field.CELLS: Held.NO,
        Field.HOLES: Held.PARTLY,
        Field.TRACKS: Held.PARTLY,
        Field.DIAGNOSES: Held.PARTLY,
    }

    def begin(self, campaign: CampaignFacts, required: frozenset[Field] = frozenset()) -> ExportSession:
        """Start a run."""
        return _Session(campaign, required)


class _Session:
    def __init__(self, campaign: CampaignFacts, required: frozenset[Field]) -> None:
        self._campaign = campaign
        self._names = names_of_labels(campaign)
        self._image_count = 0
        self._group_count = 0
        self._track_count = 0
        self.losses = LossReport(CvatExporter.name, CvatExporter.holds, required)
        self.losses.note("one_label", "A shape has one label: the primary one; all label codes are in its attributes.")
        text = "A mark on a frame of a stack is a track of one frame; shapes between keyframes are written as Mitate computes them."
        self.losses.note("frames_as_tracks", text)

    def entries(self, cases: Iterable[CaseFacts]) -> Iterator[Entry]:
        with Spool() as images:
            for case in cases:
                for image, rows in by_image(case):
                    if image.frame_count > 1:
                        yield from self._video(case, image, rows)
                    else:
                        self._image(image, rows, images)
            meta = self._meta("annotation", self._image_count, None)
            yield Entry("images.xml", *around(meta, images, "</annotations>\n"))

    def _image(self, image: ImageFacts, rows: Iterable[AnnotationFacts], spool: Spool) -> None:
        head = {"id": self._image_count, "name": image.id, "width": image.width_px, "height": image.height_px}
        self._image_count += 1
        spool.write(opening("image", head).encode())
        for mark in frame_by_frame(rows, image, self.losses):
            for name, attributes in self._shapes(mark):
                text = element(name, {"label": self._label(mark), "source": _source(mark), **attributes}, *self._attributes(mark))
                spool.write(text.encode() + b"\n")
        spool.write(b"</image>\n")

    def _video(self, case: CaseFacts, image: ImageFacts, rows: Iterable[AnnotationFacts]) -> Iterator[Entry]:
        self._track_count = 0
        with Spool() as spool:
            for row in rows:
                if row.shape is None:
                    text = "On a stack or video, diagnoses without a shape have no place in CVAT's XML."
                    self.losses.add("without_shape", text, row.id, Field.DIAGNOSES)
                elif isinstance(row.shape, Track) and _is_followed(marks := list(frames_of(row, image))):
                    self._track(marks, row.shape.interpolation, image, spool)
                else:
                    self._on_frames(row, image, spool)
            yield Entry(
                f"videos/{case.name}/{image.id}.xml",
                *around(self._meta("interpolation", image.frame_count, image), spool, "</annotations>\n"),
            )

    def _track(self, marks: list[OnFrame], interpolation: str, image: ImageFacts, spool: Spool) -> None:
        """Write a track frame by frame; where it leaves the image it is outside from the next frame on."""
        spool.write(self._track_opening(marks[0], 0).encode())
        for place, mark in enumerate(marks):
            following = marks[place + 1] if place + 1 < len(marks) else None
            ends = following is None or following.row.frame != (mark.row.frame or 0) + 1
            # without interpolation CVAT would still move a shape between two keyframes that are apart
            held = interpolation == "none" and (ends or (following is not None and following.keyframe is True))
            spool.write(self._on_frame(mark, keyframe=bool(mark.keyframe) or held, outside=False))
            if ends and (mark.row.frame or 0) + 1 < image.frame_count:
                spool.write(self._on_frame(mark, keyframe=True, outside=True))
        spool.write(b"</track>\n")

    def _on_frames(self, row: AnnotationFacts, image: ImageFacts, spool: Spool) -> None:
        """Write a mark on one frame, or a track that CVAT cannot follow, as tracks of one frame each."""
        for mark in frame_by_frame([row], image, self.losses):
            for name, attributes in self._shapes(mark):
                frame = mark.row.frame or 0
                spool.write(self._track_opening(mark, attributes.pop("group_id", 0)).encode())
                head = {"frame": frame, "outside": 0, "keyframe": 1, **attributes}
                spool.write(element(name, head, *self._attributes(mark)).encode())
                if frame + 1 < image.frame_count:
                    spool.write(element(name, head | {"frame": frame + 1, "outside": 1}, *self._attributes(mark)).encode())
                spool.write(b"</track>\n")

    def _track_opening(self, mark: OnFrame, group: object) -> str:
        self._track_count += 1
        return opening("track", {"id": self._track_count - 1, "label": self._label(mark), "source": _source(mark), "group_id": group})

    def _on_frame(self, mark: OnFrame, *, keyframe: bool, outside: bool) -> bytes:
        ((name, attributes),) = self._shapes(mark)
        frame = (mark.row.frame or 0) + (1 if outside else 0)
        head = {"frame": frame, "outside": int(outside), "keyframe": int(keyframe), **attributes}
        return element(name, head, *self._attributes(mark)).encode()

    def _shapes(self, mark: OnFrame) -> list[Written]:
        """Return the elements of a mark; those that belong together share a group."""
        shape = mark.shape
        if shape is None:
            return [("tag", {})]
        if isinstance(shape, Mask):
            return [("mask", {**_mask(shape), "occluded": 0, "z_order": 0})]
        x_min, y_min, x_max, y_max = shape.bounds
        common: dict[str, object] = {"occluded": 0, "z_order": 0}
        if shape.kind == "Point":
            return [("points", {**common, "points": _points([shape.centre])})]
        if shape.kind == "Rectangle":
            return [("box", {**common, "xtl": x_min, "ytl": y_min, "xbr": x_max, "ybr": y_max})]
        rings = solid_rings(shape, self.losses, mark.row.id)
        if len(rings) > 1:
            self._group_count += 1
            common["group_id"] = self._group_count
        return [("polygon", {**common, "points": _points(ring[:-1])}) for ring in rings]

    def _label(self, mark: OnFrame) -> str:
        return self._names[mark.row.labels[0] if mark.row.labels else ""]

    def _attributes(self, mark: OnFrame) -> list[str]:
        return [element("attribute", {"name": name}, text_of(text)) for name, text in details(mark, self._campaign).items()]

    def _meta(self, mode: str, size: int, image: ImageFacts | None) -> str:
        """Return the beginning of a file: every label with every attribute, without which CVAT drops them."""
        declared = [
            element(
                "attribute",
                {},
                element("name", {}, name),
                element("mutable", {}, "True" if name == "keyframe" else "False"),
                element("input_type", {}, "text"),
                element("default_value"),
                element("values"),
            )
            for name in DETAIL_NAMES
        ]
        labels = [
            element(
                "label",
                {},
                element("name", {}, text_of(name)),
                element("color", {}, colour_of(code, self._campaign)),
                element("type", {}, "any"),
                element("attributes", {}, *declared),
            )
            for code, name in self._names.items()
        ]
        members = [
            element("name", {}, text_of(image.id if image is not None else self._campaign.code)),
            element("size", {}, str(size)),
            element("mode", {}, mode),
            element("start_frame", {}, "0"),
            element("stop_frame", {}, str(max(size - 1, 0))),
            element("labels", {}, *labels),
        ]
        if image is not None:
            sides = element("width", {}, str(image.width_px)), element("height", {}, str(image.height_px))
            members.append(element("original_size", {}, *sides))
        return DECLARATION + "<annotations>" + element("version", {}, "1.1") + element("meta", {}, element("task", {}, *members)) + "\n"


def _is_followed(marks: list[OnFrame]) -> bool:
    """Tell whether a track is one box, one point, or one outline without holes on every frame that it is on."""
    kinds = {_followed_kind(mark.shape) for mark in marks}
    return len(kinds) == 1 and "" not in kinds


def _followed_kind(shape: FrameShape | None) -> str:
    """Return the kind of element that holds a shape alone; the empty text for one that takes several."""
    if not isinstance(shape, Shape):
        return ""
    if shape.kind in {"Rectangle", "Point"}:
        return shape.kind
    return "Polygon" if [len(rings) for rings in shape.polygons] == [1] else ""


def _source(mark: OnFrame) -> str:
    return "manual" if mark.row.suggestion is None else "semi-auto"


def _points(positions: Iterable[tuple[float, float]]) -> str:
    return ";".join(f"{text_of(float(x))},{text_of(float(y))}" for x, y in positions)


def _mask(mask: Mask) -> dict[str, object]:
    """Return a mask as CVAT writes it: run lengths row by row within its bounds, out first; level-0 px."""
    x_min, y_min, x_max, y_max = (int(side) for side in mask.bounds)
    width, height = x_max - x_min, y_max - y_min
    places = [(runs.y - y_min) * width + end - x_min for runs in mask.row_runs() for end in (runs.start, runs.stop)]
    # where one run ends and the next begins nothing changes
    ends, counts = np.unique(np.concatenate(places), return_counts=True)
    lengths = np.diff(np.concatenate(([0], ends[counts == 1], [width * height]))).tolist()
    runs = lengths if lengths[-1] else lengths[:-1]
    return {"rle": ", ".join(map(str, runs)), "left": x_min, "top": y_min, "width": width, "height": height}
