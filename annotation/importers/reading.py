"""What came of a file: marks, refusals, notes and losses, gathered while a reader goes through it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final

import numpy as np
import shapely

from annotation.importers.facts import ImportedMark, Options, SourceLabel, Target
from annotation.importers.figures import without_spikes
from annotation.importers.problems import FileError
from annotation.schema.masks import Mask
from annotation.schema.problems import ShapeError
from annotation.schema.shapes import Shape, check_inside, normalise, parse_geometry
from annotation.schema.tracks import AnyShape, Track, parse_track

__all__ = ["MAX_MARKS", "FileImage", "Reading", "Refused"]

MAX_MARKS: Final = 10_000
MAX_EXAMPLES: Final = 200
MAX_LABEL: Final = 200
MAX_TEXT: Final = 10_000
_CROSSINGS: Final = ("geometry_self_crossing", "geometry_invalid_rings")


@dataclass(frozen=True, slots=True)
class Refused:
    """A part of the file that becomes no mark: where it stands, and why."""

    place: str
    code: str
    detail: str = ""


@dataclass(slots=True)
class FileImage:
    """An image that the file speaks of: its name there ("" if it has none), its size if the file says, and what it was taken for."""

    name: str
    width: int | None = None
    height: int | None = None
    target: Target | None = None
    proposed: Target | None = None
    code: str = ""
    marks: int = 0


@dataclass(slots=True)
class _Found:
    count: int = 0
    places: list[str] = field(default_factory=list)


class Reading:
    """Gathers what a reader says of one file.

    Args:
        file_name: as the file came; an image of the same name is what a file that names none is about.
        candidates: the images of the campaign.
        options: what a person chose.
    """

    def __init__(self, file_name: str, candidates: Sequence[Target] = (), options: Options | None = None) -> None:
        self.file_name = file_name
        self.options = options or Options()
        self.candidates = candidates
        self.marks: list[ImportedMark] = []
        self.refused: list[Refused] = []
        self.refused_counts: Counter[str] = Counter()
        self.notes: dict[str, _Found] = {}
        self.losses: Counter[str] = Counter()
        self.labels: dict[str, SourceLabel] = {}
        self.label_counts: Counter[str] = Counter()
        self.images: dict[str, FileImage] = {}
        self.needs: set[str] = set()
        self.codings: dict[tuple[str, str, str], str] = {}
        """(System, code, version) of the codings that the file holds -> where the first one stands."""
        self.largest_shift_px = 0.0
        self._ids: set[str] = set()
        self._frames: dict[str, tuple[Target, int]] = {}
        for target in candidates:
            for frame, uid in enumerate(target.sop_instance_uids):
                self._frames.setdefault(uid, (target, frame))

    def refuse(self, place: str, code: str, detail: str = "") -> None:
        """Leave a part of the file out, and say so."""
        self.refused_counts[code] += 1
        if len(self.refused) < MAX_EXAMPLES:
            self.refused.append(Refused(place[:200], code, detail[:200]))

    def note(self, code: str, place: str) -> None:
        """Say what was changed on the way."""
        found = self.notes.setdefault(code, _Found())
        found.count += 1
        if len(found.places) < 5:
            found.places.append(place[:200])

    def lose(self, code: str, count: int = 1) -> None:
        """Count something that the file says and a mark cannot hold; `code` is one of the reader's losses."""
        self.losses[code] += count

    def image(self, name: str = "", *, width: int | None = None, height: int | None = None, keys: Sequence[str] = ()) -> FileImage:
        """Return an image of the file with what it is taken for; `keys` are ids or digests that tell more than names."""
        known = self.images.get(name)
        if known is None:
            known = self.images[name] = FileImage(name, width, height)
            self._find_target(known, keys)
        return known

    def mark(
        self,
        geometry: Mapping[str, Any] | Mask | Track | None,
        *,
        place: str,
        image: FileImage,
        source_id: str = "",
        labels: Iterable[SourceLabel] = (),
        frame: int | None = None,
        text: str = "",
        author: str = "",
        said: Mapping[str, Any] | None = None,
    ) -> bool:
        """Take a mark, or refuse it with its place; return whether it was taken.

        Raises:
            FileError: ``too_many_marks``.
        """
        every = tuple(labels)
        fault = _fault_of_texts(every, text)
        if fault:
            self.refuse(place, fault)
            return False
        try:
            shape = self._shape(geometry, place)
            frame = self._checked(shape, frame, image.target, place)
        except ShapeError as error:
            self.refuse(place + error.pointer, error.code)
            return False
        except FileError as error:
            self.refuse(place, error.code, error.detail)
            return False
        if len(self.marks) >= MAX_MARKS:
            raise FileError("too_many_marks", place)
        identity = self._identity(source_id, place)
        author = author[:200] if not _unstorable(author) else ""
        self.marks.append(ImportedMark(identity, place, image.name, shape, every, frame, text, author, said or {}))
        image.marks += 1
        # What has a code of its own needs no label.
        none = () if (said or {}).get("span", {}).get("coding") else (SourceLabel(""),)
        for label in every[:1] or none:
            self.label_counts[label.key] += 1
        for label in every or none:
            self.labels.setdefault(label.key, label)
        return True

    def _identity(self, source_id: str, place: str) -> str:
        if source_id and source_id not in self._ids and len(source_id) <= 200 and not _unstorable(source_id):
            self._ids.add(source_id)
            return source_id
        if source_id:
            self.note("id_repeated", place)
        identity = f"@{place}"
        while identity in self._ids:
            identity += "'"
        self._ids.add(identity)
        return identity

    def _find_target(self, found: FileImage, keys: Sequence[str]) -> None:
        chosen = self.options.images.get(found.name)
        if chosen is not None:
            found.target = next((target for target in self.candidates if target.id == chosen), None)
            found.code = "" if found.target else "image_not_chosen"
            return
        found.proposed = self._by_keys(keys) or self._by_name(found.name or self.file_name)
        if found.proposed is None:
            found.code = "image_not_chosen"
        elif _sizes_differ(found, found.proposed):
            found.code = "image_size_differs"
        else:
            found.target = found.proposed

    def _by_keys(self, keys: Sequence[str]) -> Target | None:
        for key in filter(None, keys):
            if key in self._frames:
                return self._frames[key][0]
            for target in self.candidates:
                if key in (target.id, target.digest):
                    return target
        return None

    def frame_of(self, image: FileImage, uid: str, number: int = 1) -> int | None:
        """Return the frame (from 0) of a DICOM instance and its frame number (from 1) on the image; None where it is not on it."""
        target, first = self._frames.get(uid, (None, 0))
        if target is None or image.target is None or target.id != image.target.id:
            return None
        is_one_file = target.sop_instance_uids[first:][:2] == (uid, uid)
        return first + number - 1 if is_one_file else first

    def _by_name(self, name: str) -> Target | None:
        """Return the one image with this name, or with this name but for its endings."""
        whole = _base(name)
        matches = [target for target in self.candidates if _base(target.name) == whole]
        matches = matches or [target for target in self.candidates if _stem(target.name) == _stem(name)]
        return matches[0] if len(matches) == 1 else None

    def _shape(self, geometry: Mapping[str, Any] | Mask | Track | None, place: str) -> AnyShape | None:
        if geometry is None or isinstance(geometry, Mask | Track):
            return geometry.normalise() if isinstance(geometry, Track) else geometry
        if geometry.get("type") == "Track":
            return parse_track(geometry).normalise()
        try:
            parsed = parse_geometry(geometry)
        except ShapeError as error:
            if error.code not in _CROSSINGS:
                raise
            parsed = parse_geometry(_mended(geometry))
            self.note("spike_removed", place)
        shape = normalise(parsed)
        self._measure(parsed, shape)
        return shape

    def _measure(self, before: Shape, after: Shape) -> None:
        one, other = (shapely.get_coordinates(shape.geometry) for shape in (before, after))
        if one.shape == other.shape:
            self.largest_shift_px = max(self.largest_shift_px, float(np.abs(one - other).max()))

    def _checked(self, shape: AnyShape | None, frame: int | None, target: Target | None, place: str) -> int | None:
        """Return the frame of the mark on its image; raise ShapeError or FileError where it does not lie on it."""
        if target is None:
            return frame
        if isinstance(shape, Track):
            if not target.has_frames:
                raise ShapeError("track_needs_frames")
            shape.check_inside(width=target.width_px, height=target.height_px, frame_count=target.frame_count)
            return shape.first_frame
        if shape is not None:
            _check_on_image(shape, target)
        if not target.has_frames and target.frame_count == 1:
            if frame:
                self.note("frames_of_image", place)
            return None
        if frame is None and shape is not None and target.has_frames:
            if target.frame_count > 1:
                raise FileError("frame_required")
            return 0
        if frame is not None and not 0 <= frame < target.frame_count:
            raise ShapeError("frame_outside_image")
        return frame


