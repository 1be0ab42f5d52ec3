"""Finding stored tiles: every layout of TIFF and DICOM that is told apart, and files that lie."""

import io
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
import tifffile
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended, generate_frames
from pydicom.sequence import Sequence

from viewer.readers.dicom import DicomSlideReader
from viewer.readers.errors import ReaderError
from viewer.readers.registry import open_reader
from viewer.tiles.stored import index_file, jpeg
from viewer.tiles.stored.candidates import Candidate
from viewer.tiles.stored.dicom_index import dicom_candidates
from viewer.tiles.stored.making import make_index
from viewer.tiles.stored.tiff_index import tiff_candidates

RED = np.zeros((64, 64, 3), np.uint8) + np.array([200, 30, 60], np.uint8)


def _recipe(candidate: Candidate) -> jpeg.Recipe:
    made = jpeg.recipe(
        width=candidate.tile_width,
        height=candidate.tile_height,
        components=candidate.components,
        transform=candidate.transforms[0],
        tables=candidate.tables,
    )
    assert made is not None
    return made


def _tile(candidate: Candidate, raw: bytes, number: int) -> bytes:
    start = int(candidate.offsets[number])
    whole = _recipe(candidate).complete(raw[start : start + int(candidate.lengths[number])])
    assert whole is not None
    return whole


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("colour", ["rgb", "ycbcr", "minisblack"])
def test_tiff_in_every_byte_order_and_colour(order: str, big: bool, colour: str, tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (3, 4, 3), np.uint8).repeat(40, 0).repeat(40, 1)
    image = pixels[..., 0] if colour == "minisblack" else pixels
    path = tmp_path / "made.tif"
    arguments: dict[str, Any] = {"outcolorspace": "rgb"} if colour == "rgb" else {}
    given = "minisblack" if colour == "minisblack" else "rgb"
    with tifffile.TiffWriter(path, byteorder=order, bigtiff=big) as writer:
        writer.write(image, tile=(48, 64), photometric=given, compression="jpeg", compressionargs={"level": 95, **arguments})
    (candidate,) = tiff_candidates(str(path))
    with tifffile.TiffFile(path) as known:
        assert known.pages[0].photometric.name.lower() == colour
        assert list(candidate.offsets) == list(known.pages[0].dataoffsets)
        assert list(candidate.lengths) == list(known.pages[0].databytecounts)
    assert (candidate.columns, candidate.rows, candidate.tile_width, candidate.tile_height) == (3, 3, 64, 48)
    shown = np.asarray(Image.open(io.BytesIO(_tile(candidate, path.read_bytes(), 0))).convert("RGB")).astype(int)
    wanted = np.asarray(Image.fromarray(image).convert("RGB")).astype(int)[:48, :64]
    assert np.abs(shown - wanted).mean() < 6


