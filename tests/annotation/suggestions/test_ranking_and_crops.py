"""How unsure a model is, and what it is shown."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImage

from annotation.suggestions.crops import CROP_PX, Crop, chosen_frames, crop_at, sending_scale, tissue_crops, whole_crop
from annotation.suggestions.limits import DEFAULT_LIMITS
from annotation.suggestions.proposals import Asked, read_answer
from annotation.suggestions.ranking import class_uncertainty, detection_uncertainty, image_uncertainty
from annotation.suggestions.tensors import parse_outputs

STRATEGIES = ("entropy", "margin", "least_confidence")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_equal_scores_are_wholly_unsure_and_a_single_one_is_sure(strategy: str) -> None:
    assert class_uncertainty([0.25] * 4, strategy) == pytest.approx(1.0)  # type: ignore[arg-type]
    assert class_uncertainty([1.0, 0.0, 0.0], strategy) == pytest.approx(0.0)  # type: ignore[arg-type]


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20), st.sampled_from(STRATEGIES))
def test_uncertainty_stays_between_0_and_1_whatever_the_order(scores: list[float], strategy: str) -> None:
    value = class_uncertainty(scores, strategy)  # type: ignore[arg-type]
    assert value is None or 0.0 <= value <= 1.0
    assert class_uncertainty(sorted(scores), strategy) == (pytest.approx(value) if value is not None else None)  # type: ignore[arg-type]


def test_nothing_to_be_unsure_between() -> None:
    assert class_uncertainty([1.0]) is None
    assert class_uncertainty([0.0, 0.0]) is None
    assert image_uncertainty([]) is None


def test_a_score_of_one_half_is_the_least_sure() -> None:
    assert [detection_uncertainty(score) for score in (0.0, 0.25, 0.5, 1.0)] == [0.0, 0.5, 1.0, 0.0]
    assert image_uncertainty([0.5, 1.0]) == 0.5


def test_scale_never_makes_pixels_up() -> None:
    assert sending_scale(wanted_mpp_um=0.5, mpp_um=0.25) == 2.0
    assert sending_scale(wanted_mpp_um=0.5, mpp_um=1.0) == 1.0
    assert sending_scale(wanted_mpp_um=0.5, mpp_um=None) == 1.0


def test_a_large_picture_is_sent_small_and_a_small_one_as_it_is() -> None:
    assert whole_crop(4096, 2048) == Crop(0, 0, 4096, 2048, CROP_PX, 512)
    assert whole_crop(300, 200, frame=4) == Crop(0, 0, 300, 200, 300, 200, 4)
    assert crop_at(10, 20, 8000, 10, scale=2.0).out_width == CROP_PX


def test_frames() -> None:
    assert (chosen_frames(9, "first"), chosen_frames(9, "middle"), chosen_frames(9, "both")) == ([0], [4], [0, 4])
    assert chosen_frames(1, "both") == [0]


def _overview(*tissue: tuple[int, int, int, int]) -> bytes:
    """A white slide of 400 x 300 with pink rectangles (x, y, width, height)."""
    rgb = np.full((300, 400, 3), 244, dtype=np.uint8)
    for x, y, width, height in tissue:
        rgb[y : y + height, x : x + width] = (190, 90, 150)
    body = io.BytesIO()
    PillowImage.fromarray(rgb).save(body, "JPEG", quality=90)
    return body.getvalue()


def test_the_cells_with_most_tissue_are_chosen_from_top_to_bottom() -> None:
    overview = _overview((100, 200, 100, 100), (300, 0, 100, 60), (0, 0, 10, 10))
    crops = tissue_crops(overview, width=4096, height=3072, scale=1.0, limit=2)
    assert [(crop.x, crop.y) for crop in crops] == [(3072, 0), (1024, 2048)]
    assert all((crop.width, crop.out_width) == (1024, 1024) for crop in crops)


def test_a_slide_without_tissue_gives_nothing_and_a_small_one_gives_itself() -> None:
    assert tissue_crops(_overview(), width=4096, height=3072, scale=1.0, limit=6) == []
    assert tissue_crops(_overview(), width=900, height=700, scale=2.0, limit=6) == [Crop(0, 0, 900, 700, 450, 350)]


def test_cells_at_the_border_are_cut_to_the_image() -> None:
    crops = tissue_crops(_overview((0, 0, 400, 300)), width=1500, height=1100, scale=1.0, limit=64)
    assert {(crop.x + crop.width, crop.y + crop.height) for crop in crops} <= {(1024, 1024), (1500, 1024), (1024, 1100), (1500, 1100)}
    assert all(crop.x + crop.width <= 1500 and crop.y + crop.height <= 1100 for crop in crops)


def _classes(labels: list[str], scores: list[float]) -> dict[str, object]:
    return {
        "outputs": [
            {"name": "labels", "datatype": "BYTES", "shape": [len(labels)], "data": labels},
            {"name": "scores", "datatype": "FP64", "shape": [len(scores)], "data": scores},
        ]
    }


def _asked(task: str, granularity: str, **more: object) -> Asked:
    values: dict[str, object] = {"label_map": {}, "codes": frozenset({"A", "B"}), "crop": whole_crop(200, 100), "width": 200, "height": 100}
    return Asked(task=task, granularity=granularity, **(values | more))  # type: ignore[arg-type]


def test_a_classifier_proposes_its_first_label_only_when_it_leads() -> None:
    asked = _asked("classify", "diagnosis")
    led = read_answer(asked, parse_outputs(_classes(["A", "B", "C"], [0.2, 0.7, 0.1]), DEFAULT_LIMITS), DEFAULT_LIMITS)
    assert [(item.label, item.score, item.shape) for item in led.proposals] == [("B", 0.7, None)]
    assert led.dropped == 1
    tied = read_answer(asked, parse_outputs(_classes(["A", "B"], [0.5, 0.5]), DEFAULT_LIMITS), DEFAULT_LIMITS)
    assert (tied.proposals, tied.uncertainty) == ([], pytest.approx(1.0))


def test_boxes_become_rectangles_or_their_centres() -> None:
    document = {
        "outputs": [
            {"name": "boxes", "datatype": "FP32", "shape": [2, 4], "data": [[10, 20, 30, 60], [30, 20, 10, 60]]},
            {"name": "labels", "datatype": "BYTES", "shape": [2], "data": ["salient", "salient"]},
            {"name": "scores", "datatype": "FP32", "shape": [2], "data": [1, 0.5]},
        ]
    }
    outputs = parse_outputs(document, DEFAULT_LIMITS)
    boxes = read_answer(_asked("detect", "box", label_map={"salient": "A"}), outputs, DEFAULT_LIMITS)
    assert [item.shape and item.shape.to_document() for item in boxes.proposals] == [
        {"type": "Rectangle", "bbox": [10.0, 20.0, 20.0, 40.0]}
    ]
    assert boxes.dropped == 1
    points = read_answer(_asked("detect", "point", label_map={"salient": "A"}), outputs, DEFAULT_LIMITS)
    assert points.proposals[0].shape is not None
    assert points.proposals[0].shape.to_document() == {"type": "Point", "coordinates": [20.0, 40.0]}
