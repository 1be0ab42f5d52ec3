"""Levels of DICOM slides that lie in several files: the pixels of the unsplit slide, and nothing shown that no file says."""

import io
import json
import os
import random
import shutil
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset

from tests.viewer import concatenations
from tests.viewer.concatenations import frames_of, make_sparse, save, split
from viewer.readers import dicom_parts, errors
from viewer.readers.dicom import DicomSlideReader
from viewer.readers.dicom_parts import Part
from viewer.readers.dicom_shared import exchanged_uid
from viewer.readers.dicom_tiles import DicomTileReader
from viewer.readers.registry import open_reader
from viewer.tiles import grant
from viewer.tiles.made.completing import Completer
from viewer.tiles.pool import PixelPool
from viewer.tiles.service import PixelService, PixelSettings
from viewer.tiles.stored import index_file
from viewer.tiles.stored.dicom_index import dicom_candidates
from viewer.tiles.stored.making import make_index
from viewer.tiles.stored.shelf import Shelf, StoredSlide

Opened = Callable[[Path], tuple[dict[str, Any], dict[str, Any]]]
Array = np.ndarray[Any, Any]
KEY = b"a key for tests, thirty-two byte"
LEVELS = "wsi/dicom/he_pyramid_jpeg"
TILES = 108  # of level 0


@pytest.fixture
def level0(shared_data: Path) -> Path:
    return shared_data / LEVELS / "level0.dcm"


@pytest.fixture(params=[False, True], ids=["full", "sparse"])
def parts(request: pytest.FixtureRequest, level0: Path) -> list[Dataset]:
    """Level 0 in three parts."""
    made = split(level0, [40, 40, 28])
    if request.param:
        make_sparse(made)
    return made


