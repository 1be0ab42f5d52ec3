"""Channels and planes: the right samples, in the colours and ranges asked for, compared by value with whole pages by tifffile."""

import io
import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from viewer.readers import errors
from viewer.readers.channels import Channel, colours_of
from viewer.readers.tiff_slide import TiffSlideReader
from viewer.readers.views import Shown, View, parse_view
from viewer.tiles import grant
from viewer.tiles.pool import PixelPool
from viewer.tiles.service import PixelService, PixelSettings

Opened = Callable[[Path], tuple[dict[str, Any], dict[str, Any]]]
Array = np.ndarray[Any, Any]


def _scene(count: int, dtype: Any = np.uint16, height: int = 300, width: int = 400) -> Array:
    """Pictures that differ, smooth enough for JPEG: shape (count, height, width)."""
    rows, columns = np.mgrid[:height, :width]
    scale = np.iinfo(dtype).max / 4
    waves = [2 + np.sin((rows * (n % 5 + 1) + columns * (n % 3 + 1)) / 60 + n) + np.cos(columns / 50 + 2 * n) for n in range(count)]
    return np.stack([np.rint(wave * scale) for wave in waves]).astype(dtype)


def _blended(parts: list[tuple[Array, str, int, int]]) -> Array:
    light = np.zeros((*parts[0][0].shape, 3))
    for samples, colour, low, high in parts:
        share = np.clip((samples.astype(float) - low) / (high - low), 0, 1)
        light += share[:, :, None] * np.frombuffer(bytes.fromhex(colour), np.uint8)
    return np.rint(np.minimum(light, 255)).astype(np.uint8)


def _tile(pool: PixelPool, source: dict[str, Any], view: str, level: int = 0) -> Array:
    body = pool.tile(source, level, 0, 0, view=view).body
    return np.asarray(Image.open(io.BytesIO(body)).convert("RGB")).astype(int)


def _near(shown: Array, expected: Array) -> bool:
    part = expected[: shown.shape[0], : shown.shape[1]].astype(int)
    buffer = io.BytesIO()
    Image.fromarray(part.astype(np.uint8)).save(buffer, "JPEG", quality=85, subsampling=0)
    through = np.asarray(Image.open(io.BytesIO(buffer.getvalue())).convert("RGB")).astype(int)
    return bool(np.abs(shown - through).max() <= 3)  # single precision against double, through JPEG


def test_channels_and_planes_of_the_ome_sample(pool: PixelPool, opened: Opened, shared_data: Path) -> None:
    path = shared_data / "wsi/ome-tiff/ihc_4channel_czyx.ome.tif"
    found, source = opened(path)
    assert (found["engine"], found["format"], found["frame_count"], found["warnings"]) == ("tifffile", "ome-tiff", 3, [])
    assert [channel["name"] for channel in found["channels"]] == ["DAPI", "CD8", "PanCK", "PD-L1"]
    assert found["planes"] == {"count": 3, "z": 3, "t": 1, "first": 1, "z_step_um": None}
    whole = tifffile.imread(path)  # CZYX
    reader = TiffSlideReader(str(path))
    for plane in range(3):
        shown = np.asarray(reader.seen(f"p{plane}_1-00ff00-10-200_3-ff00ff-20-240").tile_pixels(0, 1, 1)).astype(int)
        expected = _blended([(whole[1, plane], "00ff00", 10, 200), (whole[3, plane], "ff00ff", 20, 240)])
        assert np.abs(shown - expected[256:, 256:]).max() <= 1, plane  # single precision against double
    first = [(whole[n, 1], c["colour"][1:], c["low"], c["high"]) for n, c in enumerate(found["channels"])]
    shown = np.asarray(reader.tile_pixels(0, 0, 0)).astype(int)  # what is shown before anybody chose
    assert np.abs(shown - _blended(first)[:256, :256]).max() <= 1
    reader.close()
    assert not _tile(pool, source, "p0").any()  # nothing on: black


