"""LZW tiles by libtiff are the very samples that tifffile's own decoder finds, and what it cannot decode is left to that."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
import tifffile

from viewer.readers import tiff_lzw

_LAYOUTS = list(product("<>", (1, 2), (np.uint8, np.uint16), (1, 2, 3, 4)))


@pytest.mark.parametrize(("byte_order", "predictor", "dtype", "samples"), _LAYOUTS)
def test_every_layout_is_decoded_alike(tmp_path: Path, byte_order: str, predictor: int, dtype: type, samples: int) -> None:
    pixels = np.random.default_rng(1).integers(0, np.iinfo(dtype).max, (100, 150, samples), endpoint=True).astype(dtype)
    tifffile.imwrite(
        tmp_path / "lzw.tif",
        pixels if samples > 1 else pixels[:, :, 0],
        tile=(64, 48),
        compression="lzw",
        predictor=predictor == 2,
        byteorder=byte_order,
        photometric="rgb" if samples >= 3 else "minisblack",
        planarconfig="contig" if samples > 1 else None,
    )
    raw = (tmp_path / "lzw.tif").read_bytes()
    with tifffile.TiffFile(tmp_path / "lzw.tif") as file:
        page = file.pages.first
        assert tiff_lzw.takes(page)
        for index, (offset, count) in enumerate(zip(page.dataoffsets, page.databytecounts, strict=True)):
            stored = raw[offset : offset + count]
            expected = np.asarray(page.decode(stored, index)[0])[0]
            found = tiff_lzw.decode_tile(stored, page, file.byteorder)
            assert found.shape == (64, 48, samples)
            np.testing.assert_array_equal(found[: expected.shape[0], : expected.shape[1]], expected)


@pytest.mark.parametrize("damage", [b"", b"\x00", b"\xff" * 200])
def test_a_broken_tile_is_an_error_and_no_picture(tmp_path: Path, damage: bytes) -> None:
    tifffile.imwrite(tmp_path / "lzw.tif", np.zeros((64, 64, 3), np.uint8), tile=(64, 64), compression="lzw", photometric="rgb")
    with tifffile.TiffFile(tmp_path / "lzw.tif") as file, pytest.raises(RuntimeError):
        tiff_lzw.decode_tile(damage, file.pages.first, file.byteorder)


def test_other_compressions_are_not_taken(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "deflate.tif", np.zeros((64, 64, 3), np.uint8), tile=(64, 64), compression="zlib", photometric="rgb")
    with tifffile.TiffFile(tmp_path / "deflate.tif") as file:
        assert not tiff_lzw.takes(file.pages.first)