def _check_on_image(shape: Shape | Mask, target: Target) -> None:
    if isinstance(shape, Shape):
        check_inside(shape, width=target.width_px, height=target.height_px)
    elif shape.bounds[2] > target.width_px or shape.bounds[3] > target.height_px:
        raise ShapeError("geometry_outside_image")


def _mended(geometry: Mapping[str, Any]) -> dict[str, Any]:
    rings = geometry.get("coordinates", [])
    if geometry["type"] == "Polygon":
        return {"type": "Polygon", "coordinates": [without_spikes(ring) for ring in rings]}
    if geometry["type"] == "MultiPolygon":
        return {"type": "MultiPolygon", "coordinates": [[without_spikes(ring) for ring in polygon] for polygon in rings]}
    return dict(geometry)


def _sizes_differ(found: FileImage, target: Target) -> bool:
    return any(told is not None and told != real for told, real in ((found.width, target.width_px), (found.height, target.height_px)))


def _fault_of_texts(labels: Sequence[SourceLabel], text: str) -> str:
    words = [word for label in labels for word in (label.text, label.code, label.system)]
    if any(len(word) > MAX_LABEL for word in words):
        return "label_too_long"
    if len(text) > MAX_TEXT:
        return "text_too_long"
    return "text_not_storable" if any(map(_unstorable, [*words, text])) else ""


def _unstorable(text: str) -> bool:
    return "\x00" in text or any(0xD800 <= ord(character) <= 0xDFFF for character in text)


def _base(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).name.casefold()


def _stem(name: str) -> str:
    stem = PurePosixPath(_base(name))
    while stem.suffix and len(stem.suffix) <= 8 and not stem.suffix[1:].isdigit():
        stem = PurePosixPath(stem.stem)
    return stem.name
