"""Masks: one spelling, strict reading, and the exact way to outlines and back."""

import contextlib
import itertools
import json
import time
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from annotation.schema.labels import Granularity, check_granularity
from annotation.schema.mask_outlines import mask_of_outlines, outlines_of_mask
from annotation.schema.masks import MAX_MASK_CHARACTERS, MAX_TILES, Mask, RowRuns, is_mask, mask_of_row_runs, parse_mask
from annotation.schema.problems import ShapeError
from tests.annotation.masks.pictures import VECTORS, bits_of, mask_of_bits, mask_of_picture

LARGE = 1 << 24
EDGES = (0, 1, 127, 250, 254, 255, 256, 511)


@st.composite
def pictures(draw: st.DrawFn) -> tuple[NDArray[np.bool_], int, int]:
    """A picture with at least one pixel, and where it lies: often across the borders of tiles."""
    height, width = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    bits = np.array(draw(st.lists(st.booleans(), min_size=height * width, max_size=height * width))).reshape(height, width)
    if not bits.any():
        bits[0, 0] = True
    return bits, draw(st.sampled_from(EDGES)), draw(st.sampled_from(EDGES))


def body(*tiles: object) -> dict[str, Any]:
    return {"type": "Mask", "tiles": list(tiles)}


def refused(value: object, width: int = LARGE, height: int = LARGE) -> tuple[str, str]:
    with pytest.raises(ShapeError) as caught:
        parse_mask(value, width=width, height=height)
    return caught.value.code, caught.value.pointer


def geos(mask: Mask) -> shapely.MultiPolygon:
    return shapely.MultiPolygon([(rings[0], rings[1:]) for rings in outlines_of_mask(mask)])


@given(pictures())
def test_a_picture_there_and_back(made: tuple[NDArray[np.bool_], int, int]) -> None:
    bits, x, y = made
    mask = mask_of_bits(bits, x, y)
    assert parse_mask(json.loads(json.dumps(mask.to_body())), width=LARGE, height=LARGE) == mask
    assert Mask.from_bytes(mask.to_bytes()) == mask
    rows, columns = np.nonzero(bits)
    assert mask.area == len(rows)
    assert mask.bounds == (columns.min() + x, rows.min() + y, columns.max() + x + 1, rows.max() + y + 1)
    assert mask.centre == pytest.approx((columns.mean() + x + 0.5, rows.mean() + y + 0.5))
    origin, (height, width), counts = mask.run_lengths()
    assert origin == mask.bounds[:2]
    painted = np.repeat(np.arange(len(counts)) % 2 == 1, counts)
    painted = np.concatenate((painted, np.zeros(height * width - len(painted), dtype=bool)))
    assert np.array_equal(painted.reshape(width, height).T, bits[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1])


@given(pictures())
@settings(max_examples=300, deadline=None)
def test_outlines_there_and_back(made: tuple[NDArray[np.bool_], int, int]) -> None:
    mask = mask_of_bits(*made)
    outlines = outlines_of_mask(mask)
    region = geos(mask)
    assert region.is_valid
    assert region.area == mask.area
    assert mask_of_outlines(outlines) == mask
    for rings in outlines:
        for number, ring in enumerate(rings):
            area = shapely.LinearRing(ring).is_ccw
            # With y down, what GEOS calls counter-clockwise has a positive area.
            assert area == (number == 0)
            assert ring[:-1].index(min(ring[:-1], key=lambda at: (at[1], at[0]))) == 0
            assert all((a[0] == b[0]) != (a[1] == b[1]) for a, b in itertools.pairwise(ring))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_vectors(vector: dict[str, Any]) -> None:
    mask = mask_of_outlines(vector["from"]) if vector["from"] else mask_of_picture(vector["picture"], *vector["origin"])
    assert mask.to_body()["tiles"] == vector["tiles"]
    assert [[[list(at) for at in ring] for ring in rings] for rings in outlines_of_mask(mask)] == vector["outlines"]
    assert geos(mask).is_valid


