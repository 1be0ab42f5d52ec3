"""From decoded samples to what is sent: rescaled values for grey, RGB for colour.

Grey keeps its modality units: the body carries 16-bit samples, and `value = sample * slope + intercept`. A modality LUT
is applied; float and 32-bit samples are mapped onto 16 bits with a slope and intercept that fit the frame.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

import numpy as np
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_color_lut

from viewer.readers import base
from viewer.readers.base import EncodedPixels
from viewer.readers.dicom_decode import Samples
from viewer.readers.dicom_frames import Layout
from viewer.readers.errors import MalformedFile, UnsupportedFormat

GREY: Final = frozenset({"MONOCHROME1", "MONOCHROME2"})
MAX_RESCALE: Final = 1e12
LARGEST_UNSIGNED: Final = 65_535
LARGEST_SIGNED: Final = 32_767
MAX_TABLES: Final = 4
MAX_NUMBERS: Final = 20_000
_FUNCTIONS: Final = frozenset({"LINEAR", "LINEAR_EXACT", "SIGMOID"})
CT_PRESETS: Final = (("brain", 40.0, 80.0), ("soft tissue", 50.0, 400.0), ("lung", -600.0, 1500.0), ("bone", 400.0, 1800.0))


@dataclass(frozen=True, slots=True)
class Window:
    """How modality units become greys (PS3.3 C.11.2).

    Attributes:
        center: middle of the window in modality units; for a table, of its input.
        width: width of the window, or of the table's input.
        name: what the file calls it.
        function: LINEAR, LINEAR_EXACT or SIGMOID.
        first: modality value of the first entry of `levels`.
        levels: the table's greys, 0 to 255, a byte each; empty for a window.
    """

    center: float
    width: float
    name: str
    function: str = "LINEAR"
    first: int = 0
    levels: bytes = b""

    def as_json(self) -> dict[str, Any]:
        """The window as the manifest carries it; a table as base64."""
        found: dict[str, Any] = {"center": self.center, "width": self.width, "name": self.name}
        if self.function != "LINEAR":
            found["function"] = self.function
        if self.levels:
            found["table"] = {"first": self.first, "levels": base64.b64encode(self.levels).decode("ascii")}
        return found


@dataclass(frozen=True, slots=True)
class Rescale:
    """value = sample * slope + intercept; `believed` is False where the file's own figures were unusable."""

    slope: float = 1.0
    intercept: float = 0.0
    believed: bool = True


@dataclass(frozen=True, slots=True)
class Values:
    """One grey frame, ready to be sent: int16 or uint16 samples and what they mean."""

    samples: Samples
    rescale: Rescale


def functional(header: Dataset, frame: int, group: str) -> Dataset | None:
    """The first item of a functional group of `frame` (0-based), per frame or shared; None when absent."""
    per_frame = header.get("PerFrameFunctionalGroupsSequence") or []
    shared = header.get("SharedFunctionalGroupsSequence") or []
    for holder in [*per_frame[frame : frame + 1], *shared[:1]]:
        if isinstance(holder, Dataset):
            items = holder.get(group)
            if items:
                return items[0] if isinstance(items[0], Dataset) else None
    return None


def number(value: object) -> float | None:
    """A finite float, from a value or the first of several."""
    if value is None or isinstance(value, bytes | Dataset):
        return None
    if not isinstance(value, str | int | float):
        values = list(value) if hasattr(value, "__iter__") else [value]
        value = values[0] if values else None
    try:
        result = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return result if isfinite(result) else None


def rescale_of(header: Dataset, frame: int) -> Rescale:
    """Slope and intercept of `frame`; (1, 0) where absent or unusable."""
    if header.get("Modality") == "RTDOSE" and (scaling := number(header.get("DoseGridScaling"))):
        return Rescale(scaling, 0.0)
    place = functional(header, frame, "PixelValueTransformationSequence") or header
    slope, intercept = number(place.get("RescaleSlope")), number(place.get("RescaleIntercept"))
    if slope is None and intercept is None:
        return Rescale(believed="RescaleSlope" not in place)
    slope, intercept = 1.0 if slope is None else slope, intercept or 0.0
    if slope == 0 or max(abs(slope), abs(intercept)) > MAX_RESCALE:
        return Rescale(believed=False)
    return Rescale(slope, intercept)


