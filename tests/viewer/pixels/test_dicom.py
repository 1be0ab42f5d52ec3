"""DICOM frames, pixel by pixel against pydicom and against themselves in another transfer syntax."""

import gzip
import io
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom import uid
from pydicom.pixels import pixel_array
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut

from viewer.readers import dicom_decode, errors
from viewer.tiles.pool import Encoded, PixelPool

Opened = Callable[[Path], tuple[dict[str, Any], dict[str, Any]]]
Array = np.ndarray[Any, Any]
pytestmark = pytest.mark.filterwarnings("ignore")
logging.getLogger("pydicom").setLevel(logging.CRITICAL)


def values_of(encoded: Encoded) -> Array:
    """A values frame in modality units."""
    headers = encoded.headers
    assert headers["Content-Encoding"] == "gzip"
    samples = np.frombuffer(gzip.decompress(encoded.body), dtype={"int16": "<i2", "uint16": "<u2"}[headers["Mitate-Pixel-Type"]])
    picture = samples.reshape(int(headers["Mitate-Rows"]), int(headers["Mitate-Columns"]))
    return picture * float(headers["Mitate-Rescale-Slope"]) + float(headers["Mitate-Rescale-Intercept"])


def colours_of(encoded: Encoded) -> Array:
    """A colour frame as RGB."""
    assert encoded.content_type == "image/jpeg"
    return np.asarray(Image.open(io.BytesIO(encoded.body)).convert("RGB")).astype(int)


GREY = [
    "ct/CT_small.dcm",
    "ct/693_J2KI.dcm",
    "ct/explicit_VR-UN.dcm",
    "ct/ct-3slice/02.dcm",
    "ct/ge_head_gantry_tilt/14.dcm",
    "cr/RG1_J2KI.dcm",
    "cr/RG3_J2KR.dcm",
    "dx/dx_monochrome1.dcm",
    "mr/MR_small_RLE.dcm",
    "mr/MR_small_bigendian.dcm",
    "mr/MR_small_padded.dcm",
    "mr/decimal_rescale.dcm",
    "mr/emri/emri_small_RLE.dcm",
    "mr/emri/emri_small_big_endian.dcm",
    "mr/with_overlays.dcm",
    "nm/JPEG2000_UNC.dcm",
    "pt/pet_1.dcm",
    "rt/rt_image.dcm",
    "sc/J2K_pixelrep_mismatch.dcm",
    "sc/mlut_18.dcm",
    "sc/vlut_04.dcm",
    "sc/examples_overlay.dcm",
]