@pytest.mark.parametrize("order", ["XYZCT", "XYZTC", "XYCTZ", "XYCZT", "XYTCZ", "XYTZC"])
def test_every_order_of_dimensions(order: str, pool: PixelPool, opened: Opened, tmp_path: Path) -> None:
    counts = {"C": 2, "Z": 3, "T": 2}
    scene = _scene(12).reshape(2, 3, 2, 300, 400)  # C, Z, T
    axes = order[2:][::-1]  # slowest first, as pages follow each other
    pages = np.transpose(scene, ["CZT".index(axis) for axis in axes] + [3, 4]).reshape(-1, 300, 400)
    sizes = " ".join(f'Size{axis}="{count}"' for axis, count in counts.items())
    description = (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image><Pixels PhysicalSizeX="0.5" PhysicalSizeY="0.5" '
        f'PhysicalSizeZ="1.5" DimensionOrder="{order}" {sizes}><Channel Name="DAPI" Color="16777215"/>'
        '<Channel EmissionWavelength="520"/><TiffData IFD="0" PlaneCount="12"/></Pixels></Image></OME>'
    )
    path = tmp_path / "stack.ome.tif"
    with tifffile.TiffWriter(path) as writer:
        for number, page in enumerate(pages):
            writer.write(page, tile=(128, 128), photometric="minisblack", metadata=None, description=description if number == 0 else None)
    found, source = opened(path)
    assert found["planes"] == {"count": 6, "z": 3, "t": 2, "first": 1, "z_step_um": 1.5}
    assert [(c["colour"], c["emission_nm"]) for c in found["channels"]] == [("#00ffff", None), ("#00e000", 520.0)]
    for moment in range(2):
        for focus in range(3):
            shown = _tile(pool, source, f"p{moment * 3 + focus}_1-ffffff-1000-60000")
            assert _near(shown, _blended([(scene[1, focus, moment, :128, :128], "ffffff", 1000, 60000)]))


def test_levels_below_each_channel(pool: PixelPool, opened: Opened, tmp_path: Path) -> None:
    scene, path = _scene(3), tmp_path / "levels.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        writer.write(scene, subifds=1, tile=(128, 128), photometric="minisblack", metadata={"axes": "CYX"}, compression="zlib")
        writer.write(scene[:, ::2, ::2], subfiletype=1, tile=(128, 128), photometric="minisblack", compression="zlib")
    found, source = opened(path)
    assert [level["width"] for level in found["levels"]] == [400, 200]
    for channel in range(3):
        shown = _tile(pool, source, f"p0_{channel}-ff8000-0-65535", level=1)
        assert _near(shown, _blended([(scene[channel, ::2, ::2], "ff8000", 0, 65535)]))


