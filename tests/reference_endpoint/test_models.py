"""What the classical models find, by value: on drawn pictures whose truth is known, and on real tissue."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import openslide
import pytest
from numpy.typing import NDArray
from PIL import Image as PillowImage
from shapely import Point, Polygon
from skimage import color

from reference_endpoint.features import describe
from reference_endpoint.heads import HeadStore
from reference_endpoint.nuclei import MAX_VERTICES, find_nuclei
from reference_endpoint.saliency import find_boxes

Picture = NDArray[np.uint8]
MPP_UM = 0.5


def drawn_tissue(seed: int = 1) -> tuple[Picture, list[tuple[float, float, float]]]:
    """Eosin-pink tissue with blue discs at known places: (x, y, radius) in px."""
    random = np.random.default_rng(seed)
    density = np.zeros((400, 500, 3))
    density[..., 1] = 0.06 + 0.004 * random.standard_normal((400, 500))
    rows, columns = np.mgrid[0:400, 0:500] + 0.5
    discs = []
    for number in range(48):
        x, y = 40 + (number % 8) * 60 + random.uniform(-6, 6), 40 + (number // 8) * 62 + random.uniform(-6, 6)
        radius = random.uniform(6, 11)
        density[(columns - x) ** 2 + (rows - y) ** 2 < radius**2, 0] = 0.14 + 0.01 * random.standard_normal()
        discs.append((x, y, radius))
    return (np.clip(color.hed2rgb(density), 0, 1) * 255).astype(np.uint8), discs


def test_drawn_nuclei_are_found_where_they_are() -> None:
    rgb, discs = drawn_tissue()
    found = [Polygon(nucleus.ring) for nucleus in find_nuclei(rgb, mpp_um=MPP_UM)]
    overlaps = []
    for x, y, radius in discs:
        disc = Point(x, y).buffer(radius)
        overlaps.append(max((disc.intersection(shape).area / disc.union(shape).area for shape in found), default=0.0))
    assert np.mean(np.array(overlaps) > 0.7) >= 0.95
    assert len(found) <= len(discs) + 2


def test_outlines_do_not_shift_by_half_a_pixel() -> None:
    rgb, discs = drawn_tissue()
    found = [Polygon(nucleus.ring) for nucleus in find_nuclei(rgb, mpp_um=MPP_UM)]
    shifts = []
    for x, y, _radius in discs:
        nearest = min(found, key=lambda shape: shape.distance(Point(x, y)))
        if nearest.contains(Point(x, y)):
            shifts.append((nearest.centroid.x - x, nearest.centroid.y - y))
    assert np.abs(np.mean(shifts, axis=0)).max() < 0.2


@pytest.mark.parametrize("colour", [(244, 243, 245), (0, 0, 0), (225, 120, 160)])
def test_plain_pictures_hold_no_nuclei(colour: tuple[int, int, int]) -> None:
    assert find_nuclei(np.full((200, 200, 3), colour, dtype=np.uint8), mpp_um=MPP_UM) == []


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (17, 9)])
def test_tiny_pictures_are_no_accident(size: tuple[int, int]) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    assert isinstance(find_nuclei(rgb, mpp_um=0.1), list)
    assert isinstance(find_boxes(rgb), list)
    assert np.isfinite(describe(rgb)).all()


def read_slide(path: Path) -> Picture:
    with openslide.OpenSlide(path) as slide:
        return np.asarray(slide.read_region((1000, 600), 0, (500, 500)).convert("RGB"))


def read_photograph(path: Path) -> Picture:
    return np.asarray(PillowImage.open(path).convert("RGB"))


@pytest.mark.parametrize(
    ("name", "reader", "mpp_um"),
    [("aperio/CMU-1-Small-Region.svs", read_slide, 0.499), ("generic-tiff/OS-1_he_region_40x.png", read_photograph, 0.2275)],
)
def test_real_tissue(shared_data: Path, name: str, reader: Callable[[Path], Picture], mpp_um: float) -> None:
    """The numbers bracket what was judged right by looking at the outlines; the form of every outline is checked."""
    rgb = reader(shared_data / "wsi" / name)
    found = find_nuclei(rgb, mpp_um=mpp_um)
    assert 250 <= len(found) <= 450
    for nucleus in found:
        shape = Polygon(nucleus.ring)
        assert shape.is_valid
        assert len(nucleus.ring) <= MAX_VERTICES
        assert nucleus.ring.min() >= 0
        assert (nucleus.ring.max(axis=0) <= rgb.shape[1::-1]).all()
        assert (nucleus.ring * 8 == np.round(nucleus.ring * 8)).all()
        assert 0.0 <= nucleus.score <= 1.0
        assert 3.0 < 2 * (shape.area * mpp_um**2 / np.pi) ** 0.5 < 24.0


def test_the_scale_sets_the_size() -> None:
    rgb, _discs = drawn_tissue()
    assert find_nuclei(rgb, mpp_um=0.1) == []


def test_a_red_spot_on_mucosa_is_boxed(shared_data: Path) -> None:
    rgb = np.full((480, 640, 3), (200, 140, 120), dtype=np.uint8)
    rows, columns = np.mgrid[0:480, 0:640]
    rgb[(columns - 400) ** 2 + (rows - 200) ** 2 < 40**2] = (210, 70, 70)
    first = find_boxes(rgb)[0]
    x_min, y_min, x_max, y_max = first.bounds
    assert (x_min + x_max) / 2 == pytest.approx(400, abs=12)
    assert (y_min + y_max) / 2 == pytest.approx(200, abs=12)
    assert find_boxes(np.zeros((480, 640, 3), dtype=np.uint8)) == []
    polyp = np.asarray(PillowImage.open(shared_data / "photo/endoscopy/polypgen_sample_3.png").convert("RGB"))
    for box in find_boxes(polyp):
        assert 0 <= box.bounds[0] < box.bounds[2] <= polyp.shape[1]
        assert 0 <= box.bounds[1] < box.bounds[3] <= polyp.shape[0]


def test_a_head_learns_to_tell_photographs_apart_and_stays_unsure_of_the_unseen(tmp_path: Path, shared_data: Path) -> None:
    kinds = {"derm": "derm/ISIC_*.jpg", "fundus": "fundus/idrid_*.jpg", "endoscopy": "endoscopy/*.png"}
    taught, asked = [], []
    for label, pattern in kinds.items():
        for number, path in enumerate(sorted((shared_data / "photo").glob(pattern))):
            picture = PillowImage.open(path).convert("RGB")
            picture.thumbnail((256, 256))
            (asked if number % 2 else taught).append((describe(np.asarray(picture)), label))
    store = HeadStore(tmp_path)
    head = store.teach("kinds", np.stack([row for row, _ in taught]), [label for _, label in taught])
    assert (head.version, head.examples) == (1, len(taught))
    wanted = [*kinds, "never-seen"]
    for features, label in asked:
        scores = head.scores_for(features, wanted)
        assert scores.sum() == pytest.approx(1.0)
        assert wanted[int(np.argmax(scores))] == label
        assert 0 < scores[-1] < 0.2


def test_versions_grow_and_survive_a_restart(tmp_path: Path) -> None:
    features, labels = np.random.default_rng(3).standard_normal((6, 10)), ["a", "b"] * 3
    store = HeadStore(tmp_path)
    assert store.newest("h") is None
    assert [store.teach("h", features, labels).version for _ in range(3)] == [1, 2, 3]
    again = HeadStore(tmp_path).newest("h")
    assert again == store.newest("h")
    assert sorted(path.name for path in (tmp_path / "h").iterdir()) == ["1.json", "2.json", "3.json"]
