"""Levels of a DICOM slide: the instances that hold one, which frame of which of them is which tile.

Tiles are frames in the order of PS3.3 C.7.6.17.3 (TILED_FULL: columns, rows, focal planes, optical paths) or where each frame
says it lies (TILED_SPARSE). A level is one instance, or several that are parts of it; see `dicom_parts`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pydicom.dataset import Dataset

from viewer.geometry import Size, TileGrid
from viewer.readers import dicom_decode, dicom_describe, dicom_parts, tiff_structure
from viewer.readers.dicom_decode import Samples
from viewer.readers.dicom_file import DicomFile, open_dicom
from viewer.readers.dicom_frames import FrameIndex, Layout, read_layout
from viewer.readers.dicom_values import functional, number
from viewer.readers.errors import LimitExceeded, MalformedFile, ReaderError, UnsupportedFormat

_SMALLEST_STEP: Final = 1.2
_ALIKE: Final = ("SOPClassUID", "SeriesInstanceUID", "PhotometricInterpretation", "BitsAllocated", "SamplesPerPixel")
_ALIKE_PARTS: Final = (
    *("TotalPixelMatrixColumns", "TotalPixelMatrixRows", "Columns", "Rows", "BitsStored", "PixelRepresentation"),
    *("PlanarConfiguration", "NumberOfOpticalPaths", "TotalPixelMatrixFocalPlanes", "DimensionOrganizationType"),
)

Place = tuple[int, int, int, int]  # column, row, focal plane, optical path


class LevelFile:
    """An open instance that is a level, or a part of one.

    Args:
        path: of the file.
        file: closed with `close`, not when this raises.

    Raises:
        ReaderError: with the reason why it is refused.
    """

    def __init__(self, path: Path, file: DicomFile) -> None:
        self.path, self.file, self.header = path, file, file.header
        self.layout: Layout = read_layout(file)
        dicom_decode.check_syntax(file.syntax)
        self.index = FrameIndex(file, self.layout)
        self.part = dicom_parts.part_of(self.header, self.layout.frames)

    def decoded(self, frame: int) -> Samples:
        """The samples of a frame of this file (0-based)."""
        return dicom_decode.decode(self.file, self.layout, self.index, frame)

    def close(self) -> None:
        """Close the file."""
        self.file.close()


class SlideLevel:
    """One level: its files, and which frame lies where.

    Attributes:
        files: in the order of their frames.
        header: of the first of them; the parts of a level agree on what is asked of it.
        doubt: a warning where parts are missing, or may be; else empty.
        paths: number of optical paths.
        focal: number of focal planes.

    Args:
        files: a level by itself, or those parts of one that are there.

    Raises:
        MalformedFile: when frames are missing, or the parts contradict each other.
        LimitExceeded: for more tiles than a slide may have.
        UnsupportedFormat: for tiles that lie in no grid.
    """

    def __init__(self, files: list[LevelFile]) -> None:
        self.files = sorted(files, key=lambda file: file.part.number if file.part else 0)
        first = self.files[0]
        self.header, self.layout = first.header, first.layout
        self.size = Size(*(int(number(self.header.get(f"TotalPixelMatrix{name}")) or 0) for name in ("Columns", "Rows")))
        if self.size.width < 1 or self.size.height < 1:
            raise MalformedFile("malformed", "no total pixel matrix")
        self.grid = TileGrid.covering(self.size, Size(self.layout.columns, self.layout.rows))
        if self.grid.columns * self.grid.rows > tiff_structure.MAX_TILES:
            raise LimitExceeded("too_many_tiles")
        self.paths = _count(self.header, "NumberOfOpticalPaths")
        self.focal = _count(self.header, "TotalPixelMatrixFocalPlanes")
        self._placed = self._place_sparse()
        wanted = None if self._placed is not None else self.grid.columns * self.grid.rows * self.paths * self.focal
        self.doubt = self._check(wanted)

    def frame_at(self, column: int, row: int, plane: int, path: int) -> tuple[LevelFile, int] | None:
        """The file and the frame in it (0-based) that hold a tile; None where none is stored."""
        if self._placed is not None:
            return self._placed.get((column, row, plane, path))
        a_plane = self.grid.columns * self.grid.rows
        frame = (path * self.focal + plane) * a_plane + row * self.grid.columns + column
        if self.files[0].part is None:
            return self.files[0], frame
        return next(
            ((file, frame - file.part.first) for file in self.files if file.part and file.part.first <= frame < file.part.end), None
        )

    def is_other_than(self, other: SlideLevel) -> bool:
        """Whether this is another level of the same slide: the same picture in another size."""
        widths = sorted((self.size.width, other.size.width))
        across = self.size.width / other.size.width
        down = self.size.height / max(1, other.size.height)
        shape = abs(across / down - 1) <= 0.02 + 1.0 / max(1, min(self.size.height, other.size.height))
        return widths[1] >= _SMALLEST_STEP * widths[0] and shape and (self.paths, self.focal) == (other.paths, other.focal)

    def _check(self, frames: int | None) -> str:
        """The warning that the level deserves, if it has not to be refused."""
        parts = [file.part for file in self.files if file.part is not None]
        if not parts:
            if frames is not None and self.layout.frames < frames:
                raise MalformedFile("truncated", f"{self.layout.frames} frames")
            return ""
        dicom_parts.check_together(parts, frames)
        return dicom_parts.doubt(parts, frames)

    def _place_sparse(self) -> dict[Place, tuple[LevelFile, int]] | None:
        """Where each frame says it lies; None where the frames say nothing and so follow each other."""
        if len({_position(file.header, 0) is None for file in self.files}) > 1:
            raise MalformedFile("slide_parts_contradict", "not all parts say where their frames lie")
        stated: list[tuple[int, int, float, str]] = []
        frames = [(file, frame) for file in self.files for frame in range(file.layout.frames)]
        for file, frame in frames:
            said = _position(file.header, frame)
            if said is None:
                return None
            stated.append(said)
        depths = sorted({depth for _, _, depth, _ in stated})
        paths = list(dict.fromkeys(name for _, _, _, name in stated))
        self.focal, self.paths = len(depths), len(paths)
        found: dict[Place, tuple[LevelFile, int]] = {}
        for held, (left, top, depth, name) in zip(frames, stated, strict=True):
            if left % self.layout.columns or top % self.layout.rows:
                raise UnsupportedFormat("unsupported_slide_format", "tiles that lie in no grid")
            place = (left // self.layout.columns, top // self.layout.rows, depths.index(depth), paths.index(name))
            if found.setdefault(place, held)[0] is not held[0]:
                raise MalformedFile("slide_parts_contradict", "two parts have the same tile")
        return found


def open_levels(path: Path) -> list[SlideLevel]:
    """The levels of a slide, the one that the instance at `path` belongs to first.

    The others are the series' instances beside it, whose folder is the slide's own.

    Raises:
        ReaderError: when the instance, or the level that it is a part of, is refused; its files are closed then.
    """
    own = _opened(path)
    files = [own]
    try:
        files += _beside(path, own)
        levels = [SlideLevel(_level_of(own, files))]
    except BaseException:
        _close(files)
        raise
    for each in files[1:]:
        if not any(each in level.files for level in levels):
            _join(levels, each, files)
    used = {id(file) for level in levels for file in level.files}
    _close(file for file in files if id(file) not in used)
    return levels


def _level_of(file: LevelFile, files: list[LevelFile]) -> list[LevelFile]:
    """A file with the others of its concatenation.

    Raises:
        MalformedFile: when they are not alike.
    """
    uid = dicom_parts.concatenation_of(file.header)
    if not uid:
        return [file]
    together = [each for each in files if dicom_parts.concatenation_of(each.header) == uid]
    for each in together:
        alike = all(each.header.get(keyword) == file.header.get(keyword) for keyword in (*_ALIKE, *_ALIKE_PARTS))
        if not alike or each.file.syntax != file.file.syntax:
            raise MalformedFile("slide_parts_contradict", "the parts are not alike")
    return together


def _join(levels: list[SlideLevel], file: LevelFile, files: list[LevelFile]) -> None:
    """Add the level that a file holds or is a part of, if it is one more of the same slide."""
    try:
        level = SlideLevel(_level_of(file, files))
    except ReaderError:
        return  # whatever it is, it is no level of this slide
    if all(level.is_other_than(known) for known in levels):
        levels.append(level)


def _opened(path: Path) -> LevelFile:
    file = open_dicom(str(path))
    try:
        return LevelFile(path, file)
    except BaseException:
        file.close()
        raise


def _beside(path: Path, own: LevelFile) -> list[LevelFile]:
    """The instances that may be other levels of the slide, or parts of its levels."""
    found: list[LevelFile] = []
    for each in dicom_parts.files_beside(path)[: dicom_parts.MAX_FILES]:
        try:
            file = open_dicom(str(each))
        except ReaderError:
            continue  # whatever it is, it is no level of this slide
        try:
            held = LevelFile(each, file) if _belongs(file.header, own.header) else None
        except ReaderError:
            held = None
        if held is not None:
            found.append(held)
        else:
            file.close()
    return found


def _belongs(header: Dataset, own: Dataset) -> bool:
    if header.get("SeriesInstanceUID") != own.get("SeriesInstanceUID") or dicom_describe.is_withheld(header):
        return False
    uid = dicom_parts.concatenation_of(own)
    same_level = bool(uid) and dicom_parts.concatenation_of(header) == uid
    return same_level or all(header.get(keyword) == own.get(keyword) for keyword in _ALIKE)


def _position(header: Dataset, frame: int) -> tuple[int, int, float, str] | None:
    """Left and top of a frame in the level's pixels, its depth and its optical path; None where the header does not say."""
    position = functional(header, frame, "PlanePositionSlideSequence") if "PerFrameFunctionalGroupsSequence" in header else None
    if position is None:
        return None
    corner = [number(position.get(f"{axis}PositionInTotalImagePixelMatrix")) or 1 for axis in ("Column", "Row")]
    depth = number(position.get("ZOffsetInSlideCoordinateSystem")) or 0.0
    path = functional(header, frame, "OpticalPathIdentificationSequence")
    return int(corner[0]) - 1, int(corner[1]) - 1, round(depth, 6), str(path.get("OpticalPathIdentifier")) if path else ""


def _count(header: Dataset, keyword: str) -> int:
    return max(1, int(number(header.get(keyword)) or 1))


def _close(files: Iterable[LevelFile]) -> None:
    for file in files:
        file.close()