def _qptiff(path: Path, scene: Array) -> None:
    names = ("DAPI", "Opal 520", "Opal 690")
    colours = ("0,0,255", "0,255,0", "256,0,0")
    with tifffile.TiffWriter(path) as writer:
        for kind, step in (("FullResolution", 1), ("Thumbnail", 8), ("ReducedResolution", 2), ("Label", 4)):
            for number, name in enumerate(names if "Resolution" in kind else names[:1]):
                words = f"<PerkinElmer-QPI-ImageDescription><ImageType>{kind}</ImageType><Name>{name}</Name>"
                words += f"<Color>{colours[number]}</Color><Objective>20x</Objective></PerkinElmer-QPI-ImageDescription>"
                picture = scene[number, ::step, ::step]
                pixels = picture if "Resolution" in kind else np.repeat((picture // 256).astype(np.uint8)[:, :, None], 3, axis=2)
                photometric = "minisblack" if pixels.ndim == 2 else "rgb"
                writer.write(pixels, tile=(128, 128), photometric=photometric, description=words, metadata=None)


def test_qptiff_fluorescence(pool: PixelPool, opened: Opened, tmp_path: Path) -> None:
    scene = _scene(3)
    _qptiff(tmp_path / "slide.qptiff", scene)
    found, source = opened(tmp_path / "slide.qptiff")
    assert (found["format"], [level["width"] for level in found["levels"]]) == ("qptiff", [400, 200])
    assert [(c["name"], c["colour"]) for c in found["channels"]] == [
        *(("DAPI", "#0000ff"), ("Opal 520", "#00ff00")),
        ("Opal 690", "#ff30d0"),  # what the file names is no colour
    ]
    for level, step in enumerate((1, 2)):
        shown = _tile(pool, source, "p0_2-ffffff-500-50000", level=level)
        assert _near(shown, _blended([(scene[2, ::step, ::step][:128, :128], "ffffff", 500, 50000)]))


@pytest.mark.parametrize("planar", ["separate", "contig"])
@pytest.mark.parametrize("count", [2, 3, 5, 14])
def test_channels_side_by_side_in_one_directory(planar: str, count: int, pool: PixelPool, opened: Opened, tmp_path: Path) -> None:
    scene, path = _scene(count), tmp_path / "samples.tif"
    shown = scene if planar == "separate" else np.moveaxis(scene, 0, -1)
    tifffile.imwrite(path, shown, tile=(128, 128), photometric="minisblack", planarconfig=planar, metadata=None)
    found, source = opened(path)
    assert len(found["channels"]) == count
    assert [channel["shown"] for channel in found["channels"]] == [number < 4 for number in range(count)]
    last = count - 1
    tile = _tile(pool, source, f"p0_{last}-ffffff-0-65535")
    assert _near(tile, _blended([(scene[last, :128, :128], "ffffff", 0, 65535)]))


def test_an_imagej_stack_in_strips(pool: PixelPool, opened: Opened, tmp_path: Path) -> None:
    scene = _scene(8, np.uint8).reshape(4, 2, 300, 400)
    tifffile.imwrite(tmp_path / "stack.tif", scene, imagej=True, metadata={"axes": "ZCYX"})
    found, source = opened(tmp_path / "stack.tif")
    assert (len(found["channels"]), found["planes"]["z"], found["planes"]["first"]) == (2, 4, 2)
    assert _near(_tile(pool, source, "p3_1-ffffff-0-255"), _blended([(scene[3, 1, :256, :256], "ffffff", 0, 255)]))


def test_planes_of_colour(pool: PixelPool, opened: Opened, tmp_path: Path) -> None:
    scene = np.moveaxis(_scene(9, np.uint8).reshape(3, 3, 300, 400), 1, -1)
    tifffile.imwrite(tmp_path / "z.ome.tif", scene, tile=(128, 128), photometric="rgb", metadata={"axes": "ZYXS"})
    found, source = opened(tmp_path / "z.ome.tif")
    assert (found["channels"], found["planes"]["count"], found["frame_count"]) == (None, 3, 3)
    for plane in range(3):
        assert _near(_tile(pool, source, f"p{plane}"), scene[plane])
        body = pool.region(source, x=20, y=10, width=50, height=40, out_width=50, out_height=40, frame=plane).body
        assert (np.asarray(Image.open(io.BytesIO(body))) == scene[plane, 10:50, 20:70]).all()
    for view in ("p3", "p0_0-ffffff-0-255"):
        with pytest.raises(errors.OutOfRange):
            pool.tile(source, 0, 0, 0, view=view)


@pytest.mark.parametrize("dtype", [np.float32, np.uint32, np.int16])
def test_values_that_are_no_small_whole_numbers_become_steps(dtype: Any, pool: PixelPool, opened: Opened, tmp_path: Path) -> None:
    scene = ((_scene(2).astype(np.float64) - 20_000) / (2 if dtype == np.int16 else 1)).clip(0 if dtype == np.uint32 else None)
    path = tmp_path / "deep.ome.tif"
    tifffile.imwrite(path, scene.astype(dtype), tile=(128, 128), photometric="minisblack", metadata={"axes": "CYX"})
    found, source = opened(path)
    channel = found["channels"][1]
    low, high = (channel["offset"] + channel["step"] * channel[end] for end in ("low", "high"))
    assert channel["limit"] == 65_535
    stored = scene.astype(dtype)[1, :128, :128]
    shown = _tile(pool, source, f"p0_1-ffffff-{channel['low']}-{channel['high']}")
    share = np.clip((stored.astype(float) - low) / (high - low), 0, 1) * 255
    assert np.abs(shown[:, :, 0] - share).mean() < 1.5


def test_what_is_elsewhere_or_unexplained_is_refused(pool: PixelPool, tmp_path: Path) -> None:
    scene = _scene(2, np.uint8)
    elsewhere = (
        '<OME UUID="urn:uuid:1"><Image><Pixels SizeC="2" SizeZ="1" SizeT="1" DimensionOrder="XYCZT">'
        '<TiffData IFD="0" PlaneCount="1"><UUID FileName="a.tif">urn:uuid:1</UUID></TiffData>'
        '<TiffData FirstC="1" IFD="0" PlaneCount="1"><UUID FileName="/etc/passwd">urn:uuid:2</UUID></TiffData></Pixels></Image></OME>'
    )
    tifffile.imwrite(tmp_path / "a.tif", scene, tile=(128, 128), photometric="minisblack", description=elsewhere, metadata=None)
    tifffile.imwrite(tmp_path / "b.tif", scene.astype(np.uint16), tile=(128, 128), photometric="minisblack", metadata=None)
    for name in ("a.tif", "b.tif"):
        with pytest.raises(errors.UnsupportedFormat) as refusal:
            pool.inspect(str(tmp_path / name))
        assert refusal.value.code == "multichannel_not_supported", name
    for words in ("<OME>", "<OME><Image/></OME>", '<OME><Image><Pixels SizeC="9" SizeZ="999999" SizeT="999999"/></Image></OME>'):
        tifffile.imwrite(tmp_path / "c.tif", scene, tile=(128, 128), photometric="minisblack", description=words, metadata=None)
        with pytest.raises(errors.ReaderError):
            pool.inspect(str(tmp_path / "c.tif"))


def test_colours_are_the_files_the_dyes_or_in_turn() -> None:
    named = [Channel("Hoechst 33342"), Channel("", "#123456"), Channel("x", emission_nm=600), Channel("y", emission_nm=605), Channel()]
    assert colours_of(named) == ["#3355ff", "#123456", "#ff9000", "#00e000", "#ff2020"]
    assert colours_of([Channel("DAPI")]) == ["#ffffff"]
    assert len(set(colours_of([Channel()] * 10))) == 10
    assert len(colours_of([Channel()] * 40)) == 40


def test_a_view_is_written_in_one_way() -> None:
    limits = [255, 65_535]
    assert parse_view("p2_0-0000ff-0-255_1-ff0000-7-9", limits=limits, planes=3) == View(
        2, (Shown(0, (0, 0, 255), 0, 255), Shown(1, (255, 0, 0), 7, 9))
    )
    for word in (
        *("", "p", "p3", "p01", "p-1", "P0", "p0_", "p0_0", "p0_2-0000ff-0-9", "p0_0-0000FF-0-9", "p0_0-0000ff-9-9", "p0_0-0000ff-9-8"),
        *("p0_0-0000ff-00-9", "p0_00-0000ff-0-9", "p0_0-0000ff-0-256", "p0_1-ff0000-0-9_0-ff0000-0-9", "p0_0-ff0000-0-9_0-ff0000-0-9"),
        *("p0\n", "p٠", "p0_0-0000ff-٠-9", "p0" + "_0-ff0000-0-9" * 40, "p9999999"),
    ):
        with pytest.raises(errors.OutOfRange):
            parse_view(word, limits=limits, planes=3)


@given(st.text(alphabet="p0123456789_-abcdef", max_size=60))
def test_no_word_breaks_the_parser(word: str) -> None:
    try:
        view = parse_view(word, limits=[255, 255], planes=10)
    except errors.OutOfRange:
        return
    rewritten = f"p{view.plane}" + "".join(f"_{s.channel}-{bytes(s.colour).hex()}-{s.low}-{s.high}" for s in view.shown)
    assert rewritten == word


def test_views_at_their_addresses(pool: PixelPool, opened: Opened, shared_data: Path, tmp_path: Path) -> None:
    found, source = opened(shared_data / "wsi/ome-tiff/ihc_4channel_czyx.ome.tif")
    views = {"limits": [channel["limit"] for channel in found["channels"]], "planes": found["planes"]["count"]}
    image, key = uuid.uuid4(), b"a key for tests, thirty-two byte"
    (tmp_path / "manifests").mkdir()
    manifest = {"id": str(image), "revision": 1, "source": {**source, "views": views}}
    (tmp_path / f"manifests/{image}.json").write_text(json.dumps(manifest))
    service = PixelService(PixelSettings(data_dir=tmp_path, signing_key=key, cache_bytes=50 << 20), pool)
    cookie = f"{grant.cookie_name(image)}={grant.sign(image, 1, time.time() + 60, key)}"

    def get(rest: str, **headers: str) -> Any:
        path = f"/pixels/{image}/1/{rest}"
        assert service.reply_at_once("GET", path, {"cookie": cookie, **headers}) is None
        return service.reply("GET", path, {"cookie": cookie, **headers})

    one, other = get("views/p0_0-0000ff-97-246/tiles/0/0/0"), get("views/p0_0-ff0000-97-246/tiles/0/0/0")
    assert (one.status, other.status, one.body == other.body) == (200, 200, False)
    assert one.headers["ETag"] != other.headers["ETag"]
    assert "immutable" in one.headers["Cache-Control"]
    assert get("views/p0_0-0000ff-97-246/tiles/0/0/0", **{"if-none-match": one.headers["ETag"]}).status == 304
    assert get("tiles/0/0/0").status == 200
    for view in ("p3", "p0_4-0000ff-0-9", "p0_0-0000FF-97-246", "p0_0-0000ff-097-246", "p0_0-0000ff-0-256", "x", "p0/../p1"):
        assert get(f"views/{view}/tiles/0/0/0").status == 404, view
    assert service.reply("GET", f"/pixels/{image}/1/views/p0/tiles/0/0/0", {}).status == 403