def to_values(samples: Samples, header: Dataset, frame: int) -> Values:
    """Decoded grey samples as 16-bit values.

    Raises:
        MalformedFile: when the modality LUT does not fit.
    """
    rescale = rescale_of(header, frame)
    lut = header.get("ModalityLUTSequence")
    if _lut_is_for_measuring(header):
        lut, rescale = None, Rescale()
    if lut and samples.dtype.kind in "iu":
        samples, rescale = _through_lut(samples, lut[0], byte_order(header)), Rescale()
    if samples.dtype.kind == "f":
        return _fitted(samples, rescale)
    if samples.dtype.kind not in "iu":
        raise UnsupportedFormat("unsupported_pixel_layout", str(samples.dtype))
    if samples.dtype.itemsize > 2:
        low, high = int(samples.min()), int(samples.max())
        if low >= -32_768 and high <= 32_767:
            return Values(samples.astype("<i2"), rescale)
        if high - low > LARGEST_UNSIGNED:
            return _fitted(samples.astype(np.float64), rescale)
        moved = Rescale(rescale.slope, rescale.intercept + low * rescale.slope)
        return Values((samples.astype(np.int64) - low).astype("<u2"), moved)
    return Values(samples.astype("<i2" if samples.dtype.kind == "i" else "<u2"), rescale)


def _lut_is_for_measuring(header: Dataset) -> bool:
    """Whether the modality LUT leads to X-ray intensity, and is not meant for display (angiography, fluoroscopy)."""
    relation = str(header.get("PixelIntensityRelationship") or "").upper()
    return header.get("Modality") in {"XA", "RF"} and relation in {"LOG", "DISP"}


