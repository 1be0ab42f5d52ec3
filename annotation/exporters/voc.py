"""Pascal VOC: one XML for each picture with its boxes, and the list of pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from annotation.exporters.base import Entry, ExportSession, LossReport
from annotation.exporters.details import details, names_of_labels
from annotation.exporters.fields import Field, Held
from annotation.exporters.frames import OnFrame
from annotation.exporters.markup import element, opening, text_of
from annotation.exporters.per_frame import around, marks_by_picture, picture_name
from annotation.exporters.streams import by_image
from annotation.schema.facts import CampaignFacts, CaseFacts, ImageFacts
from annotation.schema.masks import FrameShape, Mask
from annotation.schema.spool import Spool

__all__ = ["VocExporter"]


class VocExporter:
    """Boxes for detection tools; every other shape becomes the box around it."""

    name: ClassVar[str] = "voc"
    media_type: ClassVar[str] = "application/xml"
    holds: ClassVar[Mapping[Field, Held]] = dict.fromkeys(Field, Held.YES) | {
        Field.REPORTS: Held.NO,
        Field.FINDINGS: Held.NO,
        Field.CELLS: Held.NO,
        Field.HOLES: Held.NO,
        Field.POINTS: Held.NO,
        Field.TRACKS: Held.PARTLY,
        Field.MASKS: Held.NO,
        Field.DIAGNOSES: Held.NO,
    }

    def begin(self, campaign: CampaignFacts, required: frozenset[Field] = frozenset()) -> ExportSession:
        """Start a run."""
        return _Session(campaign, required)


class _Session:
    def __init__(self, campaign: CampaignFacts, required: frozenset[Field]) -> None:
        self._campaign = campaign
        self._names = names_of_labels(campaign)
        self.losses = LossReport(VocExporter.name, VocExporter.holds, required)
        self.losses.note("boxes_only", "Pascal VOC has boxes only; an outline or a mask becomes the box around it.")
        self.losses.note(
            "coordinates", "Boxes are in continuous pixels, (0, 0) the outer corner of the first pixel; not in whole ones from 1."
        )
        self.losses.note("one_name", "An object has one name: the primary label; all label codes are in its attributes.")

    def entries(self, cases: Iterable[CaseFacts]) -> Iterator[Entry]:
        with Spool() as listing:
            for case in cases:
                for image, rows in by_image(case):
                    with marks_by_picture(rows, image, self.losses) as (pictures, marks):
                        for mark, spool in marks:
                            spool.write(self._object(mark).encode())
                        for frame, spool in pictures.in_order():
                            name = picture_name(image, frame)
                            listing.write(f"{name}\n".encode())
                            yield Entry(f"Annotations/{name}.xml", *around(self._head(image, name), spool, "</annotation>\n"))
            yield Entry("ImageSets/Main/default.txt", listing.size, listing.chunks())
        labels = "# label:color_rgb:parts:actions\n" + "".join(f"{_plain(name)}:::\n" for name in self._names.values())
        yield Entry("labelmap.txt", len(labels.encode()), [labels.encode()])

    def _head(self, image: ImageFacts, name: str) -> str:
        size = element(
            "size",
            {},
            element("width", {}, str(image.width_px)),
            element("height", {}, str(image.height_px)),
            element("depth", {}, "3"),
        )
        source = element("source", {}, element("database", {}, "Mitate"), element("image", {}, image.digest))
        return opening("annotation") + element("folder", {}, "JPEGImages") + element("filename", {}, name) + source + size + "\n"

    def _object(self, mark: OnFrame) -> str:
        shape = mark.shape
        if shape is None:
            self.losses.add(
                "without_shape", "Diagnoses of a whole image or frame have no shape and are left out.", mark.row.id, Field.DIAGNOSES
            )
            return ""
        if shape.kind == "Point":
            self.losses.add("points", "Pascal VOC has no point; points are left out.", mark.row.id, Field.POINTS)
            return ""
        self._count_shape(shape, mark.row.id)
        x_min, y_min, x_max, y_max = shape.bounds
        sides = (("xmin", x_min), ("ymin", y_min), ("xmax", x_max), ("ymax", y_max))
        attributes = [
            element("attribute", {}, element("name", {}, name), element("value", {}, text_of(text)))
            for name, text in details(mark, self._campaign).items()
        ]
        name = _plain(self._names[mark.row.labels[0] if mark.row.labels else ""])
        return (
            element(
                "object",
                {},
                element("name", {}, text_of(name)),
                *(element(flag, {}, "0") for flag in ("difficult", "truncated", "occluded")),
                element("bndbox", {}, *(element(side, {}, text_of(value)) for side, value in sides)),
                element("attributes", {}, *attributes),
            )
            + "\n"
        )

    def _count_shape(self, shape: FrameShape, identity: str) -> None:
        if isinstance(shape, Mask):
            self.losses.add("masks_as_boxes", "A mask is written as the box around it.", identity, Field.MASKS)
        elif shape.kind != "Rectangle":
            holes = Field.HOLES if any(len(rings) > 1 for rings in shape.polygons) else None
            self.losses.add("outlines_as_boxes", "An outline is written as the box around it.", identity, holes)


def _plain(name: str) -> str:
    # the columns of the list of labels are set apart by colons
    return name.replace(":", " -")
