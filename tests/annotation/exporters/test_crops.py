"""Pictures cut out around marks, cells and tiles: the right pixels, with where they come from; what is left out is counted."""

import csv
import dataclasses
import hashlib
import io
import json
import zipfile
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from annotation.exporters.crops import Box, CropChoices, CropsExporter, PixelsError
from annotation.exporters.package import Package
from annotation.schema.facts import CaseFacts
from tests.annotation.document import rows
from tests.annotation.exporters import cases

WIDTH, HEIGHT = 400, 300
Y, X = np.mgrid[0:HEIGHT, 0:WIDTH]
PICTURE = np.stack((X % 256, Y % 256, (X // 256) * 16 + Y // 256), axis=2).astype(np.uint8)
"""Every pixel says where it is."""


class Painted:
    """An image of which each pixel says where it is; white outside, as the pixel workers answer. Notes what was asked."""

    def __init__(self, unreadable: str = "") -> None:
        self.asked: list[tuple[str, Box, tuple[int, int], int | None]] = []
        self.unreadable = unreadable

    def crop(self, image_id: str, box: Box, out: tuple[int, int], frame: int | None) -> bytes:
        if image_id == self.unreadable:
            raise PixelsError("unreadable")
        self.asked.append((image_id, box, out, frame))
        whole = PillowImage.new("RGB", (box.width, box.height), "white")
        whole.paste(PillowImage.fromarray(PICTURE), (-box.x, -box.y))
        file = io.BytesIO()
        whole.resize(out, PillowImage.Resampling.NEAREST).save(file, "PNG")
        return file.getvalue()


def archive(chosen: dict[str, Any], *, pixels: Painted | None = None, given: list[CaseFacts] | None = None) -> dict[str, bytes]:
    exporter = CropsExporter(CropChoices.parse(chosen), pixels or Painted())
    package = Package(exporter, cases.campaign(), given or [cases.with_cells(cases.full_case())], include_drafts=False)
    zipped = zipfile.ZipFile(io.BytesIO(b"".join(package.stream())))
    return {info.filename: zipped.read(info) for info in zipped.infolist()}


def table(files: dict[str, bytes]) -> list[dict[str, str]]:
    (name,) = (name for name in files if name.endswith("crops.csv"))
    found = list(csv.DictReader(io.StringIO(files[name].decode("utf-8-sig"))))
    (members,) = (json.loads(data) for path, data in files.items() if path.endswith("crops.json") and path != "crops.json")
    assert [row["file"] for row in found] == [member["file"] for member in members]
    return found


def pixels_of(files: dict[str, bytes], row: dict[str, str]) -> np.ndarray:
    body = files[f"crops/{row['case']}/{row['file']}"]
    assert hashlib.sha256(body).hexdigest() == row["sha256"]
    return np.asarray(PillowImage.open(io.BytesIO(body)))


def test_marks_come_with_their_place_and_their_pixels() -> None:
    files = archive({"size_px": 64})
    found = table(files)
    marks = {row["annotation"] for row in found}
    assert cases.identity("region") in marks
    assert cases.identity("diagnosis") not in marks
    for row in found:
        x, y, width, height = (int(row[name]) for name in ("x", "y", "width", "height"))
        assert (width, height, row["downsample"]) == (64, 64, "1.0")
        pixels = pixels_of(files, row)
        assert pixels.shape == (64, 64, 3)
        inside = PICTURE[max(0, y) : y + height, max(0, x) : x + width]
        assert (pixels[max(0, -y) :, max(0, -x) :][: inside.shape[0], : inside.shape[1]] == inside).all()
    spot = next(row for row in found if row["annotation"] == cases.identity("spot"))
    assert (spot["x"], spot["y"], spot["labels"], spot["granularity"], spot["reader"]) == (
        "279",
        "238",
        "cell",
        "point",
        "person-bbbbbbbbbbbbbbbb",
    )
    lost = cases.losses(files)
    assert lost["without_shape"] == 2
    assert lost["cells_left_out"] == 2 * cases.CELLS
    assert lost["larger_than_crop"] >= 1
    assert files == archive({"size_px": 64})


def test_a_picture_as_large_as_its_mark_has_a_margin_and_the_spacing_that_is_asked_for() -> None:
    pixels = Painted()
    files = archive({"size_px": 0, "margin_percent": 10, "spacing_um": 0.5, "labels": ["tumour"]}, pixels=pixels)
    found = {row["annotation"]: row for row in table(files)}
    assert set(found) == {cases.identity("region"), cases.identity("two")}
    row = found[cases.identity("region")]
    # the outline spans 20 to 230.5 and 20.5 to 225.125 px; the margin is 21.05 px; the image has 0.252 um a pixel
    assert [int(row[name]) for name in ("x", "y", "width", "height")] == [-2, -1, 254, 248]
    assert (row["width_px"], row["height_px"]) == ("128", "125")
    assert float(row["downsample"]) == 254 / 128
    assert float(row["spacing_um"]) == pytest.approx(0.5, rel=0.01)
    assert cases.losses(files)["other_labels"] > 0


def test_frames_are_told_and_asked_for() -> None:
    pixels = Painted()
    found = table(archive({"size_px": 32, "labels": ["mass"]}, pixels=pixels))
    framed = [row for row in found if row["image"] == cases.STACK.id]
    assert sorted(int(row["frame"]) for row in framed) == [1, 2, 3, 3, 4, 5]
    assert sorted(frame for image, _, _, frame in pixels.asked if image == cases.STACK.id and frame is not None) == [1, 2, 3, 3, 4, 5]
    assert len({row["file"] for row in framed}) == 6


def test_cells_come_up_to_a_number_and_the_others_are_counted() -> None:
    files = archive({"of": "cells", "size_px": 32, "most_cells": 20})
    found = table(files)
    assert len(found) == 40
    first = found[0]
    piece = next(cases.cell_pieces(20.0))
    low, high = piece.vertices[: piece.starts[1]].min(axis=0), piece.vertices[: piece.starts[1]].max(axis=0)
    assert (int(first["x"]), int(first["y"])) == tuple(np.floor((low + high - 32) / 2).astype(int))
    assert (first["cell"], first["disposition"], first["granularity"]) == ("0", "pending", "cell")
    lost = cases.losses(files)
    assert lost["too_many_cells"] == 2 * (cases.CELLS * 4 // 5 - 20)
    assert lost["rejected_cells"] == 2 * cases.CELLS // 5
    assert {row["labels"] for row in table(archive({"of": "cells", "labels": ["cell"]}))} == {"cell"}


def test_tiles_lie_on_the_grid_of_the_image_and_in_the_region() -> None:
    files = archive({"of": "tiles", "size_px": 32, "labels": ["tumour"]})
    found = [row for row in table(files) if row["annotation"] == cases.identity("region")]
    shape = rows.outline(cases.OUTER, cases.HOLE)
    assert 0.8 * shape.area < len(found) * 32 * 32 < 1.2 * shape.area
    for row in found:
        assert (int(row["x"]), int(row["y"])) == (32 * int(row["tile_column"]), 32 * int(row["tile_row"]))
        assert not (83 <= int(row["x"]) + 16 < 130 and 88 <= int(row["y"]) + 16 < 121)
    assert len({row["file"] for row in found}) == len(found)


def test_an_image_that_cannot_be_read_is_counted() -> None:
    files = archive({"size_px": 32}, pixels=Painted(unreadable=cases.SLIDE.id))
    assert {row["image"] for row in table(files)} == {cases.STACK.id}
    assert cases.losses(files)["unreadable"] == 5


def test_images_without_spacing_are_cut_out_as_scanned() -> None:
    slide = dataclasses.replace(cases.SLIDE, spacing_um=None, spacing_source="")
    files = archive({"size_px": 32, "spacing_um": 1, "labels": ["cell"]}, given=[cases.full_case(slide=slide)])
    (row,) = table(files)
    assert (row["spacing_um"], row["downsample"]) == ("", "1.0")
    assert "no_spacing" in {note["code"] for note in json.loads(files["losses.json"])["always"]}


@pytest.mark.parametrize(
    ("chosen", "wrong"),
    [
        ({"of": "noses"}, "of"),
        ({"labels": "tumour"}, "labels"),
        ({"labels": [5]}, "labels"),
        ({"size_px": 2.5}, "size_px"),
        ({"size_px": True}, "size_px"),
        ({"size_px": 5000}, "size_px"),
        ({"of": "tiles", "size_px": 0}, "size_px"),
        ({"spacing_um": "40x"}, "spacing_um"),
        ({"spacing_um": -1}, "spacing_um"),
        ({"spacing_um": float("inf")}, "spacing_um"),
        ({"margin_percent": 1000}, "margin_percent"),
        ({"most_cells": 0}, "most_cells"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_choices_that_cannot_be_are_named(chosen: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ValueError, match=f"^{wrong}$"):
        CropChoices.parse(chosen)


def test_choices_come_back_as_they_were() -> None:
    chosen = CropChoices.parse({"of": "tiles", "labels": ["b", "a", "b"], "size_px": 512, "spacing_um": 1})
    assert CropChoices.parse(chosen.to_json()) == chosen
    assert chosen.labels == ("a", "b")