def _fitted(samples: Samples, rescale: Rescale) -> Values:
    """Samples spread over 0 to 65,535 between the frame's own extremes; what is not finite becomes the smallest."""
    finite = samples[np.isfinite(samples)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    step = (high - low) / LARGEST_UNSIGNED
    if not isfinite(step) or step == 0:
        step = 1.0
    filled = np.nan_to_num(samples.astype(np.float64), nan=low, posinf=high, neginf=low)
    codes = np.clip(np.rint((filled - low) / step), 0, LARGEST_UNSIGNED).astype("<u2")
    return Values(codes, Rescale(step * rescale.slope, low * rescale.slope + rescale.intercept))


def _through_lut(samples: Samples, item: Dataset, byte_order: str) -> Samples:
    table, first = lookup_table(item.get("LUTDescriptor"), item.get("LUTData"), byte_order)
    if samples.dtype.kind == "i" and first > LARGEST_SIGNED:
        first -= LARGEST_UNSIGNED + 1  # US where SS was meant: the value has the sign of the pixels (PS3.3 C.11.1.1)
    places = np.clip(samples.astype(np.int64) - first, 0, len(table) - 1)
    return np.asarray(table[places])


def byte_order(header: Dataset) -> str:
    """The numpy sign for how words lie within table data, which pydicom hands over as bytes."""
    return ">" if header.original_encoding[1] is False else "<"


def lookup_table(descriptor: object, data: object, byte_order: str = "<") -> tuple[Samples, int]:
    """A DICOM lookup table and the sample value of its first entry.

    Raises:
        MalformedFile: when it is missing or shorter than it declares.
    """
    try:
        entries, first, bits = (int(value) for value in descriptor)  # type: ignore[attr-defined]
    except (TypeError, ValueError) as error:
        raise MalformedFile("palette_invalid") from error
    entries = entries % 65_536 or 65_536
    if isinstance(data, bytes):
        kind = "u1" if len(data) < 2 * entries else byte_order + "u2"
        table = np.frombuffer(data[: len(data) // np.dtype(kind).itemsize * np.dtype(kind).itemsize], dtype=kind)
    elif isinstance(data, list | tuple) or hasattr(data, "__iter__"):
        table = np.asarray([int(value) for value in data], dtype=np.int64)
        if bits <= 8 and entries > len(table) >= (entries + 1) // 2:
            table = table.astype("<u2").view("u1")  # 8-bit entries packed two to a word
    else:
        raise MalformedFile("palette_invalid")
    if len(table) < entries:
        raise MalformedFile("palette_invalid", f"{len(table)} entries of {entries}")
    return np.asarray(table[:entries]).astype(np.uint16), first


def encode_values(values: Values, invert: bool, window: Window | None) -> EncodedPixels:
    """Samples as little-endian bytes, not packed, with the headers that explain them."""
    samples = np.ascontiguousarray(values.samples)
    headers = {
        "Mitate-Pixel-Type": "int16" if samples.dtype.kind == "i" else "uint16",
        "Mitate-Rows": str(samples.shape[0]),
        "Mitate-Columns": str(samples.shape[1]),
        "Mitate-Rescale-Slope": repr(values.rescale.slope),
        "Mitate-Rescale-Intercept": repr(values.rescale.intercept),
        "Mitate-Invert": "1" if invert else "0",
    }
    if window is not None:
        headers |= {"Mitate-Window-Center": repr(window.center), "Mitate-Window-Width": repr(window.width)}
    return EncodedPixels("application/octet-stream", samples.tobytes(), headers)


def windows_of(header: Dataset, frame: int) -> list[Window]:
    """The windows and tables that the file states for `frame`, unusable ones left out; windows first."""
    signed = header.get("PixelRepresentation") == 1 or rescale_of(header, frame).intercept < 0
    return voi_of(functional(header, frame, "FrameVOILUTSequence") or header, byte_order(header), signed=signed)


def voi_of(place: Dataset, words: str, *, signed: bool = False) -> list[Window]:
    """The windows and tables of one data set or item.

    Args:
        place: where they stand.
        words: the numpy sign for the byte order of table data.
        signed: whether what goes into a table may be negative, although its descriptor was read as unsigned.
    """
    centers, widths = _numbers(place.get("WindowCenter")), _numbers(place.get("WindowWidth"))
    names = place.get("WindowCenterWidthExplanation")
    names = [names] if isinstance(names, str) else list(names or [])
    function = str(place.get("VOILUTFunction") or "").strip()
    function = function if function in _FUNCTIONS else "LINEAR"
    found = []
    for position, (center, width) in enumerate(zip(centers, widths, strict=False)):
        if isfinite(center) and isfinite(width) and width > 0 and max(abs(center), width) < MAX_RESCALE:
            name = base.plain_text(names[position], 32) if position < len(names) else ""
            found.append(Window(center, width, name, function))
    items = [item for item in place.get("VOILUTSequence") or [] if isinstance(item, Dataset)]
    found.extend(window for item in items[:MAX_TABLES] if (window := _table_window(item, words, signed=signed)))
    return found


def _table_window(item: Dataset, words: str, *, signed: bool) -> Window | None:
    """A VOI LUT with its greys scaled to 8 bits; None where it is unusable."""
    try:
        bits = int(item.LUTDescriptor[2])
        table, first = lookup_table(item.get("LUTDescriptor"), item.get("LUTData"), words)
    except (AttributeError, TypeError, ValueError, IndexError, MalformedFile):
        return None
    if signed and first > LARGEST_SIGNED:
        first -= LARGEST_UNSIGNED + 1
    top = max(1, int(table.max(initial=0)), (1 << bits) - 1 if 8 <= bits <= 16 else 0)
    levels = np.rint(table.astype(np.float64) * (255.0 / top)).astype(np.uint8).tobytes()
    name = base.plain_text(item.get("LUTExplanation") or "", 32) or "LUT"
    return Window(first + len(levels) / 2, float(max(2, len(levels))), name, first=first, levels=levels)


def whole_numbers(value: object) -> list[int]:
    """Whole numbers from a value or several; what is none is left out."""
    return [int(figure) for figure in _numbers(value, MAX_NUMBERS) if isfinite(figure)]


def _numbers(value: object, limit: int = 16) -> list[float]:
    if value is None or isinstance(value, bytes):
        return []
    values = [value] if isinstance(value, str | int | float) else list(value) if hasattr(value, "__iter__") else [value]
    found = []
    for one in values[:limit]:
        try:
            found.append(float(str(one)))
        except (TypeError, ValueError, OverflowError):
            found.append(float("nan"))
    return found


def padding_of(header: Dataset) -> tuple[float, float] | None:
    """The stored values that stand for no pixel, from the lowest to the highest (PS3.3 C.7.5.1.1.2); None where there are none."""
    value = number(header.get("PixelPaddingValue"))
    if value is None:
        return None
    limit = number(header.get("PixelPaddingRangeLimit"))
    ends = [value, value if limit is None else limit]
    if header.get("PixelRepresentation") == 1:  # read as unsigned where the file does not say its type
        ends = [end - (LARGEST_UNSIGNED + 1) if end > LARGEST_SIGNED else end for end in ends]
    return min(ends), max(ends)


def auto_window(values: Values, padding: tuple[float, float] | None) -> Window:
    """A window over the middle of the frame's own values, padding (lowest and highest) left out."""
    samples = values.samples
    inside = samples[(samples < padding[0]) | (samples > padding[1])] if padding is not None else samples.reshape(-1)
    if inside.size == 0:
        inside = samples.reshape(-1)
    low, high = (float(edge) for edge in np.percentile(inside[:: max(1, inside.size // 200_000)], (0.5, 99.5)))
    slope, intercept = values.rescale.slope, values.rescale.intercept
    low, high = sorted((low * slope + intercept, high * slope + intercept))
    return Window((low + high) / 2, max(high - low, abs(slope)), "auto")


def to_display(values: Values, window: Window, invert: bool) -> NDArrayU8:
    """8-bit grey through a window or a table."""
    slope, intercept = np.float32(values.rescale.slope), np.float32(values.rescale.intercept)
    physical = values.samples.astype(np.float32) * slope + intercept
    if window.levels:
        greys = np.frombuffer(window.levels, np.uint8)
        display = greys[np.clip(np.rint(np.nan_to_num(physical)).astype(np.int64) - window.first, 0, len(greys) - 1)]
    else:
        share = (physical - np.float32(window.center)) / np.float32(window.width)
        grey = 1 / (1 + np.exp(np.clip(-4 * share, -80, 80))) if window.function == "SIGMOID" else share + np.float32(0.5)
        display = np.clip(np.nan_to_num(grey) * 255.0, 0, 255).astype(np.uint8)
    return np.asarray(255 - display if invert else display)


def to_rgb(samples: Samples, header: Dataset, layout: Layout) -> NDArrayU8:
    """Decoded colour samples, or palette indices, as 8-bit RGB.

    Raises:
        MalformedFile: when the palette is missing or short.
        UnsupportedFormat: for a colour space that is not read.
    """
    if layout.photometric == "PALETTE COLOR":
        return _through_palette(samples, header)
    if layout.photometric not in {"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT", "YBR_PARTIAL_420"}:
        raise UnsupportedFormat("unsupported_pixel_layout", layout.photometric[:20])
    native = samples.astype(samples.dtype.newbyteorder("="))
    if native.dtype.itemsize > 1:
        native = native >> max(0, layout.stored - 8)
    return np.asarray(np.clip(native, 0, 255), dtype=np.uint8)


def _through_palette(samples: Samples, header: Dataset) -> NDArrayU8:
    if "SegmentedRedPaletteColorLookupTableData" in header:
        expanded = apply_color_lut(samples.astype(samples.dtype.newbyteorder("=")), header)
        return np.asarray(expanded >> 8 if expanded.dtype.itemsize > 1 else expanded, dtype=np.uint8)[..., :3]
    channels = []
    for colour in ("Red", "Green", "Blue"):
        descriptor = header.get(f"{colour}PaletteColorLookupTableDescriptor")
        table, first = lookup_table(descriptor, header.get(f"{colour}PaletteColorLookupTableData"), byte_order(header))
        if table.max(initial=0) > 255:
            table = table >> 8
        places = np.clip(samples.astype(np.int64) - first, 0, len(table) - 1)
        channels.append(table.astype(np.uint8)[places])
    return np.stack(channels, axis=-1)


NDArrayU8 = np.ndarray[Any, np.dtype[np.uint8]]
