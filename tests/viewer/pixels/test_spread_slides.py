"""Slides of several files: shown within their bounds and by value, and never with a file that is not their own."""

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.viewer import spread_slides
from viewer.readers import companions, errors
from viewer.tiles.pool import PixelPool

Opened = Callable[[Path], tuple[dict[str, Any], dict[str, Any]]]


def _region(pool: PixelPool, source: dict[str, Any], box: tuple[int, int, int, int], out: tuple[int, int] | None = None) -> Any:
    x, y, width, height = box
    wide, high = out or (width, height)
    body = pool.region(source, x=x, y=y, width=width, height=height, out_width=wide, out_height=high).body
    return np.asarray(Image.open(io.BytesIO(body))).astype(int)


def test_mirax_is_shown_within_its_bounds_by_value(pool: PixelPool, opened: Opened, tmp_path: Path) -> None:
    canvas = spread_slides.write_mirax(tmp_path / "slide.mrxs")
    found, source = opened(tmp_path / "slide.mrxs")
    left, top = 2 * spread_slides.STEP_PX, spread_slides.STEP_PX
    assert (found["engine"], found["format"], found["kind"], found["warnings"]) == ("openslide", "mirax", "slide", [])
    assert (found["width"], found["height"]) == (canvas.shape[1] - left, canvas.shape[0] - top)
    assert (found["spacing"]["x_um"], found["objective_power"], len(found["levels"])) == (0.25, 20.0, 2)
    shown = _region(pool, source, (0, 0, found["width"], found["height"]))
    assert (shown == canvas[top:, left:]).all()
    half = _region(pool, source, (0, 0, found["width"], found["height"]), (found["width"] // 2, found["height"] // 2))
    assert np.abs(half - canvas[top::2, left::2][: half.shape[0], : half.shape[1]]).mean() < 2
    assert Image.open(io.BytesIO(pool.tile(source, 1, 0, 0).body)).size == (found["width"] // 2, found["height"] // 2)


def test_what_was_not_scanned_is_the_background(pool: PixelPool, opened: Opened, tmp_path: Path) -> None:
    canvas = spread_slides.write_mirax(tmp_path / "slide.mrxs", blank_columns=0, blank_rows=0)
    index = bytearray((tmp_path / "slide/Index.dat").read_bytes())
    first_page = 12 + 8 + 8 + 8  # version and id, two roots, two level pointers, start of the first page
    count = int.from_bytes(index[first_page : first_page + 4], "little")
    index[first_page + 8 : first_page + 8 + 16 * count] = b"".join(
        bytes(index[first_page + 8 + 16 * n : first_page + 24 + 16 * n]) if n != 9 else bytes(index[first_page + 8 : first_page + 24])
        for n in range(count)
    )
    (tmp_path / "slide/Index.dat").write_bytes(index)  # the tenth camera image is lost, the first is named twice
    _, source = opened(tmp_path / "slide.mrxs")
    x, y = 3 * spread_slides.STEP_PX + 10, spread_slides.STEP_PX + 10
    assert (_region(pool, source, (x, y, 40, 40)) == 255).all()
    assert (_region(pool, source, (0, 0, 40, 40)) == canvas[:40, :40]).all()


def test_vms_joins_its_images(pool: PixelPool, opened: Opened, tmp_path: Path) -> None:
    expected = spread_slides.write_vms(tmp_path / "slide.vms")
    found, source = opened(tmp_path / "slide.vms")
    assert (found["engine"], found["format"], found["width"], found["height"]) == ("openslide", "hamamatsu", 512, 128)
    assert found["spacing"]["x_um"] == pytest.approx(0.25)
    shown = _region(pool, source, (0, 0, 512, 128))
    assert np.abs(shown - expected).max() <= 2  # two JPEG decoders


def test_vmu_by_value(pool: PixelPool, opened: Opened, tmp_path: Path) -> None:
    expected = spread_slides.write_vmu(tmp_path / "slide.vmu")
    found, source = opened(tmp_path / "slide.vmu")
    assert (_region(pool, source, (0, 0, found["width"], found["height"])) == expected).all()


@pytest.mark.parametrize("lost", ["Slidedat.ini", "Index.dat", "Data0000.dat"])
def test_what_is_missing_is_named(lost: str, pool: PixelPool, tmp_path: Path) -> None:
    spread_slides.write_mirax(tmp_path / "slide.mrxs")
    (tmp_path / "slide" / lost).unlink()
    with pytest.raises(errors.MissingCompanion) as refusal:
        pool.inspect(str(tmp_path / "slide.mrxs"))
    assert (refusal.value.code, refusal.value.detail) == ("companion_files", lost)


HOSTILE = ["../other/Data0000.dat", "/etc/passwd", "..\\other\\Data0000.dat", "a/b.dat", "..", ".", ".hidden", "C:\\x.dat", "x\x01.dat"]


@pytest.mark.parametrize("name", [*HOSTILE, "\u3000../x.dat", "../x.dat\x0c"])
def test_a_mirax_names_only_its_own_files(name: str, pool: PixelPool, tmp_path: Path) -> None:
    spread_slides.write_mirax(tmp_path / "other.mrxs")
    spread_slides.write_mirax(tmp_path / "slide.mrxs")
    key_file = tmp_path / "slide/Slidedat.ini"
    for key in ("FILE_0 = Data0000.dat", "INDEXFILE = Index.dat"):
        text = key_file.read_text(encoding="utf-8")
        key_file.write_text(text.replace(key, f"{key.partition(' ')[0]} = {name}"), encoding="utf-8")
        with pytest.raises(errors.MissingCompanion) as refusal:
            pool.inspect(str(tmp_path / "slide.mrxs"))
        assert refusal.value.code == "companion_unsafe"
        assert "other" not in refusal.value.text
        key_file.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("key", ["ImageFile", "ImageFile(1,0)", "MapFile", "MacroImage", "OptimisationFile"])
def test_a_vms_names_only_its_own_files(key: str, name: str, tmp_path: Path) -> None:
    spread_slides.write_vms(tmp_path / "slide.vms")
    lines = (tmp_path / "slide.vms").read_text(encoding="utf-8").splitlines()
    lines = [f"{key}={name}" if line.startswith(f"{key}=") else line for line in lines]
    with pytest.raises(errors.MissingCompanion) as refusal:
        companions.named_files(".vms", "\n".join(lines).encode())
    assert refusal.value.code == "companion_unsafe"


@pytest.mark.parametrize("what", ["a file", "the folder", "the key file", "a pipe"])
def test_links_and_pipes_are_refused(what: str, pool: PixelPool, tmp_path: Path) -> None:
    spread_slides.write_mirax(tmp_path / "other.mrxs")
    spread_slides.write_mirax(tmp_path / "slide.mrxs")
    name = {"a file": "Data0000.dat", "the key file": "Slidedat.ini", "a pipe": "Data0000.dat"}.get(what)
    if name is None:
        (tmp_path / "slide").rename(tmp_path / "elsewhere")
        (tmp_path / "slide").symlink_to("elsewhere")
    else:
        (tmp_path / "slide" / name).unlink()
        if what == "a pipe":
            os.mkfifo(tmp_path / "slide" / name)
        else:
            (tmp_path / "slide" / name).symlink_to(tmp_path / "other" / name)
    with pytest.raises(errors.MissingCompanion) as refusal:
        pool.inspect(str(tmp_path / "slide.mrxs"))
    assert refusal.value.code == "companion_unsafe"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("IMAGENUMBER_X = 999999999", "too_many_tiles"),
        ("IMAGENUMBER_X = +9999999999999999999999999", "too_many_tiles"),
        ("DIGITIZER_WIDTH = 2147483647", "tile_size"),
    ],
)
def test_numbers_that_would_fill_memory_are_refused_first(line: str, code: str, tmp_path: Path) -> None:
    spread_slides.write_mirax(tmp_path / "slide.mrxs")
    text = (tmp_path / "slide/Slidedat.ini").read_text(encoding="utf-8")
    with pytest.raises(errors.LimitExceeded) as refusal:
        companions.named_files(".mrxs", (text + line + "\n").encode())
    assert refusal.value.code == code


def test_a_key_file_without_end_or_without_names_is_refused() -> None:
    for raw in (b"", b"[GENERAL]\n", b"\xff\xfe\0x", b"FILE_0 = a.dat\n" * 100_000):
        with pytest.raises(errors.ReaderError):
            companions.named_files(".mrxs", raw)