@pytest.mark.parametrize("name", GREY)
def test_grey_values_equal_those_of_pydicom(name: str, pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    path = shared_data / "dicom" / name
    found, source = opened(path)
    assert found["frames"]["encoding"] == "values"
    header = pydicom.dcmread(path, force=True)
    for frame in {0, found["frame_count"] - 1}:
        reference = apply_modality_lut(pixel_array(path, index=frame), header)
        assert np.abs(values_of(pool.frame(source, frame)) - reference).max() < 1e-6


COLOUR = {
    "us/US1_UNCR.dcm": 1.5,
    "us/US1_J2KR.dcm": 1.5,
    "us/esaote_ybr422_raw.dcm": 1.5,
    "us/examples_ybr_color_multiframe.dcm": 1.5,
    "us/acuson_doppler_8f_jpeg_ybr_full.dcm": 1.5,
    "us/acuson_doppler_8f_rgb.dcm": 2.5,
    "us/toshiba_doppler_67f.dcm": 1.5,
    "us/color-pl.dcm": 2.5,
    "us/color-px.dcm": 2.5,
    "us/OBXXXX1A.dcm": 1.5,
    "us/philips_palette_rle_no_pixel_spacing.dcm": 1.5,
    "us/gdcm-US-ALOKA-16.dcm": 1.5,
    "sc/SC_ybr_full_422_uncompressed.dcm": 1.0,
    "sc/SC_ybr_full_uncompressed.dcm": 1.0,
    "sc/SC_jpeg_no_color_transform.dcm": 1.5,
    "sc/SC_rgb_jpeg_app14_dcmd.dcm": 1.5,
    "sc/SC_rgb_dcmtk_+eb+cr.dcm": 1.0,
    "sc/SC_rgb_dcmtk_+eb+cy+s4.dcm": 1.0,
    "sc/SC_rgb_expb_16bit.dcm": 1.0,
    "sc/SC_rgb_32bit.dcm": 1.0,
    "sc/TestPattern_RGB.dcm": 1.5,
    "sc/TestPattern_Palette_16.dcm": 1.5,
    "sc/TestPattern_JPEG-Baseline_YBRFull.dcm": 1.5,
    "sc/GDCMJ2K_TextGBR.dcm": 1.5,
    "op/fundus_rgb_jpeg.dcm": 1.5,
    "endoscopy/multiframe_jpeg_40f.dcm": 1.5,
    "derm/vl_photographic_xc.dcm": 1.5,
}


@pytest.mark.parametrize("name", COLOUR)
def test_colours_equal_those_of_pydicom_but_for_jpeg(name: str, pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    path = shared_data / "dicom" / name
    found, source = opened(path)
    assert found["frames"]["encoding"] == "colour"
    frame = found["frame_count"] - 1
    header = pydicom.dcmread(path, force=True)
    reference = pixel_array(path, index=frame)
    if header.PhotometricInterpretation == "PALETTE COLOR":
        reference = apply_color_lut(reference, header)
    reference = (reference >> 8 * (reference.dtype.itemsize - 1)).astype(int)
    assert np.abs(colours_of(pool.frame(source, frame)) - reference).mean() < COLOUR[name]


def test_test_patterns_have_the_same_colours_in_every_encoding(pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    names = ("TestPattern_RGB", "TestPattern_Palette_16", "TestPattern_JPEG-LS-NearLossless", "TestPattern_JPEG-Baseline_YBRFull")
    pictures = [colours_of(pool.frame(opened(shared_data / f"dicom/sc/{name}.dcm")[1], 0)) for name in names]
    for picture in pictures[1:]:
        assert np.abs(picture - pictures[0]).mean() < 6
        assert np.abs(picture[20:60, 20:60].mean(axis=(0, 1)) - pictures[0][20:60, 20:60].mean(axis=(0, 1))).max() < 8


def test_a_big_endian_palette_gives_the_colours_of_the_little_endian_one(pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    little = opened(shared_data / "dicom/us/OBXXXX1A_rle_2frame.dcm")[1]
    big = opened(shared_data / "dicom/us/OBXXXX1A_expb_2frame.dcm")[1]
    for frame in (0, 1):
        assert (colours_of(pool.frame(little, frame)) == colours_of(pool.frame(big, frame))).all()


LOSSLESS = [
    "BigEndianExplicit",
    "DeflatedExplicitVRLittleEndian",
    "JPEG2000LosslessOnly",
    "JPEGLSLossless",
    "JPEGProcess14",
    "JPEGProcess14SV1",
    "LittleEndianImplicit",
    "RLELossless",
]


@pytest.mark.parametrize("syntax", LOSSLESS)
def test_lossless_syntaxes_give_one_picture(syntax: str, pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    folder = shared_data / "dicom/ct/one_slice_every_syntax"
    reference = values_of(pool.frame(opened(folder / "LittleEndianExplicit.dcm")[1], 0))
    assert (values_of(pool.frame(opened(folder / f"{syntax}.dcm")[1], 0)) == reference).all()


@pytest.mark.parametrize(("syntax", "most"), [("JPEG2000", 12), ("JPEGLSLossy", 12), ("JPEGProcess2_4", 40)])
def test_lossy_syntaxes_stay_close(syntax: str, most: float, pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    folder = shared_data / "dicom/ct/one_slice_every_syntax"
    reference = values_of(pool.frame(opened(folder / "LittleEndianExplicit.dcm")[1], 0))
    assert np.abs(values_of(pool.frame(opened(folder / f"{syntax}.dcm")[1], 0)) - reference).mean() < most


def test_fragments_and_missing_offset_tables_do_not_matter(pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    folder = shared_data / "dicom/ct/enhanced_fragments"
    names = ("not_fragmented_bot_rle", "not_fragmented_no_bot_rle", "fragmented_no_bot_jpeg_lossless.57", "fragmented_no_bot_jpeg_ls.80")
    for frame in (0, 1):
        pictures = [values_of(pool.frame(opened(folder / f"CT0012.{name}.dcm")[1], frame)) for name in names]
        assert all((picture == pictures[0]).all() for picture in pictures[1:])
        plain = values_of(pool.frame(opened(shared_data / "dicom/ct/enhanced_ct_2f.dcm")[1], frame))
        assert (plain == pictures[0]).all()


def test_jpeg_ls_interleaving_does_not_matter(pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    by_plane, by_sample = (colours_of(pool.frame(opened(shared_data / f"dicom/sc/JLSL_RGB_ILV{n}.dcm")[1], 0)) for n in (0, 2))
    assert np.abs(by_plane - by_sample).max() <= 2


def test_rescale_is_per_frame_where_the_file_says_so(pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    path = shared_data / "dicom/mr/enhanced/philips_8f.dcm"
    found, source = opened(path)
    header = pydicom.dcmread(path)
    for frame in (0, 3, 7):
        item = header.PerFrameFunctionalGroupsSequence[frame].PixelValueTransformationSequence[0]
        reference = pixel_array(path, index=frame) * float(item.RescaleSlope) + float(item.RescaleIntercept)
        encoded = pool.frame(source, frame)
        assert np.abs(values_of(encoded) - reference).max() < 1e-6
        voi = header.PerFrameFunctionalGroupsSequence[frame].FrameVOILUTSequence[0]
        assert float(encoded.headers["Mitate-Window-Center"]) == float(voi.WindowCenter)
    assert len(found["frames"]["positions_mm"]) == 8


@pytest.mark.parametrize("name", ["sc/parametric_map_float.dcm", "sc/parametric_map_double_float.dcm"])
def test_float_pixels_keep_their_values_to_16_bits(name: str, pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    path = shared_data / "dicom" / name
    reference = pixel_array(path)
    step = (reference.max() - reference.min()) / 65_535
    assert np.abs(values_of(pool.frame(opened(path)[1], 0)) - reference).max() <= step


def test_dose_is_in_gray(pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    path = shared_data / "dicom/rt/rtdose.dcm"
    reference = pixel_array(path, index=3) * float(pydicom.dcmread(path).DoseGridScaling)
    assert np.abs(values_of(pool.frame(opened(path)[1], 3)) - reference).max() < 1e-5


def test_single_bit_frames_are_cut_at_the_bit(pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    path = shared_data / "dicom/sc/multiframe_single_bit_3f.dcm"
    reference = pydicom.dcmread(path).pixel_array
    source = opened(path)[1]
    for frame in range(3):
        assert (values_of(pool.frame(source, frame)) == reference[frame]).all()


def test_monochrome1_is_marked_and_thumbnails_are_turned(pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    path = shared_data / "dicom/cr/burned_in_pseudo_phi_monochrome1.dcm"
    found, source = opened(path)
    assert found["frames"]["invert"] is True
    encoded = pool.frame(source, 0)
    assert encoded.headers["Mitate-Invert"] == "1"
    thumbnail = np.asarray(Image.open(io.BytesIO(pool.thumbnail(source, max_px=128).body)).convert("L")).astype(float)
    stored = Image.fromarray(values_of(encoded).astype(np.float32)).resize(thumbnail.shape[::-1], Image.Resampling.BOX)
    assert np.corrcoef(thumbnail.ravel(), np.asarray(stored).ravel())[0, 1] < -0.7


SPACING = {
    "ct/CT_small.dcm": (661.468, 661.468, "PixelSpacing"),
    "mr/enhanced/siemens_8f.dcm": (937.5, 937.5, "PixelSpacing"),
    "us/toshiba_doppler_67f.dcm": (324.074, 324.074, "SequenceOfUltrasoundRegions"),
    "us/US1_UNCR.dcm": None,
}


@pytest.mark.parametrize("name", SPACING)
def test_spacing(name: str, opened: Opened, shared_data: Path) -> None:
    spacing = opened(shared_data / "dicom" / name)[0]["spacing"]
    expected = SPACING[name]
    if expected is None:
        assert spacing is None
    else:
        assert (spacing["x_um"], spacing["y_um"], spacing["source"]) == (pytest.approx(expected[0], rel=1e-4), *expected[1:])


def test_spacing_columns_are_x_and_rows_are_y(tmp_path: Path, opened: Opened, shared_data: Path) -> None:
    dataset = pydicom.dcmread(shared_data / "dicom/ct/CT_small.dcm")
    dataset.PixelSpacing = [0.5, 0.25]
    dataset.save_as(tmp_path / "oblong.dcm")
    assert opened(tmp_path / "oblong.dcm")[0]["spacing"] == {"x_um": 250.0, "y_um": 500.0, "source": "PixelSpacing"}
    del dataset.PixelSpacing
    dataset.ImagerPixelSpacing = [0.1, 0.2]
    dataset.save_as(tmp_path / "detector.dcm")
    found = opened(tmp_path / "detector.dcm")[0]
    assert found["spacing"] == {"x_um": 200.0, "y_um": 100.0, "source": "ImagerPixelSpacing"}
    assert "spacing_at_detector" in found["warnings"]


FRAME_TIME = {
    "us/toshiba_doppler_67f.dcm": 33.333,
    "us/hp_pediatric_34f.dcm": 30.0,
    "xa/rubo_96f.dcm": 33.0,
    "endoscopy/multiframe_jpeg_40f.dcm": 40.0,
    "ct/CT_small.dcm": None,
}


@pytest.mark.parametrize("name", FRAME_TIME)
def test_frame_time(name: str, opened: Opened, shared_data: Path) -> None:
    recorded = opened(shared_data / "dicom" / name)[0]["frames"]["frame_time_ms"]
    assert recorded == (None if FRAME_TIME[name] is None else pytest.approx(FRAME_TIME[name], rel=1e-3))


def test_frame_time_vector_and_cine_rate(tmp_path: Path, opened: Opened, shared_data: Path) -> None:
    dataset = pydicom.dcmread(shared_data / "dicom/us/acuson_doppler_8f_rgb.dcm")
    dataset.FrameTime = None
    dataset.FrameTimeVector = [0, 40, 40, 41, 40, 39, 40, 40]
    dataset.save_as(tmp_path / "vector.dcm")
    assert opened(tmp_path / "vector.dcm")[0]["frames"]["frame_time_ms"] == 40.0
    del dataset.FrameTimeVector
    dataset.CineRate = 25
    dataset.save_as(tmp_path / "rate.dcm")
    assert opened(tmp_path / "rate.dcm")[0]["frames"]["frame_time_ms"] == 40.0


def test_slices_project_onto_their_normal_in_order(opened: Opened, shared_data: Path) -> None:
    files = [shared_data / f"dicom/ct/ge_head_gantry_tilt/{number:02}.dcm" for number in range(1, 29)]
    places = [opened(path)[0]["dicom"]["position_mm"] for path in files]
    steps = np.diff(places)
    assert (steps > 0).all() or (steps < 0).all()


def test_a_series_of_files_is_one_stack(pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    paths = [str(shared_data / f"dicom/ct/ct-3slice/0{number}.dcm") for number in (1, 2, 3)]
    source = {"engine": "dicom", "kind": "frames", "paths": paths, "frame_map": [[2, 0], [1, 0], [0, 0]], "encoding": "values"}
    for frame, path in enumerate(reversed(paths)):
        single = opened(Path(path))[1]
        assert pool.frame(source, frame).body == pool.frame(single, 0).body
    for bad in (3, -1):
        with pytest.raises(errors.OutOfRange) as refusal:
            pool.frame(source, bad)
        assert refusal.value.code == "no_such_frame"
    assert pool.thumbnail(source).body[:2] == b"\xff\xd8"


def test_ct_brings_presets_and_windows_of_the_file_come_first(opened: Opened, shared_data: Path) -> None:
    windows = opened(shared_data / "dicom/ct/ct-3slice/01.dcm")[0]["frames"]["windows"]
    names = [window["name"] for window in windows]
    assert names[-4:] == ["brain", "soft tissue", "lung", "bone"]
    assert "auto" in names[1:]


def test_regions_of_frames(pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    _, source = opened(shared_data / "dicom/us/US1_UNCR.dcm")
    region = Image.open(io.BytesIO(pool.region(source, x=100, y=50, width=200, height=100, out_width=200, out_height=100).body))
    reference = pixel_array(shared_data / "dicom/us/US1_UNCR.dcm")[50:150, 100:300]
    assert (np.asarray(region) == reference).all()


def test_cine_frames_are_read_one_by_one(pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    path = shared_data / "dicom/xa/philips_cath_75f.dcm"
    found, source = opened(path)
    assert found["frame_count"] == 75
    for frame in (0, 37, 74):
        assert (values_of(pool.frame(source, frame)) == pixel_array(path, index=frame)).all()


CANARY = "CANARYNAME"
IDENTIFYING = {
    "PatientName": f"{CANARY}^Taro",
    "PatientBirthDate": "19610203",
    "OtherPatientIDs": CANARY,
    "PatientAddress": CANARY,
    "InstitutionName": CANARY,
    "InstitutionAddress": CANARY,
    "ReferringPhysicianName": CANARY,
    "OperatorsName": CANARY,
    "StationName": CANARY,
    "AccessionNumber": CANARY[:10],
    "StudyID": CANARY[:10],
    "StudyDescription": CANARY,
    "DeviceSerialNumber": CANARY,
    "PatientComments": CANARY,
    "ImageComments": CANARY,
    "ProtocolName": CANARY,
    "RequestingPhysician": CANARY,
    "PerformedProcedureStepDescription": CANARY,
}


def test_an_inspection_holds_no_identifier_but_the_patient_id(tmp_path: Path, opened: Opened, shared_data: Path) -> None:
    dataset = pydicom.dcmread(shared_data / "dicom/ct/CT_small.dcm")
    for keyword, value in IDENTIFYING.items():
        setattr(dataset, keyword, value)
    dataset.PatientID = "ID-CANARY-1"
    dataset.save_as(tmp_path / "named.dcm")
    found = opened(tmp_path / "named.dcm")[0]
    assert found["dicom"].pop("patient_id") == "ID-CANARY-1"
    assert "CANARY" not in str(found)
    assert "1961" not in str(found)
    assert found["acquisition"]["Manufacturer"] == "GE MEDICAL SYSTEMS"
    assert found["acquisition"]["KVP"] == 120.0


def test_age_comes_from_the_age_or_the_dates(tmp_path: Path, opened: Opened, shared_data: Path) -> None:
    dataset = pydicom.dcmread(shared_data / "dicom/ct/CT_small.dcm")
    for age, birth, years in (("045Y", "", 45), ("018M", "", 1), ("", "19610203", 42), ("", "garbage", None), ("", "", None)):
        dataset.PatientAge, dataset.PatientBirthDate = age, birth
        dataset.save_as(tmp_path / "age.dcm")
        assert opened(tmp_path / "age.dcm")[0]["dicom"]["age_years"] == years


def test_text_of_the_file_is_one_harmless_line(opened: Opened, shared_data: Path) -> None:
    found = opened(shared_data / "malformed/dicom/newlines_header_injection.dcm")[0]
    assert all("\n" not in str(value) and "\r" not in str(value) for value in str(found).splitlines())


def test_refusals_name_what_it_is(pool: PixelPool, shared_data: Path) -> None:
    for name, code, words in (
        ("doc/encapsulated_pdf.dcm", "no_pixels", "PDF"),
        ("waveform/waveform_ecg.dcm", "no_pixels", "ECG"),
        ("rt/rtstruct.dcm", "no_pixels", "RT Structure"),
        ("ko/key_object_selection.dcm", "no_pixels", "Key Object"),
        ("dicomdir/DICOMDIR", "dicomdir", ""),
    ):
        with pytest.raises(errors.UnsupportedFormat) as refusal:
            pool.inspect(str(shared_data / "dicom" / name))
        assert refusal.value.code == code
        assert words in refusal.value.text


@pytest.mark.parametrize("process", ["2_4", "6_8", "10_12"])
def test_twelve_bit_jpeg_in_all_its_orders(process: str, pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    """Sequential, spectral selection, full progression: one picture, to within what lossy coding does."""
    folder = shared_data / "dicom/ct/one_slice_every_syntax"
    plain = values_of(pool.frame(opened(folder / "LittleEndianExplicit.dcm")[1], 0))
    found = values_of(pool.frame(opened(folder / f"JPEGProcess{process}.dcm")[1], 0))
    sequential = values_of(pool.frame(opened(folder / "JPEGProcess2_4.dcm")[1], 0))
    assert (found == sequential).all()
    assert np.abs(found - plain).mean() < np.abs(plain - plain.mean()).mean()


def test_what_else_is_installed_decodes_nothing() -> None:
    """pydicom would ask GDCM first where that is installed, and GDCM ends the process on odd files."""
    read = (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit, uid.JPEGLosslessSV1, uid.JPEGLSLossless, uid.JPEG2000, uid.HTJ2K, uid.RLELossless)
    for syntax in read:
        assert set(dicom_decode.plugins_for(syntax)) <= {"imagecodecs", "pylibjpeg", "pillow", "pydicom"}
        assert dicom_decode.plugins_for(syntax)


@pytest.mark.parametrize(("value", "limit"), [(-2000, None), (-2000, -1500)])
def test_padding_is_no_part_of_the_automatic_window(
    *, value: int, limit: int | None, tmp_path: Path, opened: Opened, shared_data: Path
) -> None:
    """A circle of CT in a square: what lies outside is said to be no pixel, one value or a range of them."""
    header = pydicom.dcmread(shared_data / "dicom/ct/CT_small.dcm")
    plain = opened(shared_data / "dicom/ct/CT_small.dcm")[0]["frames"]["windows"]
    header.PixelRepresentation = 1
    pixels = header.pixel_array.copy()
    pixels[:32] = value
    pixels[96:] = value if limit is None else limit
    header.PixelData = pixels.astype("<i2").tobytes()
    header.PixelPaddingValue = value
    if limit is not None:
        header.add_new(0x00280121, "SS", limit)
    header.save_as(tmp_path / "padded.dcm")
    padded = opened(tmp_path / "padded.dcm")[0]["frames"]["windows"]
    automatic = [next(window for window in windows if window["name"] == "auto") for windows in (plain, padded)]
    assert automatic[1]["center"] - automatic[1]["width"] / 2 > value + 500 + float(header.RescaleIntercept)


def test_a_modality_table_of_signed_pixels_begins_below_zero(tmp_path: Path, pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    """Its descriptor holds the first value as unsigned, where the file is read without knowing better."""
    header = pydicom.dcmread(shared_data / "dicom/ct/CT_small.dcm")
    pixels = np.arange(-100, -100 + 128 * 128, dtype=np.int64).reshape(128, 128) % 200 - 100
    header.PixelData = pixels.astype("<i2").tobytes()
    del header.RescaleSlope, header.RescaleIntercept
    item = pydicom.Dataset()
    item.add_new(0x00283002, "US", [200, 65_536 - 100, 16])
    item.add_new(0x00283006, "OW", np.arange(1000, 1200).astype("<u2").tobytes())
    item.ModalityLUTType = "US"
    header.ModalityLUTSequence = [item]
    header.save_as(tmp_path / "signed.dcm")
    assert (values_of(pool.frame(opened(tmp_path / "signed.dcm")[1], 0)) == pixels + 1100).all()


def test_a_segmented_palette_is_the_palette_it_stands_for(tmp_path: Path, pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    """Discrete and linear segments (PS3.3 C.7.9.2) against the same colours entry by entry."""
    header = pydicom.dcmread(shared_data / "dicom/us/OBXXXX1A.dcm")
    ramp = np.concatenate([np.zeros(1), np.linspace(0, 65_535, 256)[1:]]).round().astype(int)
    discrete = [0, 1, 0]
    linear = [1, 255, 65_535]
    for colour in ("Red", "Green", "Blue"):
        setattr(header, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 16])
        delattr(header, f"{colour}PaletteColorLookupTableData")
        setattr(header, f"Segmented{colour}PaletteColorLookupTableData", np.array(discrete + linear, "<u2").tobytes())
    header.save_as(tmp_path / "segmented.dcm")
    indices = np.asarray(header.pixel_array)
    shown = colours_of(pool.frame(opened(tmp_path / "segmented.dcm")[1], 0))
    assert np.abs(shown - np.stack([ramp[indices] >> 8] * 3, axis=-1)).mean() < 1.5