def _stored(level: Path) -> Array:
    """A level as Pillow decodes its frames."""
    dataset = pydicom.dcmread(level)
    size, (high, wide) = (dataset.TotalPixelMatrixRows, dataset.TotalPixelMatrixColumns), (dataset.Rows, dataset.Columns)
    across = -(-size[1] // wide)
    out = np.zeros((-(-size[0] // high) * high, across * wide, 3), int)
    for number, frame in enumerate(frames_of(dataset)):
        top, left = number // across * high, number % across * wide
        out[top : top + high, left : left + wide] = np.asarray(Image.open(io.BytesIO(frame)).convert("RGB"))
    return out[: size[0], : size[1]]


def _whole(source: dict[str, Any], level: int = 0) -> Array:
    """All tiles of a level, as rendered."""
    said = source["levels"][level]
    out = np.zeros((said["height"], said["width"], 3), int)
    reader = open_reader(source["paths"][0])
    assert isinstance(reader, DicomSlideReader)
    for row in range(said["rows"]):
        for column in range(said["columns"]):
            tile = np.asarray(reader.slide.tile_pixels(level, column, row))
            top, left = row * said["tile_height"], column * said["tile_width"]
            out[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    reader.close()
    return out


def _refusal(path: Path) -> str:
    with pytest.raises(errors.ReaderError) as refused:
        open_reader(str(path))
    return refused.value.code


@pytest.mark.parametrize("table", ["basic", "extended", "none"])
def test_the_pixels_are_those_of_the_unsplit_slide(table: str, parts: list[Dataset], opened: Opened, level0: Path, tmp_path: Path) -> None:
    paths = save(parts, tmp_path / "parts", table=table)
    shutil.copy(level0, tmp_path / "whole.dcm")
    original, before = opened(tmp_path / "whole.dcm")
    wanted = _whole(before)
    for path in paths:  # whichever is opened
        found, source = opened(path)
        assert (found["engine"], found["kind"], found["format"]) == ("dicom", "slide", "dicom")
        assert [warning for warning in found["warnings"] if warning.startswith("slide_parts")] == []
        same = ("width", "height", "spacing", "objective_power", "acquisition", "channels", "planes", "frame_count")
        told = {name: found[name] for name in same}
        told["acquisition"] = {**told["acquisition"], **{k: v for k, v in original["acquisition"].items() if k not in told["acquisition"]}}
        assert told | {"spacing": None} == {name: original[name] for name in same} | {"spacing": None}
        assert [found["spacing"][axis] for axis in ("x_um", "y_um")] == pytest.approx(
            [original["spacing"][axis] for axis in ("x_um", "y_um")]
        )
        assert found["levels"] == original["levels"]
    shown = _whole(source)
    assert np.abs(shown - wanted).max() <= 2  # two decoders of JPEG
    assert np.abs(shown - wanted).mean() < 0.1


def test_other_levels_join_whole_or_in_parts_and_openslide_is_never_asked(opened: Opened, shared_data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "slide"
    first = save(split(shared_data / LEVELS / "level0.dcm", [100, 8]), folder, stem="a")
    second = save(split(shared_data / LEVELS / "level1.dcm", [1, 28, 1], uid="1.2.3"), folder, stem="b")
    shutil.copy(shared_data / LEVELS / "level2.dcm", folder / "c.dcm")
    shutil.copy(shared_data / LEVELS / "label.dcm", folder / "label.dcm")
    original, _ = opened(shared_data / LEVELS / "level0.dcm")
    for path in (*first, *second, folder / "c.dcm"):
        found, source = opened(path)
        assert (found["engine"], found["warnings"], found["objective_power"]) == (
            "dicom",
            original["warnings"],
            original["objective_power"],
        )
        assert [(level["width"], level["columns"], level["rows"]) for level in found["levels"]] == [
            (level["width"], level["columns"], level["rows"]) for level in original["levels"]
        ]
    for level in range(3):
        assert np.abs(_whole(source, level) - _stored(shared_data / LEVELS / f"level{level}.dcm")).max() <= 2


def test_a_slide_with_a_profile_is_shown_in_srgb_on_request(opened: Opened, level0: Path, tmp_path: Path) -> None:
    shutil.copy(level0, tmp_path / "whole.dcm")
    (part, *_) = save(split(level0, [54, 54]), tmp_path / "parts")
    shown = []
    for path in (tmp_path / "whole.dcm", part):
        reader = open_reader(str(path))
        assert isinstance(reader, DicomSlideReader)
        shown.append(np.asarray(reader.slide.in_srgb(reader.slide.tile_pixels(0, 4, 4))).astype(int))
        reader.close()
    assert np.abs(shown[0] - shown[1]).max() <= 3


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_a_missing_part_is_told_and_stays_white(gone: int, parts: list[Dataset], opened: Opened, tmp_path: Path) -> None:
    paths = save(parts, tmp_path)
    paths.pop(gone).unlink()
    found, source = opened(paths[0])
    assert "slide_parts_missing" in found["warnings"]
    shown = _whole(source)
    said = found["levels"][0]
    cells = [
        shown[r * said["tile_height"] :, c * said["tile_width"] :][: said["tile_height"], : said["tile_width"]] for r, c in _cells(said)
    ]
    white = [number for number, cell in enumerate(cells) if (cell == 255).all()]
    begin, end = [(0, 40), (40, 80), (80, 108)][gone]
    assert white == list(range(begin, end))


def _cells(level: dict[str, Any]) -> list[tuple[int, int]]:
    return [(row, column) for row in range(level["rows"]) for column in range(level["columns"])]


def test_without_a_total_a_full_grid_counts_and_a_sparse_one_is_in_doubt(opened: Opened, level0: Path, tmp_path: Path) -> None:
    parts = split(level0, [60, 48], total=False)
    paths = save(parts, tmp_path / "full")
    assert [warning for warning in opened(paths[0])[0]["warnings"] if warning.startswith("slide_parts")] == []
    paths[1].unlink()
    assert "slide_parts_missing" in opened(paths[0])[0]["warnings"]
    make_sparse(parts)
    paths = save(parts, tmp_path / "sparse")
    assert "slide_parts_uncounted" in opened(paths[0])[0]["warnings"]
    paths[0].unlink()
    assert "slide_parts_missing" in opened(paths[1])[0]["warnings"]


def _change(**values: Any) -> Callable[[list[Dataset]], None]:
    def change(parts: list[Dataset]) -> None:
        for keyword, value in values.items():
            setattr(parts[1], keyword, value)

    return change


def _without(keyword: str) -> Callable[[list[Dataset]], None]:
    return lambda parts: delattr(parts[1], keyword)


def _one_more(part: Dataset) -> None:
    part.NumberOfFrames += 1
    part.frames.append(part.frames[0])


CONTRADICTIONS: dict[str, Callable[[list[Dataset]], None]] = {
    "overlapping offsets": _change(ConcatenationFrameOffsetNumber=39),
    "frames left out": _change(ConcatenationFrameOffsetNumber=41),
    "offset beyond the level": _change(ConcatenationFrameOffsetNumber=100),
    "offset absurd": _change(ConcatenationFrameOffsetNumber=0xFFFFFFFF),
    "offset of the first part": _change(ConcatenationFrameOffsetNumber=0),
    "number twice": _change(InConcatenationNumber=1),
    "number of the last": _change(InConcatenationNumber=3),
    "number zero": _change(InConcatenationNumber=0),
    "number beyond the total": _change(InConcatenationNumber=4),
    "total too small": _change(InConcatenationTotalNumber=2),
    "total too large": _change(InConcatenationTotalNumber=30),
    "total of one": _change(InConcatenationTotalNumber=1),
    "no number": _without("InConcatenationNumber"),
    "no offset": _without("ConcatenationFrameOffsetNumber"),
    "another size": _change(TotalPixelMatrixColumns=2000),
    "another tile": _change(Rows=512),
    "another colour": _change(PhotometricInterpretation="RGB"),
    "another order": _change(DimensionOrganizationType="3D"),
    "more frames": lambda parts: _one_more(parts[1]),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_parts_that_contradict_each_other_are_refused(name: str, parts: list[Dataset], tmp_path: Path) -> None:
    CONTRADICTIONS[name](parts)
    paths = save(parts, tmp_path)
    assert _refusal(paths[1]) == "slide_parts_contradict"  # as it comes in, the good ones being there


def test_two_parts_may_not_have_the_same_tile(level0: Path, tmp_path: Path) -> None:
    parts = split(level0, [54, 54])
    make_sparse(parts)
    parts[1].PerFrameFunctionalGroupsSequence[3] = parts[0].PerFrameFunctionalGroupsSequence[5]
    assert [_refusal(path) for path in save(parts, tmp_path)] == ["slide_parts_contradict"] * 2
    assert dicom_candidates([str(path) for path in sorted(tmp_path.iterdir())]) == []


def test_a_part_alone_that_cannot_be_is_refused(level0: Path, tmp_path: Path) -> None:
    for number, (keyword, value) in enumerate({"ConcatenationFrameOffsetNumber": 69, "InConcatenationTotalNumber": 71}.items()):
        part = split(level0, [40, 40, 28])[1]
        setattr(part, keyword, value)
        (path,) = save([part], tmp_path / str(number))
        assert _refusal(path) == "slide_parts_contradict"


def test_a_part_may_be_the_only_one(opened: Opened, level0: Path, tmp_path: Path) -> None:
    (path,) = save(split(level0, [TILES]), tmp_path)
    found, _ = opened(path)
    assert (found["engine"], [code for code in found["warnings"] if code.startswith("slide_parts")]) == ("dicom", [])
    (candidate,) = dicom_candidates([str(path)])
    assert np.count_nonzero(candidate.lengths) == TILES


def test_another_series_and_a_broken_part_do_not_join(opened: Opened, level0: Path, tmp_path: Path) -> None:
    parts = split(level0, [40, 40, 28])
    parts[1].SeriesInstanceUID = "1.2.3.4"
    paths = save(parts, tmp_path)
    os.truncate(paths[2], 20_000)
    found, _ = opened(paths[0])
    assert "slide_parts_missing" in found["warnings"]


def test_a_grid_of_more_tiles_than_a_slide_may_have_is_refused(level0: Path, tmp_path: Path) -> None:
    part = split(level0, [40, 40, 28])[0]
    part.TotalPixelMatrixColumns = part.TotalPixelMatrixRows = 3_000_000
    assert _refusal(save([part], tmp_path)[0]) == "too_many_tiles"


def test_more_files_than_are_read_are_refused_instead_of_left_out(monkeypatch: pytest.MonkeyPatch, level0: Path, tmp_path: Path) -> None:
    paths = save(split(level0, [40, 40, 28]), tmp_path)
    monkeypatch.setattr(dicom_parts, "MAX_FILES", 2)
    assert _refusal(paths[0]) == "too_many_tiles"


def test_what_parts_say_of_each_other() -> None:
    first, second, third = Part(1, 3, 0, 10), Part(2, 3, 10, 5), Part(3, 3, 15, 5)
    for there in ([first], [second], [third, first], [third, second, first]):
        dicom_parts.check_together(there, 20)
        dicom_parts.check_together(there, None)
        assert dicom_parts.doubt(there, 20) == ("" if len(there) == 3 else "slide_parts_missing")
    for bad in ([first, third._replace(first=10)], [second._replace(frames=10)], [third._replace(frames=4)]):
        with pytest.raises(errors.MalformedFile):
            dicom_parts.check_together(bad, 20)


def test_no_broken_header_does_more_than_to_be_refused(level0: Path, tmp_path: Path) -> None:
    paths = save(split(level0, [40, 40, 28]), tmp_path)
    good, dice = paths[1].read_bytes(), random.Random(7)  # noqa: S311 -- any bytes will do
    start = good.index(b"\x20\x00\x61\x91")
    for _ in range(25):
        bad = bytearray(good)
        for _ in range(dice.choice((1, 1, 3))):
            place = start + dice.randrange(-200, 300)
            bad[place : place + 2] = dice.choice((0, 1, 0xFFFF, 0x7FFF, 41, dice.randrange(65536))).to_bytes(2, "little")
        paths[1].write_bytes(bad)
        for path in paths[:2]:
            try:
                reader = open_reader(str(path))
            except errors.ReaderError:
                continue
            with suppress(errors.ReaderError):
                reader.inspect()
            reader.close()
        with suppress(errors.ReaderError):
            dicom_candidates([str(path) for path in paths])


# Stored tiles


class Held(NamedTuple):
    """A slide as the pixel application holds it."""

    service: PixelService
    image_id: uuid.UUID
    source: dict[str, Any]
    slide: StoredSlide
    data_dir: Path


Site = Callable[[list[Path]], Held]


@pytest.fixture
def site(tmp_path: Path, opened: Opened, pool: PixelPool) -> Site:
    (tmp_path / "manifests").mkdir()

    def add(paths: list[Path]) -> Held:
        image_id = uuid.uuid4()
        _, source = opened(paths[0])
        source["paths"] = [str(path) for path in paths]
        text = json.dumps({"id": str(image_id), "revision": 1, "source": source})
        (tmp_path / "manifests" / f"{image_id}.json").write_text(text)
        settings = PixelSettings(data_dir=tmp_path, signing_key=KEY, cache_bytes=50 << 20)
        slide = Shelf(tmp_path / "manifests").fetch(image_id, "1", source, pool)
        assert slide is not None
        return Held(PixelService(settings, pool), image_id, source, slide, tmp_path)

    return add


def _tile(held: Held, tile: str) -> tuple[str, Array]:
    cookie = f"{grant.cookie_name(held.image_id)}={grant.sign(held.image_id, 1, time.time() + 60, KEY)}"
    answer = held.service.reply("GET", f"/pixels/{held.image_id}/1/tiles/{tile}", {"cookie": cookie})
    return answer.headers["ETag"], np.asarray(Image.open(io.BytesIO(answer.body)).convert("RGB")).astype(int)


@pytest.mark.parametrize("table", ["basic", "extended", "none"])
def test_stored_tiles_are_handed_over_from_every_file(table: str, parts: list[Dataset], site: Site, level0: Path, tmp_path: Path) -> None:
    paths = save(parts, tmp_path / "parts", table=table)
    held = site([paths[2], paths[0], paths[1]])
    frames = frames_of(pydicom.dcmread(level0))
    reader = open_reader(str(level0))
    assert isinstance(reader, DicomSlideReader)
    for number, (row, column) in enumerate(_cells(held.source["levels"][0])):
        place = held.slide.place(0, column, row)
        assert place is not None
        assert held.source["paths"][place.file] == str(paths[0 if number < 40 else 1 if number < 80 else 2])
        assert b"".join(held.slide.read(place) or ()) == place.level.recipe.complete(frames[number])
        if number % 9 == 0 or number > 99:
            tag, shown = _tile(held, f"0/{column}/{row}")
            wanted = np.asarray(reader.slide.tile_pixels(0, column, row)).astype(int)
            assert tag.startswith('"s2/')
            assert np.abs(shown[: wanted.shape[0], : wanted.shape[1]] - wanted).max() <= 2
    reader.close()


def test_parts_in_fragments_and_parts_in_one_item_go_together(site: Site, level0: Path, tmp_path: Path) -> None:
    parts = split(level0, [40, 40, 28])
    paths = [
        *save(parts[:1], tmp_path / "a", fragments=3),
        *save(parts[1:2], tmp_path / "b"),
        *save(parts[2:], tmp_path / "c", table="none"),
    ]
    together = [path.rename(tmp_path / f"{number}.dcm") for number, path in enumerate(paths)]
    held = site(together)
    frames = frames_of(pydicom.dcmread(level0))
    for number, (row, column) in enumerate(_cells(held.source["levels"][0])):
        place = held.slide.place(0, column, row)
        assert place is not None
        assert place.level.recipe.fragmented
        assert b"".join(held.slide.read(place) or ()) == replace(place.level.recipe, fragmented=False).complete(frames[number])


def test_tiles_of_a_missing_part_are_rendered_and_a_sidecar_counts_them_white(site: Site, level0: Path, tmp_path: Path) -> None:
    paths = save(split(level0, [40, 40, 28]), tmp_path / "parts")
    paths.pop(1).unlink()
    held = site(paths)
    there = [held.slide.place(0, column, row) is not None for row, column in _cells(held.source["levels"][0])]
    assert there == [True] * 40 + [False] * 40 + [True] * 28
    tag, shown = _tile(held, "0/0/5")
    assert not tag.startswith('"s2/')
    assert (shown == 255).all()


def test_missing_levels_are_made_from_the_tiles_of_all_parts(site: Site, pool: PixelPool, level0: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole" / "level0.dcm"
    whole.parent.mkdir()
    shutil.copy(level0, whole)
    made = []
    for paths in ([whole], save(split(level0, [40, 40, 28]), tmp_path / "parts")):
        held = site(paths)
        manifest = json.loads((held.data_dir / "manifests" / f"{held.image_id}.json").read_text())
        (held.data_dir / "made").mkdir(exist_ok=True)
        assert Completer(held.data_dir, limit_bytes=1 << 30, pool=pool).complete(held.image_id, manifest) == "made"
        slide = StoredSlide(held.data_dir / "manifests" / f"{held.image_id}.json", "1")
        assert slide.made is not None
        levels = sorted(slide.made.levels.values(), key=lambda one: one.level)
        cells = [(level.level, column, row) for level in levels for row in range(level.rows) for column in range(level.columns)]
        places = [slide.place(*cell) for cell in cells]
        made.append([slide.read(place) for place in places if place])
    assert made[0] == made[1]
    assert len(made[0]) > 20


def test_one_part_in_other_colours_keeps_its_level_rendered(site: Site, level0: Path, tmp_path: Path) -> None:
    """A level has one marker; frames that need another one are not handed over in the wrong colours."""
    parts = split(level0, [40, 40, 28])
    for number, frame in enumerate(parts[1].frames):
        out = io.BytesIO()  # Pillow writes RGB as such, with the marker that says so, which is left out on the way
        Image.open(io.BytesIO(frame)).convert("RGB").save(out, "JPEG", quality=95, keep_rgb=True)
        parts[1].frames[number] = out.getvalue() + b"\0" * (len(out.getvalue()) % 2)
    paths = save(parts, tmp_path / "parts")
    held = site(paths)
    stored = [held.slide.place(0, column, row) is not None for row, column in _cells(held.source["levels"][0])]
    assert not any(stored[:99]), "but for the last column and row, which are judged by themselves"
    _, shown = _tile(held, "0/3/5")
    (whole,) = split(level0, [TILES])
    wanted = Image.open(io.BytesIO(whole.frames[5 * 9 + 3])).convert("RGB")
    assert np.abs(shown - np.asarray(wanted).astype(int)).mean() <= 3


def test_an_index_names_no_file_that_the_slide_has_not(level0: Path, tmp_path: Path) -> None:
    paths = [str(path) for path in save(split(level0, [40, 40, 28]), tmp_path / "parts")]
    reader = DicomTileReader(paths[0])
    packed = make_index(reader, paths, [level.as_json() for level in reader.levels])
    reader.close()
    path = tmp_path / "a.tiles"
    index_file.write(path, index_file.bind(packed, revision="1", paths=paths))
    known = index_file.MappedIndex(path, "1")
    assert [known.place(known.levels[0], column, row)[0] for column, row in ((0, 0), (0, 5), (8, 11))] == [0, 1, 2]
    raw = bytearray(path.read_bytes())
    start = len(raw) - 12 * TILES
    raw[start + 6 : start + 8] = b"\xff\xff"  # the file of the first tile
    path.write_bytes(raw)
    broken = index_file.MappedIndex(path, "1")
    assert broken.place(broken.levels[0], 0, 0)[2] == 0
    path.write_bytes(bytes(raw).replace(b'"others":[1,2]', b'"others":[1,9]'))
    with pytest.raises(index_file.UnusableIndex):
        index_file.MappedIndex(path, "1")


def test_dicomweb_sends_the_frames_of_each_file(level0: Path, tmp_path: Path, pool: PixelPool) -> None:
    frames = frames_of(pydicom.dcmread(level0))
    for number, path in enumerate(save(split(level0, [40, 40, 28]), tmp_path)):
        for frame in (0, 27):
            _, body = pool.share(str(path), "frame", frame=frame, native=False)
            assert body.rstrip(b"\0") == frames[number * 40 + frame].rstrip(b"\0")
        _, text = pool.share(str(path), "metadata", uid_key="key")
        said = json.loads(text)
        assert [said[tag]["Value"] for tag in ("00209162", "00209163", "00209228")] == [[number + 1], [3], [number * 40]]
        assert said["00209161"]["Value"] == [exchanged_uid(concatenations.UID, "key")]
        assert said["00200242"]["Value"] == [exchanged_uid(str(pydicom.dcmread(level0).SOPInstanceUID), "key")]
        assert said["00280008"]["Value"] == [(40, 40, 28)[number]]
