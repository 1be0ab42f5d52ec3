"""Places and sizes keep to their spaces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.geometry import Level, Level0Point, Micrometres, Millimetres, PixelSpacing, PointMm, RegionRequest, Size, TileGrid

sides = st.integers(min_value=1, max_value=100_000)
finite = st.floats(min_value=-1e6, max_value=1e6)


@given(sides, sides, st.integers(8, 4096), st.integers(8, 4096))
def test_tiles_cover_a_level_exactly(width: int, height: int, tile_width: int, tile_height: int) -> None:
    size = Size(width, height)
    level = Level(0, 1.0, size, TileGrid.covering(size, Size(tile_width, tile_height)))
    last = level.tile_size(level.grid.columns - 1, level.grid.rows - 1)
    assert (level.grid.columns - 1) * tile_width + last.width == width
    assert (level.grid.rows - 1) * tile_height + last.height == height
    assert last.pixels > 0
    with pytest.raises(ValueError, match="no tile"):
        level.tile_size(level.grid.columns, 0)


@given(finite, finite, st.floats(0.01, 1000), st.floats(0.01, 1000))
def test_millimetres_and_back(x: float, y: float, x_um: float, y_um: float) -> None:
    spacing = PixelSpacing(Micrometres(x_um), Micrometres(y_um), "test")
    back = spacing.to_level0(spacing.to_mm(Level0Point(x, y)))
    assert back.x == pytest.approx(x, rel=1e-9, abs=1e-9)
    assert back.y == pytest.approx(y, rel=1e-9, abs=1e-9)


def test_millimetres_are_micrometres_by_a_thousand() -> None:
    spacing = PixelSpacing(Micrometres(0.25), Micrometres(0.5), "test")
    assert spacing.to_mm(Level0Point(4000, 4000)) == PointMm(Millimetres(1.0), Millimetres(2.0))
    assert PointMm(Millimetres(1.0), Millimetres(2.0)) + PointMm(Millimetres(1.0), Millimetres(0.0)) == PointMm(
        Millimetres(2.0), Millimetres(2.0)
    )
    assert Level0Point(1, 2) + Level0Point(3, 4) == Level0Point(4, 6)


@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf")])
def test_spacing_is_finite_and_positive(bad: float) -> None:
    with pytest.raises(ValueError, match="spacing"):
        PixelSpacing(Micrometres(bad), Micrometres(1.0), "test")


def test_empty_or_endless_regions_are_refused() -> None:
    origin = Level0Point(0, 0)
    for width, out in ((0.0, Size(1, 1)), (float("inf"), Size(1, 1)), (1.0, Size(0, 1))):
        with pytest.raises(ValueError, match="region"):
            RegionRequest(origin, width, 1.0, out)
    with pytest.raises(ValueError, match="finite"):
        Level0Point(float("nan"), 0)
    with pytest.raises(ValueError, match="negative"):
        Size(-1, 0)
    with pytest.raises(ValueError, match="one pixel"):
        TileGrid.covering(Size(1, 1), Size(0, 1))


def test_fitting_keeps_the_shape_and_never_enlarges() -> None:
    assert Size(1000, 500).fitted_into(100) == Size(100, 50)
    assert Size(10, 5).fitted_into(100) == Size(10, 5)
    assert Size(100_000, 1).fitted_into(100) == Size(100, 1)
