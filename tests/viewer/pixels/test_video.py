"""Video: the frame index and the pixels against an independent decoder, and files that are broken."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image

from tests import clips
from viewer.geometry import Level0Point, RegionRequest, Size
from viewer.readers.errors import MalformedFile, OutOfRange, ReaderError, UnsupportedFormat
from viewer.readers.registry import open_reader
from viewer.readers.video import times as frame_times
from viewer.readers.video.reader import VideoReader
from viewer.readers.video.spans import Spans
from viewer.tiles.pool import PixelPool

DICOM = "dicom/endoscopy/video_endoscopic_h264.dcm"
KINDS: dict[str, dict[str, Any]] = {
    "h264.mp4": {"steps": clips.UNEVEN},
    "h264-open.mp4": {"options": {"x264-params": "open-gop=1:bframes=3:keyint=12:scenecut=0"}, "keys_every": 12},
    "h264-one-key.mp4": {"keys_every": 250},
    "h264-fragments.mp4": {"steps": clips.UNEVEN, "container": {"movflags": "frag_keyframe+empty_moov+default_base_moof"}},
    "h264.mov": {},
    "h264.mkv": {"steps": clips.UNEVEN},
    "hevc.mp4": {"codec": "libx265", "options": {"preset": "ultrafast", "x265-params": "bframes=3:log-level=none"}},
    "vp9.webm": {"codec": "libvpx-vp9", "steps": clips.UNEVEN, "options": {"auto-alt-ref": "1", "lag-in-frames": "16"}},
    "vp8-live.webm": {"codec": "libvpx", "container": {"live": "1"}},
    "vp8.webm": {"codec": "libvpx", "options": {"auto-alt-ref": "1", "lag-in-frames": "16"}},
    "mjpeg.avi": {"codec": "mjpeg"},
    "ffv1.avi": {"codec": "ffv1"},
    "mpeg4.avi": {"codec": "mpeg4"},
}


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A clip of a kind, made once."""
    folder = tmp_path_factory.mktemp("clips")

    def made(name: str) -> Path:
        path = folder / name
        return path if path.exists() else clips.make(path, **KINDS[name])

    return made


def pixels(answer: Any) -> Any:
    """The pixels of an answer, rows x columns x (red, green, blue)."""
    return np.asarray(Image.open(io.BytesIO(answer.body)).convert("RGB"))


def opened(path: Path) -> VideoReader:
    reader = open_reader(str(path))
    assert isinstance(reader, VideoReader)
    return reader


@pytest.mark.parametrize("name", KINDS)
def test_index_and_pixels_are_those_of_an_independent_decoder(name: str, clip: Callable[[str], Path]) -> None:
    reader, expected = opened(clip(name)), clips.decoded(clip(name))
    found = reader.inspect()
    assert found.frame_count == len(expected) == 60
    begin = reader.times.starts[0] * reader.times.tick_s - expected[0][0]
    assert [start * reader.times.tick_s - begin for start in reader.times.starts] == [at for at, _ in expected]
    # There and back again, and far apart: always the frame that was asked for.
    for frame in (0, 59, 1, 58, 23, 24, 25, 22, 40, 39, 38, 12, 11, 59, 0):
        shown = pixels(reader.frame(frame))
        assert clips.number_in(shown) == frame
        assert np.abs(shown.astype(int) - expected[frame][1]).mean() < 3
    reader.close()


def test_uneven_times_are_kept(clip: Callable[[str], Path]) -> None:
    reader = opened(clip("h264.mp4"))
    found = reader.inspect()
    assert "frame_rate_varies" in found.warnings
    assert reader.times.durations[:8] == [512, 512, 512, 1536] * 2
    assert reader.times.nearest(reader.times.seconds(17) + 0.001) == 17
    assert "frame_rate_varies" not in opened(clip("vp8.webm")).inspect().warnings, "rounding to milliseconds is no variation"


