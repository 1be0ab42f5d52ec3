"""What an importer is told, and what it finds: images, labels and marks, as plain values. Coordinates are level-0 pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from annotation.schema.tracks import AnyShape

__all__ = ["ImportedMark", "Options", "SourceLabel", "Target"]


@dataclass(frozen=True, slots=True)
class Target:
    """An image of the campaign that marks may go to.

    `spacing_um` is micrometres a level-0 pixel (x, y), `centre_offset_nm` where the middle of the image lies on the glass (x, y,
    nanometres, Hamamatsu); both None where the image does not say. `sop_instance_uids` has one entry a frame for DICOM images.
    `report_digests` are SHA-256 of the reports of its study, as their words are now.
    """

    id: str
    name: str
    width_px: int
    height_px: int
    digest: str = ""
    frame_count: int = 1
    has_frames: bool = False
    spacing_um: tuple[float, float] | None = None
    centre_offset_nm: tuple[float, float] | None = None
    sop_instance_uids: tuple[str, ...] = ()
    report_digests: tuple[str, ...] = ()

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Target:
        """Read what `to_json` wrote."""
        pairs = {key: tuple(value[key]) if value[key] is not None else None for key in ("spacing_um", "centre_offset_nm")}
        lists = {key: tuple(value[key]) for key in ("sop_instance_uids", "report_digests")}
        return Target(**{**value, **pairs, **lists})

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Options:
    """What a person chose where a file does not say.

    `images` maps an image's name in the file ("" for a file that names none) to the id of an image of the campaign; such a
    choice holds although sizes differ. `classes` names the numbers of YOLO in their order. `y_axis` says which way y runs in a
    file that may be upside down.
    """

    images: Mapping[str, str] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    y_axis: Literal["", "down", "up"] = ""


@dataclass(frozen=True, slots=True)
class SourceLabel:
    """What a file calls a thing: its words, its code (of a system, if the file says), its colour as #rrggbb or ""."""

    text: str
    code: str = ""
    system: str = ""
    colour: str = ""

    @property
    def key(self) -> str:
        """What the mapping to labels of the campaign goes by."""
        return f"{self.system}|{self.code}" if self.system and self.code else self.code or self.text


@dataclass(frozen=True, slots=True)
class ImportedMark:
    """One mark as a file tells it.

    `shape` is None for what is said of the whole image. `source_id` is unique within the file and the same each time the file is
    read. `place` is a JSON pointer, a line or an item. `frame` counts from 0. `said` holds what only documents of this project
    know: granularity, certainty, basis, form, active_seconds, what a finding cites, where on which report (span).
    """

    source_id: str
    place: str
    image: str
    shape: AnyShape | None
    labels: tuple[SourceLabel, ...] = ()
    frame: int | None = None
    text: str = ""
    author: str = ""
    said: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return plain values; the geometry as the save protocol takes it."""
        members = {name: getattr(self, name) for name in ("source_id", "place", "image", "frame", "text", "author")}
        geometry = self.shape.to_body() if self.shape is not None else None
        labels = [label.key for label in self.labels]
        return members | {"geometry": geometry, "labels": labels, "said": dict(self.said)}
