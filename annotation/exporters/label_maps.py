"""Label maps: a picture as large as the image or frame, whose pixels hold the number of their label."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar, Final

from annotation.exporters.base import Entry, ExportSession, LossReport
from annotation.exporters.details import colour_of, names_of_labels
from annotation.exporters.fields import Field, Held
from annotation.exporters.frames import OnFrame, frame_by_frame
from annotation.exporters.painting import Bands, runs_of
from annotation.exporters.per_frame import picture_name
from annotation.exporters.pieces import entry_of
from annotation.exporters.png import png_rows, write_png
from annotation.exporters.streams import by_image
from annotation.exporters.tiff import HEADER_BYTES, TILE_PX, Page, header, levels_of, pages, write_tiles
from annotation.schema.canonical import canonical_json
from annotation.schema.facts import AnnotationFacts, CampaignFacts, CaseFacts, ImageFacts
from annotation.schema.masks import FrameShape, Mask
from annotation.schema.spool import Spool

__all__ = ["MAX_PNG_PX", "MaskPngExporter", "MaskTiffExporter"]

MAX_PNG_PX: Final = 1 << 28
"""Most pixels of a PNG; hardly a program opens more. Whole slides go out as TIFF."""
_COMMON: Final = dict.fromkeys(Field, Held.NO) | {Field.TRACKS: Held.PARTLY, Field.CODES: Held.PARTLY}


class MaskPngExporter:
    """Label maps as grey PNG, for images of up to 2^28 pixels."""

    name: ClassVar[str] = "mask-png"
    media_type: ClassVar[str] = "image/png"
    holds: ClassVar[Mapping[Field, Held]] = _COMMON | {Field.HOLES: Held.PARTLY, Field.MASKS: Held.PARTLY}

    def begin(self, campaign: CampaignFacts, required: frozenset[Field] = frozenset()) -> ExportSession:
        """Start a run."""
        return _PngSession(campaign, LossReport(self.name, self.holds, required))


class MaskTiffExporter:
    """Label maps as tiled pyramids, for images of any size."""

    name: ClassVar[str] = "mask-tiff"
    media_type: ClassVar[str] = "image/tiff"
    holds: ClassVar[Mapping[Field, Held]] = _COMMON | {Field.HOLES: Held.YES, Field.MASKS: Held.YES}

    def begin(self, campaign: CampaignFacts, required: frozenset[Field] = frozenset()) -> ExportSession:
        """Start a run."""
        return _TiffSession(campaign, LossReport(self.name, self.holds, required))


class _Map(ABC):
    """One picture in the making."""

    @abstractmethod
    def add(self, shape: FrameShape, value: int) -> bool:
        """Paint a shape; tell whether it holds the centre of any pixel."""

    @abstractmethod
    def entry(self, name: str, spool: Spool) -> tuple[Entry, bool]:
        """Return the file, and whether different labels met."""

    @abstractmethod
    def close(self) -> None:
        """Free what was painted."""


class _Session(ABC):
    def __init__(self, campaign: CampaignFacts, losses: LossReport) -> None:
        self._campaign = campaign
        self._names = names_of_labels(campaign)
        self._values = {code: value for value, code in enumerate(self._names, 1)}
        self._bits = 8 if len(self._values) < 256 else 16
        self.losses = losses
        losses.note("pixels", "An outline is the pixels whose centres it holds; its vertices are lost.")
        losses.note("one_map", "The marks of all readers are in one map; where they lie on one another, the one with the later id is seen.")

    @abstractmethod
    def _map(self, image: ImageFacts) -> _Map | None:
        """Begin a picture, None for an image that is too large."""

    def entries(self, cases: Iterable[CaseFacts]) -> Iterator[Entry]:
        for case in cases:
            for image, rows in by_image(case):
                yield from self._image(case, image, rows)
        legend = {
            str(value): {"label": code, "name": self._names[code], "colour": colour_of(code, self._campaign)}
            for code, value in self._values.items()
        }
        body = canonical_json({"bits": self._bits, "background": 0, "values": legend})
        yield Entry("legend.json", len(body), [body])

    def _image(self, case: CaseFacts, image: ImageFacts, rows: Iterable[AnnotationFacts]) -> Iterator[Entry]:
        maps: dict[int | None, _Map] = {}
        try:
            for mark in frame_by_frame(rows, image, self.losses):
                self._paint(mark, image, maps)
            if not maps and (empty := self._map(image)) is not None:
                maps[None] = empty
            for frame in sorted(maps, key=lambda number: -1 if number is None else number):
                with Spool() as spool:
                    name = picture_name(image, frame)
                    entry, met = maps[frame].entry(f"maps/{case.name}/{name}", spool)
                    if met:
                        self.losses.add("overlaps", "Where marks of different labels lie on one another, one of them is seen.", name)
                    yield entry
        finally:
            for one in maps.values():
                one.close()

    def _paint(self, mark: OnFrame, image: ImageFacts, maps: dict[int | None, _Map]) -> None:
        row, shape = mark.row, mark.shape
        if shape is None:
            text = "Diagnoses of a whole image or frame have no shape and are left out."
            self.losses.add("without_shape", text, row.id, Field.DIAGNOSES)
            return
        if shape.kind == "Point":
            self.losses.add("points", "A point has no area; points are left out.", row.id, Field.POINTS)
            return
        if len(row.labels) > 1:
            self.losses.add("other_labels", "A pixel has one label, the primary one of its mark.", row.id, Field.CODES)
        if row.frame not in maps:
            begun = self._map(image)
            if begun is None:
                self._too_large(row, shape)
                return
            maps[row.frame] = begun
        if not maps[row.frame].add(shape, self._values[row.labels[0] if row.labels else ""]):
            self.losses.add("too_small", "A mark that holds the centre of no pixel leaves no trace.", row.id)

    def _too_large(self, row: AnnotationFacts, shape: FrameShape) -> None:
        field = Field.MASKS if isinstance(shape, Mask) else Field.HOLES if any(len(rings) > 1 for rings in shape.polygons) else None
        self.losses.add("image_too_large", "An image of more than 2^28 pixels has no PNG; take mask-tiff.", row.id, field)


class _PngSession(_Session):
    def _map(self, image: ImageFacts) -> _Map | None:
        return _Png(image, self._bits) if image.width_px * image.height_px <= MAX_PNG_PX else None


class _TiffSession(_Session):
    def _map(self, image: ImageFacts) -> _Map | None:
        return _Tiff(image, self._bits)


class _Png(_Map):
    def __init__(self, image: ImageFacts, bits: int) -> None:
        self._image = image
        self._bits = bits
        self._bands = Bands(png_rows(image.width_px, bits))

    def add(self, shape: FrameShape, value: int) -> bool:
        runs = runs_of(shape, width=self._image.width_px, height=self._image.height_px)
        self._bands.add(runs, value)
        return len(runs.y) > 0

    def entry(self, name: str, spool: Spool) -> tuple[Entry, bool]:
        met = write_png(spool, self._bands, width=self._image.width_px, height=self._image.height_px, bits=self._bits)
        return entry_of(f"{name}.png", [spool]), met

    def close(self) -> None:
        self._bands.close()


class _Tiff(_Map):
    def __init__(self, image: ImageFacts, bits: int) -> None:
        self._image = image
        self._bits = bits
        self._levels = [(level, Bands(TILE_PX)) for level in levels_of(image.width_px, image.height_px)]

    def add(self, shape: FrameShape, value: int) -> bool:
        painted = False
        for (width, height, step), bands in self._levels:
            runs = runs_of(shape, width=width, height=height, step=step)
            bands.add(runs, value)
            painted = painted or len(runs.y) > 0
        return painted

    def entry(self, name: str, spool: Spool) -> tuple[Entry, bool]:
        written: list[Page] = []
        met = False
        for (width, height, step), bands in self._levels:
            page, overlap = write_tiles(spool, bands, width=width, height=height, step=step, bits=self._bits)
            written.append(page)
            met = met or overlap
        padding = b"\0" * (-spool.size % 8)
        at = HEADER_BYTES + spool.size + len(padding)
        described = pages(written, at, bits=self._bits, spacing_um=self._image.spacing_um)
        return entry_of(f"{name}.tiff", [header(at), spool, padding, described]), met

    def close(self) -> None:
        for _, bands in self._levels:
            bands.close()
