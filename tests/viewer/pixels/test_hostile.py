"""Every broken or hostile file ends as a reason or as a picture, soon, and in little memory."""

import csv
import random
import resource
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from viewer.readers import errors
from viewer.tiles.pool import PixelPool

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
FOLDERS = ("dicom", "photo", "tiff", "real_dicom")

# What opens, because its harm is elsewhere (text, dates, names) or none; all other files must be refused.
OPENS = {
    "dicom/bidi_and_control_in_name.dcm",
    "dicom/csv_formula_in_id.dcm",
    "dicom/impossible_dates.dcm",
    "dicom/newlines_header_injection.dcm",
    "dicom/no_sequence_delimiter.dcm",
    "dicom/offset_table_out_of_range.dcm",
    "dicom/pixel_spacing_zero_negative.dcm",
    "dicom/preamble_is_exe.dcm",
    "dicom/preamble_is_html.dcm",
    "dicom/same_uid_two_patients_1.dcm",
    "dicom/same_uid_two_patients_2.dcm",
    "dicom/sql_in_accession.dcm",
    "dicom/tags_out_of_order_and_twice.dcm",
    "dicom/template_in_description.dcm",
    "dicom/window_is_nan.dcm",
    "dicom/window_width_zero_slope_zero.dcm",
    "dicom/xss_in_names.dcm",
    "photo/..%2f..%2fevil.jpg",
    "photo/exif_script_and_long_comment.jpg",
    "photo/jpeg_comment_html.jpg",
    "photo/jpeg_then_zip.jpg",
    "photo/very_" + "long" * 50 + ".jpg",
    "photo/名前 with spaces & quotes '.jpg",
    "tiff/aperio_mpp_nan.svs",
    "tiff/png_named.tif",
    "real_dicom/CTImageStorage_bad_meta.dcm",
    "real_dicom/emri_small_jpeg_2k_lossless_too_short.dcm",
}
# Called importable, but its name element swallows the tag after it, so no image is left to find.
REFUSED_THOUGH_CALLED_IMPORTABLE = {"dicom/bad_charset_bytes.dcm"}
ALL_FILES = sorted(p for folder in FOLDERS for p in (DATA / "malformed" / folder).rglob("*") if p.is_file())


@pytest.mark.parametrize("path", ALL_FILES, ids=lambda path: path.name[:60])
def test_it_is_refused_with_a_reason_or_opens_and_draws(
    path: Path, pool: PixelPool, opened: Callable[[Path], tuple[dict[str, Any], dict[str, Any]]]
) -> None:
    name = path.relative_to(DATA / "malformed").as_posix()
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.monotonic()
    refusal = None
    try:
        found, source = opened(path)
    except errors.ReaderError as error:
        refusal = error
    if refusal is not None:
        assert name not in OPENS
        assert refusal.code in errors.REASONS
        assert not isinstance(refusal, errors.WorkerCrashed | errors.WorkerTimeout)
        assert "CANARY" not in refusal.text
        assert str(path.parent) not in refusal.text
    else:
        assert name in OPENS
        first = pool.frame(source, 0) if found["kind"] == "frames" else pool.tile(source, 0, 0, 0)
        assert first.body
        assert pool.thumbnail(source).body[:2] == b"\xff\xd8"
    assert time.monotonic() - started < 30
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 64 * 1024


def test_the_list_agrees_with_what_was_expected_of_each_file() -> None:
    with (DATA / "malformed" / "expected.csv").open(encoding="utf-8") as file:
        expected = {row["path"]: row["expected"] for row in csv.DictReader(file)}
    for path in ALL_FILES:
        name = path.relative_to(DATA / "malformed").as_posix()
        words = expected.get(name, "")
        if words.startswith(("rejected", "refused")) and " or " not in words and " ignored" not in words:
            assert name not in OPENS, name
        if words.startswith(("imported", "opens without", "drawn", "stored", "served", "shown")) and ", or " not in words:
            assert name in OPENS | REFUSED_THOUGH_CALLED_IMPORTABLE, name


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("dicom/jpeg_bomb_65500.dcm", "too_many_pixels"),
        ("dicom/huge_rows_columns.dcm", "too_many_pixels"),
        ("dicom/huge_number_of_frames.dcm", "too_many_frames"),
        ("dicom/deflate_bomb_300MB.dcm", "expands_too_far"),
        ("dicom/unknown_transfer_syntax.dcm", "unsupported_transfer_syntax"),
        ("dicom/uid_path_traversal.dcm", "uid_invalid"),
        ("dicom/palette_short_tables.dcm", "palette_invalid"),
        ("dicom/truncated_80.dcm", "truncated"),
        ("dicom/not_dicom_text.dcm", "not_dicom"),
        ("dicom/empty.dcm", "empty_file"),
        ("photo/png_bomb_1bit_50000.png", "too_many_pixels"),
        ("photo/svg_script.svg", "vector_not_supported"),
        ("tiff/mrxs_bad_index.mrxs", "companion_unsafe"),
        ("tiff/vms_path_traversal.vms", "companion_unsafe"),
        ("tiff/mrxs_without_folder.mrxs", "companion_files"),
        ("tiff/deflate_bomb_shared_tile.tif", "tile_size"),
        ("tiff/one_pixel_tiles.tif", "tile_size"),
        ("tiff/twenty_thousand_ifds.tif", "too_many_tiles"),
        ("tiff/leica_xml_entity_bomb.scn", "external_entity"),
        ("tiff/philips_xml_external_entity.tiff", "external_entity"),
        ("tiff/ifd_loop_to_itself.tif", "malformed"),
        ("tiff/max_uint32_dimensions.tif", "too_many_pixels"),
    ],
)
def test_the_reason_is_the_right_one(name: str, code: str, pool: PixelPool) -> None:
    with pytest.raises(errors.ReaderError) as refusal:
        pool.inspect(str(DATA / "malformed" / name))
    assert refusal.value.code == code