@given(
    st.lists(st.tuples(st.integers(0, 1600), st.integers(0, 1600)), min_size=3, max_size=3, unique=True).filter(
        lambda at: shapely.Polygon(at).area > 0
    ),
    st.tuples(st.integers(0, 1600), st.integers(0, 1600)),
)
@settings(deadline=None)
def test_neighbours_that_share_an_edge_share_no_pixel(triangle: list[tuple[int, int]], other: tuple[int, int]) -> None:
    """Every pixel near the edge is in one of the two, none in both, whichever way round they are drawn."""
    a, b, c = ((x / 8, y / 8) for x, y in triangle)
    d = (other[0] / 8, other[1] / 8)
    one, two = shapely.Polygon([a, b, c]), shapely.Polygon([b, a, d])
    whole = shapely.union(one, two)
    if not two.area or shapely.intersection(one, two).area or whole.geom_type != "Polygon":
        return
    painted = []
    for part in ([[a, b, c, a]], [[b, a, d, b]]):
        with contextlib.suppress(ShapeError):  # one so thin that it holds no middle of a pixel
            painted.append(geos(mask_of_outlines([part])))
    assert sum(each.area for each in painted) == shapely.union_all(painted).area


def test_a_full_tile_is_the_empty_text() -> None:
    mask = mask_of_picture(["#" * 512] * 256, 256, 512)
    assert mask.to_body() == body([1, 2, ""], [2, 2, ""])
    assert (mask.area, mask.bounds) == (131_072, (256, 512, 768, 768))
    assert outlines_of_mask(mask) == [[[(256, 512), (768, 512), (768, 768), (256, 768), (256, 512)]]]


@pytest.mark.parametrize(
    ("value", "code", "pointer"),
    [
        (None, "mask_malformed", ""),
        ({"type": "Mask"}, "mask_malformed", ""),
        ({"type": "Mask", "tiles": [], "more": 1}, "mask_malformed", ""),
        ({"type": "Mask", "tiles": {}}, "mask_malformed", ""),
        (body(), "geometry_empty", "/tiles"),
        (body([0, 0]), "mask_malformed", "/tiles/0"),
        (body([0, 0, "", ""]), "mask_malformed", "/tiles/0"),
        (body([True, 0, ""]), "mask_malformed", "/tiles/0/0"),
        (body([0, -1, ""]), "mask_malformed", "/tiles/0/1"),
        (body([0, 1.0, ""]), "mask_malformed", "/tiles/0/1"),
        (body([65_536, 0, ""]), "mask_malformed", "/tiles/0/0"),
        (body([0, 0, None]), "mask_malformed", "/tiles/0/2"),
        (body([0, 0, ""], [0, 0, ""]), "mask_malformed", "/tiles/1"),
        (body([1, 0, ""], [0, 0, ""]), "mask_malformed", "/tiles/1"),
        (body([0, 1, ""], [1, 0, ""]), "mask_malformed", "/tiles/1"),
        (body([0, 0, "gICAgAE"]), "mask_malformed", "/tiles/0/2"),  # a number of five bytes
        (body([0, 0, "AIGAAP__Aw"]), "mask_malformed", "/tiles/0/2"),  # 1 in three bytes
        (body([0, 0, "gIAE"]), "mask_malformed", "/tiles/0/2"),  # 65,536 pixels that are out
        (body([0, 0, "AICABA"]), "mask_malformed", "/tiles/0/2"),  # full, in other words
        (body([0, 0, "AAH-_wM"]), "mask_malformed", "/tiles/0/2"),  # one pixel too few
        (body([0, 0, "AQD__wM"]), "mask_malformed", "/tiles/0/2"),  # a run of nothing in the middle
        (body([0, 0, "AIA"]), "mask_malformed", "/tiles/0/2"),  # ends within a number
        (body([0, 0, "AA=="]), "mask_malformed", "/tiles/0/2"),
        (body([0, 0, "AA+/"]), "mask_malformed", "/tiles/0/2"),
        (body([0, 0, "A"]), "mask_malformed", "/tiles/0/2"),
        (body([0, 0, "あ"]), "mask_malformed", "/tiles/0/2"),
        (body([0, 0, ""], [1, 0, "AIA"]), "mask_malformed", "/tiles/1/2"),
        (body([0, 0, "_" * (MAX_MASK_CHARACTERS + 1)]), "mask_too_large", "/tiles/0"),
        (body(*([at, 0, ""] for at in range(MAX_TILES + 1))), "mask_too_large", "/tiles"),
    ],
)
def test_refusals(value: object, code: str, pointer: str) -> None:
    assert parse_mask(body([0, 0, "AAH__wM"]), width=LARGE, height=LARGE).area == 1
    assert refused(value) == (code, pointer)