def test_the_index_survives_the_disk(clip: Callable[[str], Path]) -> None:
    for name in KINDS:
        times = opened(clip(name)).times
        packed = frame_times.pack(times)
        assert packed == frame_times.pack(times)
        again = frame_times.unpack(packed)
        assert (list(again.starts), again.end, list(again.keys), again.tick_s) == (
            list(times.starts), times.end, list(times.keys), times.tick_s,
        )  # fmt: skip
        assert len(packed) < 400
    with pytest.raises(frame_times.UnusableTimes):
        frame_times.unpack(packed[:-12])


def test_stored_jpegs_are_handed_over(clip: Callable[[str], Path], shared_data: Path) -> None:
    path = shared_data / "video/endoscopy_mjpeg.avi"
    reader, raw = opened(path), path.read_bytes()
    body = reader.frame(7).body
    scan = body.index(b"\xff\xda")
    assert body[scan:] in raw, "the entropy-coded data are the file's own"
    assert Image.open(io.BytesIO(body)).size == (640, 480)
    assert np.abs(pixels(reader.frame(7)).astype(int) - clips.decoded(path)[7][1]).mean() < 2


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_video_is_shown_upright(degrees: int, tmp_path: Path) -> None:
    path = clips.make(tmp_path / "turned.mp4", frames=8, rotation=degrees)
    reader = opened(path)
    found = reader.inspect()
    stored = clips.picture(5)
    upright = np.rot90(stored, k=-degrees // 90)
    assert (found.size.height, found.size.width) == upright.shape[:2]
    assert np.abs(pixels(reader.frame(5)).astype(int) - upright).mean() < 6


def test_what_an_edit_cuts_off_is_no_frame(tmp_path: Path) -> None:
    path = clips.make(tmp_path / "cut.mp4", frames=40)
    raw = bytearray(path.read_bytes())
    at = raw.index(b"elst") + 4
    assert raw[at + 4 : at + 8] == b"\0\0\0\1"
    media = int.from_bytes(raw[at + 12 : at + 16], "big")
    raw[at + 12 : at + 16] = (media + 10 * clips.EVEN).to_bytes(4, "big")
    raw[at + 8 : at + 12] = (20 * 40).to_bytes(4, "big")  # the movie's ticks are milliseconds
    path.write_bytes(bytes(raw))
    reader, expected = opened(path), clips.decoded(path)
    assert reader.inspect().frame_count == len(expected) == 20
    assert reader.times.seconds(0) == expected[0][0] == 0
    assert [clips.number_in(pixels(reader.frame(frame))) for frame in (0, 9, 19)] == [10, 19, 29]


@pytest.mark.parametrize("name", ["wide.mp4", "wide.webm"])
def test_pixels_that_are_not_square_are_said(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if name == "wide.mp4":
        clips.make(path, frames=3, aspect=Fraction(426, 320))
    else:
        raw = clips.make(path, codec="libvpx-vp9", frames=3).read_bytes()
        size = b"\xb0\x82\x01\x40\xba\x81\xc0"
        # The frame time in front of the size makes room for a display width of 426 px (RFC 9559, 5.1.4.1.28.12).
        path.write_bytes(
            raw.replace(b"\x23\xe3\x83\x84\x02\x62\x5a\x00\xe0\x87" + size, b"\xe0\x8c" + size + b"\x54\xb0\x82\x01\xaa\xec\x81\0")
        )
    reader = opened(path)
    assert "pixels_not_square" in reader.inspect().warnings
    assert reader.track.pixel_aspect == pytest.approx(Fraction(426, 320), rel=0.01)
    assert reader.size == Size(320, 192), "positions are those of the stored pixels"


def test_clusters_that_do_not_say_where_they_end(clip: Callable[[str], Path], tmp_path: Path) -> None:
    """As browsers record: sizes are not known when the head is written (RFC 8794, 6.2)."""
    raw, path = bytearray(clip("vp8-live.webm").read_bytes()), tmp_path / "recorded.webm"
    heads = [found.end() for found in re.finditer(b"\x1f\x43\xb6\x75", raw)]
    assert heads
    for at in heads:
        width = 9 - raw[at].bit_length()
        raw[at : at + width] = ((1 << 7 * width + 1) - 1).to_bytes(width, "big")
    path.write_bytes(bytes(raw))
    reader = opened(path)
    assert reader.inspect().frame_count == 60
    assert reader.times.starts == opened(clip("vp8-live.webm")).times.starts
    assert clips.number_in(pixels(reader.frame(33))) == 33


def test_small_pictures(clip: Callable[[str], Path]) -> None:
    from viewer.readers.video.strip import strip_of  # noqa: PLC0415 -- beside its only use

    reader = opened(clip("h264.mp4"))
    found = reader.inspect()
    assert found.video is not None
    plan = strip_of(found.video["strip"])
    assert len(plan.frames) == 40
    sheet = pixels(reader.strip(plan))
    assert sheet.shape[:2] == (plan.rows * plan.tile.height, plan.columns * plan.tile.width)
    assert pixels(reader.thumbnail(3, 100)).shape[1] == 100
    part = pixels(reader.region(RegionRequest(Level0Point(0, 0), 160, 16, Size(160, 16), 33)))
    assert clips.number_in(part) == 33


def test_a_worker_keeps_few_decoders(clip: Callable[[str], Path], tmp_path: Path) -> None:
    raw = clip("h264.mp4").read_bytes()
    paths = [tmp_path / f"{number}.mp4" for number in range(6)]
    for path in paths:
        path.write_bytes(raw)
    readers = [opened(path) for path in paths]
    for frame in (5, 50):
        for reader in readers:
            assert clips.number_in(pixels(reader.frame(frame))) == frame
        assert [reader.kept_bytes > 0 for reader in readers] == [False, False, True, True, True, True]
    for reader in readers:
        reader.close()


@pytest.mark.parametrize("frame", [-1, 60, 10_000])
def test_frames_that_do_not_exist(frame: int, clip: Callable[[str], Path]) -> None:
    with pytest.raises(OutOfRange):
        opened(clip("h264.mp4")).frame(frame)


def test_colours_of_high_definition(tmp_path: Path) -> None:
    """A stream that says BT.709 is shown with that matrix, as browsers show it."""
    path = clips.make(
        tmp_path / "hd.mp4", frames=3, size=(1280, 720), options={"x264-params": "colormatrix=bt709:colorprim=bt709:transfer=bt709"}
    )
    shown, expected = pixels(opened(path).frame(1)), clips.decoded(path)[1][1]
    assert np.abs(shown.astype(int) - expected).mean() < 2


def test_spans_are_one_run(tmp_path: Path) -> None:
    path = tmp_path / "parts"
    path.write_bytes(bytes(range(200)))
    run = Spans(str(path), [(10, 5), (100, 0), (50, 7), (199, 1)])
    assert run.size == 13
    assert run.at(3, 9) == bytes([13, 14, *range(50, 57)])
    assert run.stream().read() == bytes([*range(10, 15), *range(50, 57), 199])
    with pytest.raises(MalformedFile):
        run.at(12, 2)
    with pytest.raises(MalformedFile):
        Spans(str(path), [(190, 11)])


@pytest.mark.parametrize("name", ["h264.mp4", "h264-fragments.mp4", "vp9.webm", "mjpeg.avi", "h264.mkv"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.98])
def test_a_file_that_ends_early_is_refused(name: str, share: float, clip: Callable[[str], Path], tmp_path: Path) -> None:
    raw = clip(name).read_bytes()
    path = tmp_path / name
    path.write_bytes(raw[: int(len(raw) * share)])
    with pytest.raises(ReaderError) as refusal:
        opened(path).inspect()
    assert refusal.value.code in {"truncated", "malformed", "no_video_track"}


def in_dicom(path: Path, stream: bytes, *, syntax: str, fragment_bytes: int) -> Any:
    """The endoscopy video of the test data with another stream, cut into fragments."""
    dataset = pydicom.dcmread(path)
    parts = [stream[at : at + fragment_bytes] for at in range(0, len(stream), fragment_bytes)]
    items = b"".join(
        b"\xfe\xff\x00\xe0" + (len(part) + len(part) % 2).to_bytes(4, "little") + part + b"\0" * (len(part) % 2) for part in parts
    )
    dataset.PixelData = b"\xfe\xff\x00\xe0\0\0\0\0" + items + b"\xfe\xff\xdd\xe0\0\0\0\0"
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = syntax
    return dataset


@pytest.mark.parametrize(("name", "syntax"), [("h264.mp4", "1.2.840.10008.1.2.4.102"), ("hevc.mp4", "1.2.840.10008.1.2.4.107")])
def test_video_in_fragments_of_dicom(name: str, syntax: str, clip: Callable[[str], Path], tmp_path: Path, shared_data: Path) -> None:
    path, stream = tmp_path / "video.dcm", clip(name).read_bytes()
    in_dicom(shared_data / DICOM, stream, syntax=syntax, fragment_bytes=3_000).save_as(path)
    reader = opened(path)
    found = reader.inspect()
    assert (found.kind, found.modality, found.frame_count) == ("video", "ES", 60)
    assert "frame_count_differs" in found.warnings
    assert found.video is not None
    raw = path.read_bytes()
    assert b"".join(raw[start : start + length] for start, length in found.video["spans"]).startswith(stream)
    assert clips.number_in(pixels(reader.frame(44))) == 44


def test_the_dicom_video_of_the_test_data(shared_data: Path) -> None:
    found = opened(shared_data / DICOM).inspect()
    assert (found.engine, found.frame_count, found.size) == ("video", 75, Size(720, 576))
    assert found.dicom is not None
    assert found.dicom["sop_class_uid"] == "1.2.840.10008.5.1.4.1.1.77.1.1.1"


@pytest.mark.parametrize(
    ("syntax", "stream", "words"),
    [
        ("1.2.840.10008.1.2.4.100", b"\0\0\x01\xba" + b"\x44" * 2_000, "MPEG2"),
        ("1.2.840.10008.1.2.4.102", b"\x47" + b"\0" * 187, "transport stream"),
        ("1.2.840.10008.1.2.4.102", b"\0\0\0\x01\x67" + b"\0" * 187, "without container"),
    ],
)
def test_dicom_video_that_is_not_read_is_named(syntax: str, stream: bytes, words: str, tmp_path: Path, shared_data: Path) -> None:
    path = tmp_path / "video.dcm"
    in_dicom(shared_data / DICOM, stream, syntax=syntax, fragment_bytes=10_000).save_as(path)
    with pytest.raises(UnsupportedFormat) as refusal:
        open_reader(str(path))
    assert refusal.value.code == "video_not_supported"
    assert words in refusal.value.text


@pytest.mark.parametrize("name", ["h264.mp4", "h264-fragments.mp4", "vp9.webm", "mjpeg.avi"])
def test_damage_is_refused_or_shown_but_never_fatal(name: str, clip: Callable[[str], Path], tmp_path: Path) -> None:
    """Bytes and lengths turned at random in the headers and anywhere: a reader error or an image, within limits."""
    raw, pool = clip(name).read_bytes(), PixelPool(workers=1, wall_limit_s=20)
    chance = random.Random(name)  # noqa: S311 -- the same damage every time
    try:
        for number in range(40):
            path = tmp_path / f"{number}{Path(name).suffix}"
            path.write_bytes(damaged(raw, chance, 1_500 if number % 2 else len(raw)))
            assert outcome(pool, path) not in {"worker_timeout", "out_of_memory", "bad_request"}, number
    finally:
        pool.close()


def damaged(raw: bytes, chance: random.Random, before: int) -> bytes:
    """The bytes with up to four places changed, all of them before a place."""
    broken = bytearray(raw)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(min(len(broken), before) - 4)
        broken[at : at + 4] = chance.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", chance.randbytes(4)])
    return bytes(broken)


def outcome(pool: PixelPool, path: Path) -> str:
    """Why the file is refused; empty where it is not."""
    try:
        pool.inspect(str(path))
    except ReaderError as refusal:
        return refusal.code
    return ""


def test_ticks_are_fractions() -> None:
    times = frame_times.FrameTimes(Fraction(1001, 30_000), range(10), 10, [0])
    assert times.seconds(9) == pytest.approx(0.3003)
    assert times.first(4).end == 4