def test_impossible_scales_are_not_believed(opened: Callable[[Path], tuple[dict[str, Any], dict[str, Any]]]) -> None:
    for name in ("dicom/pixel_spacing_zero_negative.dcm", "tiff/aperio_mpp_nan.svs"):
        assert opened(DATA / "malformed" / name)[0]["spacing"] is None
    windows = opened(DATA / "malformed/dicom/window_is_nan.dcm")[0]["frames"]["windows"]
    assert [window["name"] for window in windows] == ["auto"]


def test_mutated_files_end_with_a_code(pool: PixelPool, shared_data: Path, tmp_path: Path) -> None:
    seeds = ("dicom/ct/CT_small.dcm", "dicom/mr/MR_small_RLE.dcm", "wsi/dicom/highdicom_tiny/sm_image.dcm", "photo/exif/lossy.webp")
    dice = random.Random(20261121)  # noqa: S311 -- repeatable mutations, no secret
    for number in range(160):
        raw = bytearray((shared_data / seeds[number % len(seeds)]).read_bytes())
        for _ in range(dice.choice((1, 3, 10, 40))):
            raw[dice.randrange(min(len(raw), 2500))] = dice.choice((0, 127, 128, 255))
        path = tmp_path / "mutated.bin"
        path.write_bytes(raw)
        try:
            assert pool.inspect(str(path))["width"] > 0
        except errors.ReaderError as refusal:
            assert refusal.code in errors.REASONS  # noqa: PT017 -- either outcome is right


def _png_with(shared_data: Path, tmp_path: Path, offset: int, value: int) -> Path:
    """The start of a colour PNG with one header integer changed and the header's check sum made right again."""
    raw = bytearray((shared_data / "photo/exif/alpha.png").read_bytes()[:4_000])
    raw[offset : offset + 4] = value.to_bytes(4, "big")
    raw[29:33] = zlib.crc32(raw[12:29]).to_bytes(4, "big")
    path = tmp_path / "broken.png"
    path.write_bytes(raw)
    return path


def test_lengths_beyond_the_file_reserve_no_memory(tmp_path: Path, shared_data: Path) -> None:
    small = PixelPool(workers=1, memory_limit_bytes=1 << 30)
    raw = bytearray((shared_data / "dicom/ct/CT_small.dcm").read_bytes())
    place = raw.index(b"\x28\x00\x30\x00DS")  # becomes a value of almost 4 GiB
    raw[place + 4 : place + 12] = b"OB\0\0\xf0\xff\xff\xff"
    (tmp_path / "long.dcm").write_bytes(raw)
    raw = bytearray((shared_data / "dicom/pr/prOverlay.dcm").read_bytes())
    place = raw.index(b"\x08\x60\x00\x30OW")  # a bitmap that is looked up later, as large values are
    raw[place + 8 : place + 12] = b"\xf0\xff\xff\x7f"
    (tmp_path / "later.dcm").write_bytes(raw)
    assert small.inspect(str(tmp_path / "later.dcm"))["kind"] == "presentation"
    for path in (tmp_path / "long.dcm", _png_with(shared_data, tmp_path, 33, 0xFFFFFFF0)):
        with pytest.raises(errors.ReaderError) as refusal:
            small.inspect(str(path))
        assert refusal.value.code in {"no_pixels", "malformed", "pixels_undecodable"}
    small.close()


def test_more_pixels_than_deflate_could_hold_are_refused_before_decoding(pool: PixelPool, tmp_path: Path, shared_data: Path) -> None:
    path = _png_with(shared_data, tmp_path, 20, 240_000)  # 115 megapixels are allowed, but not out of 4 kB
    with pytest.raises(errors.MalformedFile) as refusal:
        pool.inspect(str(path))
    assert refusal.value.code == "truncated"


def test_a_slide_whose_offset_table_points_elsewhere_is_refused(pool: PixelPool, tmp_path: Path, shared_data: Path) -> None:
    raw = bytearray((shared_data / "wsi/dicom/he_pyramid_jpeg/level1.dcm").read_bytes())
    table = raw.index(b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0") + 20
    raw[table + 52 + 2] = 0x7F
    path = tmp_path / "slide.dcm"
    path.write_bytes(raw)
    with pytest.raises(errors.MalformedFile) as refusal:
        pool.inspect(str(path))
    assert refusal.value.code == "malformed"