@given(st.text(alphabet="ABCDgIEfw_-9", max_size=12))
def test_what_is_taken_is_the_one_spelling(text: str) -> None:
    with contextlib.suppress(ShapeError):
        mask = parse_mask(body([3, 4, text]), width=LARGE, height=LARGE)
        (runs,) = mask.row_runs()
        assert mask_of_row_runs(runs) == mask


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
json_values = st.recursive(scalars, lambda each: st.lists(each) | st.dictionaries(st.sampled_from(["type", "tiles"]), each))


@given(json_values)
def test_anything_else_is_refused(value: object) -> None:
    assert refused({"type": "Mask", "tiles": value} if not isinstance(value, dict) else value)[0] in {"mask_malformed", "geometry_empty"}


def test_outside_the_image() -> None:
    mask = mask_of_picture(["##"], 99, 49)
    assert parse_mask(mask.to_body(), width=101, height=50) == mask
    assert refused(mask.to_body(), width=100, height=50) == ("geometry_outside_image", "")
    assert refused(mask.to_body(), width=101, height=49) == ("geometry_outside_image", "")
    assert refused(body([65_535, 65_535, ""]), width=LARGE - 1) == ("geometry_outside_image", "")


def test_the_most_that_is_taken_is_read_fast() -> None:
    full = body(*([at % 128, at // 128, ""] for at in range(MAX_TILES)))
    noise = mask_of_bits(np.random.default_rng(1).random((512, 600)) < 0.5)
    for value in (full, noise.to_body()):
        start = time.perf_counter()
        parse_mask(value, width=LARGE, height=LARGE)
        assert time.perf_counter() - start < 1


def test_limits_of_what_is_made() -> None:
    noise = np.random.default_rng(2).random((1024, 1024)) < 0.5
    with pytest.raises(ShapeError, match="mask_too_large"):
        mask_of_bits(np.tile(noise, (2, 1)))
    y = np.arange(MAX_TILES + 1, dtype=np.int64) * 256
    with pytest.raises(ShapeError, match="mask_too_large"):
        mask_of_row_runs(RowRuns(y, y * 0, y * 0 + 1))
    with pytest.raises(ShapeError, match="mask_too_large"):
        mask_of_outlines([[[(0, 0), (1, 0), (1, LARGE), (0, LARGE), (0, 0)]]])
    with pytest.raises(ShapeError, match="geometry_empty"):
        mask_of_outlines([[[(0.75, 0.75), (1.25, 0.75), (1.25, 1.25), (0.75, 0.75)]]])


def test_granularities() -> None:
    mask = mask_of_picture(["#"])
    assert is_mask(mask.to_body())
    assert not is_mask({"type": "Polygon"})
    for granularity in Granularity:
        if granularity in {Granularity.REGION, Granularity.CELL}:
            check_granularity(granularity, mask)
        else:
            with pytest.raises(ShapeError, match="granularity_not_allowed"):
                check_granularity(granularity, mask)


def test_a_picture_is_read_as_it_looks() -> None:
    assert bits_of(["#.", ".#"]).tolist() == [[True, False], [False, True]]