def _encoded(**options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(RED).save(buffer, "JPEG", quality=95, **options)
    return buffer.getvalue()


def test_the_slide_says_the_colours_and_not_the_stream() -> None:
    """A JFIF head would make YCbCr of what the slide stored as RGB; profile, orientation and comments go."""
    exif = Image.Exif()
    exif[274] = 6
    stored = _encoded(exif=exif, icc_profile=b"x" * 200, comment=b"TANAKA^TARO")
    for transform, right in ((jpeg.YCBCR, True), (jpeg.RGB, False)):
        made = jpeg.recipe(width=64, height=64, components=3, transform=transform)
        assert made is not None
        whole = made.complete(stored)
        assert whole is not None
        assert not any(word in whole for word in (b"JFIF", b"Exif", b"ICC_PROFILE", b"TANAKA"))
        shown = Image.open(io.BytesIO(whole))
        assert bool(np.abs(np.asarray(shown.convert("RGB")).astype(int) - RED).max() < 8) is right
        assert not shown.getexif()


def test_only_the_announced_and_whole_tile_goes_out() -> None:
    stored = _encoded()
    made = jpeg.recipe(width=64, height=64, components=3, transform=jpeg.YCBCR)
    assert made is not None
    assert made.complete(stored + b"\0") is not None, "DICOM pads to an even length"
    for other in ((32, 64, 3), (64, 32, 3), (64, 64, 1)):
        assert jpeg.Recipe(*other, made.prefix).complete(stored) is None
    for bad in (b"", b"\xff\xd8", stored[2:], stored[:-200], stored[:40], stored[:20] + b"\0\0" + stored[22:]):
        assert made.complete(bad) is None
    twice = stored.replace(b"\xff\xc0", b"\xff\xc9")
    assert made.complete(twice) is None, "arithmetic coding"
    assert jpeg.recipe(width=64, height=64, components=3, transform=1, tables=b"\xff\xd8\xff\xdb\xff\xff") is None
    assert jpeg.recipe(width=64, height=64, components=4, transform=1) is None


def test_noise_never_raises() -> None:
    stored, dice = _encoded(), random.Random(3)  # noqa: S311 -- a seeded mutation
    made = jpeg.recipe(width=64, height=64, components=3, transform=jpeg.YCBCR)
    assert made is not None
    for _ in range(3000):
        noise = bytearray(stored)
        for _ in range(dice.randint(1, 6)):
            noise[dice.randrange(min(700, len(noise)))] = dice.choice((0, 1, 0xFF, 0xD8, 0xC0, dice.randrange(256)))
        made.complete(bytes(noise[: dice.choice((len(noise), dice.randrange(len(noise))))]))
        jpeg.recipe(width=64, height=64, components=3, transform=0, tables=bytes(noise[: dice.randrange(300)]))


@pytest.mark.parametrize("name", ["generic-tiff/he_pyramid_jpeg.tif", "generic-tiff/he_pyramid_bigtiff_512.tif", "philips/he_philips.tiff"])
def test_mutated_directories_end_in_a_reason_or_in_tiles_within_the_file(name: str, tmp_path: Path, shared_data: Path) -> None:
    good, path = bytearray((shared_data / "wsi" / name).read_bytes()), tmp_path / "bad.tif"
    dice = random.Random(5)  # noqa: S311 -- a seeded mutation
    big = good[2] == 43
    first = int.from_bytes(good[8:16] if big else good[4:8], "little")
    for _ in range(300):
        bad = bytearray(good)
        for _ in range(dice.randint(1, 4)):
            place = dice.choice((dice.randrange(16), min(first + dice.randrange(400), len(bad) - 9)))
            boundary = dice.choice((0, 1, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, (1 << 64) - 1, len(bad))).to_bytes(8, "little")
            width = dice.choice((1, 2, 4, 8))
            bad[place : place + width] = boundary[:width]
        path.write_bytes(bad[: dice.choice((len(bad), len(bad), dice.randrange(len(bad))))])
        try:
            found = tiff_candidates(str(path))
        except ReaderError:
            continue
        size = path.stat().st_size
        for candidate in found:
            lengths = candidate.lengths.astype(object)
            assert all(int(o) + int(n) <= size for o, n in zip(candidate.offsets.astype(object), lengths, strict=True) if n)


def _level(shared_data: Path) -> tuple[Dataset, list[bytes]]:
    dataset = pydicom.dcmread(shared_data / "wsi/dicom/he_pyramid_jpeg/level1.dcm")
    return dataset, list(generate_frames(dataset.PixelData, number_of_frames=dataset.NumberOfFrames))


def _saved(dataset: Dataset, path: Path, pixel_data: bytes) -> str:
    dataset.PixelData = pixel_data
    dataset["PixelData"].is_undefined_length = True
    dataset.save_as(path)
    return str(path)


@pytest.mark.parametrize("table", ["basic", "none", "extended"])
def test_dicom_offset_tables(table: str, tmp_path: Path, shared_data: Path) -> None:
    dataset, frames = _level(shared_data)
    if table == "extended":
        data, dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = encapsulate_extended(frames)
    else:
        data = encapsulate(frames, has_bot=table == "basic")
    path = _saved(dataset, tmp_path / "level.dcm", data)
    label = str(shared_data / "wsi/dicom/he_pyramid_jpeg/label.dcm")
    (candidate,) = dicom_candidates([label, path])
    assert (candidate.files, candidate.columns, candidate.rows, candidate.tile_width) == ((1,), 5, 6, dataset.Columns)
    raw = Path(path).read_bytes()
    for number, frame in enumerate(frames):
        start = int(candidate.offsets[number])
        assert raw[start : start + int(candidate.lengths[number])].rstrip(b"\0") == frame.rstrip(b"\0")


@pytest.mark.parametrize("table", ["basic", "none", "extended"])
def test_dicom_frames_in_fragments_are_put_together(table: str, tmp_path: Path, shared_data: Path) -> None:
    dataset, frames = _level(shared_data)
    data = encapsulate(frames, fragments_per_frame=3, has_bot=True)
    if table != "basic":
        offsets = np.frombuffer(data[8 : 8 + 4 * len(frames)], "<u4")
        data = data[:4] + bytes(4) + data[8 + 4 * len(frames) :]
        if table == "extended":
            dataset.ExtendedOffsetTable = offsets.astype("<u8").tobytes()
            dataset.ExtendedOffsetTableLengths = np.array([len(frame) for frame in frames], "<u8").tobytes()
    path = _saved(dataset, tmp_path / "a.dcm", data)
    if table == "none":
        assert dicom_candidates([path]) == [], "nothing says where a frame begins"
        return
    (candidate,) = dicom_candidates([path])
    assert candidate.fragmented
    raw = Path(path).read_bytes()
    for number, frame in enumerate(frames):
        start = int(candidate.offsets[number])
        items = raw[start : start + int(candidate.lengths[number])]
        joined = jpeg.join_fragments(items)
        assert joined is not None
        assert joined.rstrip(b"\0") == frame.rstrip(b"\0")
        assert replace(_recipe(candidate), fragmented=True).complete(items) == _recipe(candidate).complete(frame)
    assert jpeg.join_fragments(items[:-1]) is None
    assert jpeg.join_fragments(items + b"\0") is None


def test_fragmented_frames_are_shown_as_openslide_shows_them(tmp_path: Path, shared_data: Path) -> None:
    dataset, frames = _level(shared_data)
    path = _saved(dataset, tmp_path / "a.dcm", encapsulate(frames, fragments_per_frame=2, has_bot=True))
    reader = open_reader(path)
    assert isinstance(reader, DicomSlideReader)
    announced = [level.as_json() for level in reader.slide.levels]
    index_file.write(tmp_path / "a.tiles", index_file.bind(make_index(reader.slide, [path], announced), revision="1", paths=[path]))
    index = index_file.MappedIndex(tmp_path / "a.tiles", "1")
    assert index.levels[0].recipe.fragmented
    assert np.count_nonzero(np.frombuffer(index.lengths(index.levels[0]), "<u4")) == len(frames), "all proven"
    reader.close()


def test_dicom_sparse_tiles_go_to_their_cells(tmp_path: Path, shared_data: Path) -> None:
    dataset, frames = _level(shared_data)
    cells = [29, 0, 7]
    dataset.DimensionOrganizationType = "TILED_SPARSE"
    dataset.NumberOfFrames = len(cells)
    groups = []
    for cell in cells:
        place = Dataset()
        place.ColumnPositionInTotalImagePixelMatrix = cell % 5 * dataset.Columns + 1
        place.RowPositionInTotalImagePixelMatrix = cell // 5 * dataset.Rows + 1
        group = Dataset()
        group.PlanePositionSlideSequence = Sequence([place])
        groups.append(group)
    dataset.PerFrameFunctionalGroupsSequence = Sequence(groups)
    path = _saved(dataset, tmp_path / "sparse.dcm", encapsulate([frames[cell] for cell in cells]))
    (candidate,) = dicom_candidates([path])
    assert sorted(np.flatnonzero(candidate.lengths)) == sorted(cells)
    raw = Path(path).read_bytes()
    start = int(candidate.offsets[29])
    assert raw[start : start + len(frames[29])] == frames[29]
    groups[0].PlanePositionSlideSequence[0].ColumnPositionInTotalImagePixelMatrix += 3
    assert dicom_candidates([_saved(dataset, tmp_path / "off.dcm", dataset.PixelData)]) == [], "off the grid"


@pytest.mark.parametrize("name", ["label.dcm", "overview.dcm", "thumbnail.dcm"])
def test_no_label_is_a_level(name: str, shared_data: Path) -> None:
    assert dicom_candidates([str(shared_data / "wsi/dicom/he_pyramid_jpeg" / name)]) == []
