"""Which directories (or samples) of a TIFF are channels and planes of one image: OME-TIFF, QPTIFF, ImageJ, samples side by side."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final
from xml.etree import ElementTree as Xml

import tifffile

from viewer.readers import base
from viewer.readers.channels import MAX_CHANNELS, MAX_PLANES, Channel
from viewer.readers.errors import MalformedFile, UnsupportedFormat
from viewer.readers.tiff_levels import find_levels, is_smaller_copy

_ORDERS: Final = frozenset({"XYZCT", "XYZTC", "XYCTZ", "XYCZT", "XYTCZ", "XYTZC"})
_COUNT: Final = re.compile(r"\d{1,6}")
_IMAGEJ: Final = re.compile(r"^(channels|slices|frames|images)=(\d{1,6})$", re.MULTILINE)
_RGB_SAMPLES: Final = 3
_GREY: Final = frozenset({0, 1})

Page = tifffile.TiffPage


@dataclass(frozen=True, slots=True)
class Stack:
    """The pixels of an image: levels of directories, and what each directory is.

    Attributes:
        levels: for each level the directories that hold it, in one order for all levels.
        channels: what is shown added up; empty for colour, and for grey of 8 bits.
        places: number of the directory, and sample in it, of each channel of each plane: `places[plane][channel]`.
        z: planes of focus.
        t: moments; plane `m * z + f` is focus `f` at moment `m`.
        z_step_um: distance of two planes of focus, if the file says.
    """

    levels: list[list[Page]]
    channels: list[Channel]
    places: list[list[tuple[int, int]]]
    z: int = 1
    t: int = 1
    z_step_um: float | None = None


def find_stack(file: tifffile.TiffFile, description: str) -> Stack:
    """How the directories of a file make one image.

    Raises:
        UnsupportedFormat: `multichannel_not_supported` where some are elsewhere, or nothing says what they are.
        MalformedFile: when the description is no XML, or names directories that are not there.
    """
    first = file.pages.first
    if "<OME" in description:
        return _from_ome(file, description)
    if "PerkinElmer-QPI" in description and first.photometric in _GREY:
        return _from_qptiff(file)
    counts = {name: int(count) for name, count in _IMAGEJ.findall(description)} if description.startswith("ImageJ=") else {}
    if counts.get("images", 1) > 1 and first.samplesperpixel == 1:
        return _from_imagej(file, counts)
    if first.photometric in _GREY and first.samplesperpixel > 1:
        return _from_samples(file, [Channel()] * first.samplesperpixel)
    levels = find_levels(file)
    deep = first.photometric in _GREY and first.dtype is not None and first.dtype.itemsize > 1
    return Stack([[level] for level in levels], [Channel()] if deep else [], [[(0, 0)]])


def _from_samples(file: tifffile.TiffFile, channels: list[Channel]) -> Stack:
    """One directory a level, the channels side by side in it."""
    return Stack([[level] for level in find_levels(file)], channels, [[(0, sample) for sample in range(len(channels))]])


def _from_ome(file: tifffile.TiffFile, description: str) -> Stack:
    pixels = _pixels_element(description)
    first = file.pages.first
    size = {axis: _number(pixels, f"Size{axis}", 1) for axis in "CZT"}
    samples = first.samplesperpixel
    described = [_ome_channel(element) for element in _children(pixels, "Channel")]
    if samples > 1 and size["C"] in {1, samples} and first.photometric in _GREY and size["Z"] == size["T"] == 1:
        return _from_samples(file, _filled(described, samples))
    counts = {"C": max(1, size["C"] // samples), "Z": size["Z"], "T": size["T"]}
    _check_counts(counts)
    if counts["C"] > 1 and samples > 1:
        raise UnsupportedFormat("multichannel_not_supported", "several colour pictures")
    places = _ome_places(pixels, counts, Xml.fromstring(description).get("UUID", ""))  # noqa: S314 -- no entities, see above
    deep = first.dtype is not None and first.dtype.itemsize > 1
    grey = samples == 1 and (counts["C"] > 1 or deep)
    step = _number_of(pixels, "PhysicalSizeZ") if pixels.get("PhysicalSizeZUnit", "µm") in {"µm", "μm", "um"} else None
    return _stack(file, places, _filled(described, counts["C"]) if grey else [], (counts["Z"], counts["T"]), step)


def _pixels_element(description: str) -> Xml.Element:
    if "<!" in description.replace("<!--", ""):
        raise MalformedFile("external_entity")
    try:
        root = Xml.fromstring(description)  # noqa: S314 -- no entities: declarations were refused
    except (Xml.ParseError, ValueError) as error:
        raise MalformedFile("malformed", "the OME description is no XML") from error
    found = next((element for element in root.iter() if element.tag.rpartition("}")[2] == "Pixels"), None)
    if found is None:
        raise MalformedFile("malformed", "the OME description names no pixels")
    return found


def _children(element: Xml.Element, name: str) -> Iterator[Xml.Element]:
    return (child for child in element if child.tag.rpartition("}")[2] == name)


def _number(element: Xml.Element, name: str, default: int) -> int:
    text = element.get(name, "")
    return int(text) if _COUNT.fullmatch(text) else default


def _number_of(element: Xml.Element, name: str) -> float | None:
    try:
        value = float(element.get(name, ""))
    except ValueError:
        return None
    return value if 0.001 <= value <= 10_000 else None


def _ome_channel(element: Xml.Element) -> Channel:
    """Name, colour (a signed 32-bit RGBA; white is what programs write that know none) and wavelength of an OME channel."""
    colour = ""
    if re.fullmatch(r"-?\d{1,10}", element.get("Color", "")):
        rgba = int(element.get("Color", "0")) & 0xFFFFFFFF
        colour = f"#{rgba >> 8:06x}" if rgba >> 8 not in {0, 0xFFFFFF} else ""
    emission = _number_of(element, "EmissionWavelength") if element.get("EmissionWavelengthUnit", "nm") == "nm" else None
    return Channel(base.plain_text(element.get("Name") or element.get("Fluor", "")), colour, emission)


def _filled(described: list[Channel], count: int) -> list[Channel]:
    return [*described[:count], *[Channel()] * (count - len(described))]


def _check_counts(counts: dict[str, int]) -> None:
    if not 1 <= counts["C"] <= MAX_CHANNELS or not 1 <= counts["Z"] * counts["T"] <= MAX_PLANES:
        raise UnsupportedFormat("multichannel_not_supported", f"{counts['C']} channels, {counts['Z'] * counts['T']} planes")


def _ome_places(pixels: Xml.Element, counts: dict[str, int], own_uuid: str) -> list[list[tuple[int, int]]]:
    """The directory of each channel of each plane, from DimensionOrder and TiffData; one that lies in another file is an error."""
    order = pixels.get("DimensionOrder", "XYCZT")
    axes = (order if order in _ORDERS else "XYCZT")[2:]
    total = counts["C"] * counts["Z"] * counts["T"]
    directory: dict[int, int] = {}
    for block in _children(pixels, "TiffData"):
        uuid = next(_children(block, "UUID"), None)
        if uuid is not None and own_uuid and (uuid.text or "").strip() != own_uuid:
            continue
        start = _rank(axes, counts, {axis: _number(block, f"First{axis}", 0) for axis in "CZT"})
        number = _number(block, "IFD", 0)
        length = _number(block, "PlaneCount", 1 if block.get("IFD") is not None else total - start)
        directory.update({start + step: number + step for step in range(min(length, total))})
    if not directory:
        directory = {rank: rank for rank in range(total)}
    planes = product(range(counts["T"]), range(counts["Z"]))
    ranks = [[_rank(axes, counts, {"C": c, "Z": z, "T": t}) for c in range(counts["C"])] for t, z in planes]
    if any(rank not in directory for row in ranks for rank in row):
        raise UnsupportedFormat("multichannel_not_supported", "some of them are in other files")
    return [[(directory[rank], 0) for rank in row] for row in ranks]


def _rank(axes: str, counts: dict[str, int], at: dict[str, int]) -> int:
    rank, weight = 0, 1
    for axis in axes:
        rank += at[axis] * weight
        weight *= counts[axis]
    return rank


def _from_imagej(file: tifffile.TiffFile, counts: dict[str, int]) -> Stack:
    sizes = {"C": counts.get("channels", 1), "Z": counts.get("slices", 1), "T": counts.get("frames", 1)}
    _check_counts(sizes)
    if sizes["C"] * sizes["Z"] * sizes["T"] != len(file.pages):
        raise UnsupportedFormat("multichannel_not_supported", "the number of directories is another")
    planes = [(t, z) for t in range(sizes["T"]) for z in range(sizes["Z"])]
    places = [[((t * sizes["Z"] + z) * sizes["C"] + c, 0) for c in range(sizes["C"])] for t, z in planes]
    deep = file.pages.first.dtype is not None and file.pages.first.dtype.itemsize > 1
    return _stack(file, places, [Channel()] * sizes["C"] if sizes["C"] > 1 or deep else [], (sizes["Z"], sizes["T"]), None)


def _stack(
    file: tifffile.TiffFile, places: list[list[tuple[int, int]]], channels: list[Channel], zt: tuple[int, int], step: float | None
) -> Stack:
    """A stack of directories that are all alike, each with the same smaller copies below it."""
    used = sorted({number for row in places for number, _ in row})
    if used[-1] >= len(file.pages):
        raise MalformedFile("malformed", "the description names directories that are not there")
    pages = [page for number in used if isinstance(page := file.pages[number], Page)]
    if len(pages) != len(used):
        raise MalformedFile("malformed", "directories without tags of their own")
    first = pages[0]
    if not all(_alike(page, first) for page in pages):
        raise UnsupportedFormat("multichannel_not_supported", "their sizes differ")
    levels: list[list[Page]] = [pages]
    if len(pages) == 1:
        levels = [[level] for level in find_levels(file)]
    for index in range(len(first.subifds or ()) if len(pages) > 1 else 0):
        below = [page.pages[index] if page.pages is not None and index < len(page.pages) else None for page in pages]
        copies = [page for page in below if isinstance(page, Page)]
        if len(copies) == len(pages) and is_smaller_copy(copies[0], levels[-1][0], first) and all(_alike(p, copies[0]) for p in copies):
            levels.append(copies)
    at = {number: index for index, number in enumerate(used)}
    return Stack(levels, channels, [[(at[number], sample) for number, sample in row] for row in places], *zt, step)


def _alike(page: Page, first: Page) -> bool:
    return bool(
        (page.imagewidth, page.imagelength, page.dtype, page.samplesperpixel, page.photometric)
        == (first.imagewidth, first.imagelength, first.dtype, first.samplesperpixel, first.photometric)
    )


def _from_qptiff(file: tifffile.TiffFile) -> Stack:
    """A directory for each channel of each level, the full picture's first; label, overview and thumbnail are other pictures."""
    first = file.pages.first
    groups: dict[tuple[int, int], list[Page]] = {}
    channels: list[Channel] = []
    for page in file.pages:
        words = str(page.description)[:65_536] if isinstance(page, Page) else ""
        kind = re.search(r"<ImageType>\s*(\w{1,40})\s*</ImageType>", words)
        if not isinstance(page, Page) or kind is None or kind[1] not in {"FullResolution", "ReducedResolution"}:
            continue
        groups.setdefault((page.imagewidth, page.imagelength), []).append(page)
        if kind[1] == "FullResolution":
            channels.append(_qptiff_channel(words))
    if not 1 <= len(channels) <= MAX_CHANNELS or first.samplesperpixel != 1:
        raise UnsupportedFormat("multichannel_not_supported", f"{len(channels)} channels")
    levels: list[list[Page]] = []
    for _, pages in sorted(groups.items(), key=lambda item: -item[0][0]):
        fits = len(pages) == len(channels) and all(_alike(page, pages[0]) for page in pages)
        if not levels and not fits:
            raise UnsupportedFormat("multichannel_not_supported", "their sizes differ")
        if not levels or (fits and is_smaller_copy(pages[0], levels[-1][0], first)):
            levels.append(pages)
    return Stack(levels, channels, [[(number, 0) for number in range(len(channels))]])


def _qptiff_channel(words: str) -> Channel:
    name = re.search(r"<Name>([^<]{1,200})</Name>", words)
    colour = re.search(r"<Color>\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*</Color>", words)
    parts = [int(part) for part in colour.groups()] if colour else [256]
    known = all(part < 256 for part in parts) and sum(parts) > 0
    return Channel(base.plain_text(name[1]) if name else "", f"#{bytes(parts).hex()}" if known else "")
