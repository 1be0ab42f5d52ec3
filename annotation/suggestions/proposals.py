"""From a checked answer to proposals in level-0 pixels: what a model says, tensor by tensor, and what of it is believed.

The tensors, by task:

- ``segment``: vertices FP [N, 2] as (x, y), offsets INT [K + 1], scores FP [K], labels BYTES [K]
- ``detect``: boxes FP [K, 4] as (x_min, y_min, x_max, y_max), scores FP [K], labels BYTES [K]
- ``classify``: labels BYTES [C], scores FP [C]

Coordinates are continuous pixels of the picture that was sent, (0, 0) the outer corner of its top-left pixel.
A tensor that is not as it should be spoils the answer; a single shape that is not is dropped and counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from annotation.schema.shapes import Shape, ShapeError, check_inside, normalise, parse_geometry
from annotation.suggestions.crops import Crop
from annotation.suggestions.errors import EndpointError
from annotation.suggestions.limits import Limits
from annotation.suggestions.ranking import class_uncertainty, detection_uncertainty
from annotation.suggestions.tensors import Floats, Tensor

Task = Literal["segment", "detect", "classify"]
TASKS: tuple[Task, ...] = get_args(Task)
# Equal scores name no diagnosis: an untaught classifier stays silent instead of proposing the first of its list.
LEAST_LEAD = 1e-6
# A smoothed outline may swing a little over the edge of the picture; what lies farther out was never looked at.
EDGE_PX = 1.0


@dataclass(frozen=True, slots=True)
class Proposal:
    """One suggestion before it is stored.

    Attributes:
        granularity: As in the document schema.
        shape: In level-0 px; None for the image as a whole.
        label: Label code of the campaign.
        score: 0 to 1, as the model said.
        uncertainty: 0 sure to 1 unsure.
        frame: 0-based; None for images without frames.
    """

    granularity: str
    shape: Shape | None
    label: str
    score: float
    uncertainty: float | None
    frame: int | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer amounts to.

    Attributes:
        proposals: What is stored.
        dropped: How many shapes or labels were refused.
        uncertainty: Of the whole image, where the task gives it directly (``classify``).
    """

    proposals: list[Proposal] = field(default_factory=list)
    dropped: int = 0
    uncertainty: float | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked: needed to place and to believe the answer.

    Attributes:
        task: Which tensors to expect.
        granularity: Granularity of the suggestions made from it.
        label_map: Label the model says -> label code; empty: the same words.
        codes: Label codes of the campaign that this granularity takes.
        crop: What was sent.
        width: Of the image, level-0 px.
        height: Of the image, level-0 px.
        label: Label code that was asked for, which a shape gets whose own word the campaign does not have; empty: it is dropped.
    """

    task: Task
    granularity: str
    label_map: Mapping[str, str]
    codes: frozenset[str]
    crop: Crop
    width: int
    height: int
    label: str = ""

    def code_of(self, said: str) -> str | None:
        """Return the campaign's code for what the model said, or None if the campaign has none."""
        code = self.label_map.get(said) if self.label_map else said
        return code if code in self.codes else self.label or None


def read_answer(asked: Asked, outputs: Mapping[str, Tensor], limits: Limits) -> Reading:
    """Return the proposals of an answer.

    Raises:
        EndpointError: ``endpoint_bad_answer`` for missing or misshapen tensors, ``endpoint_too_large`` for too many shapes.
    """
    if asked.task == "classify":
        return _read_classes(asked, outputs, limits)
    labels, scores = _labels_and_scores(outputs, limits)
    geometries = _outlines(outputs, len(labels), limits) if asked.task == "segment" else _boxes(outputs, len(labels))
    proposals: list[Proposal] = []
    for corners, label, score in zip(geometries, labels, scores, strict=True):
        code = asked.code_of(label)
        shape = _place(asked, corners) if code is not None else None
        if code is not None and shape is not None:
            certain = detection_uncertainty(score)
            proposals.append(Proposal(asked.granularity, shape, code, score, certain, asked.crop.frame))
    return Reading(proposals, len(labels) - len(proposals))


def _read_classes(asked: Asked, outputs: Mapping[str, Tensor], limits: Limits) -> Reading:
    labels, scores = _labels_and_scores(outputs, limits)
    known = [(score, code) for label, score in zip(labels, scores, strict=True) if (code := asked.code_of(label)) is not None]
    dropped = len(labels) - len(known)
    if len({code for _score, code in known}) != len(known):
        raise _bad("a label occurs twice")
    uncertainty = class_uncertainty([score for score, _code in known])
    ranked = sorted(known, key=lambda item: -item[0])
    leads = bool(ranked) and (len(ranked) == 1 or ranked[0][0] - ranked[1][0] > LEAST_LEAD)
    if not leads:
        return Reading([], dropped, uncertainty)
    score, code = ranked[0]
    return Reading([Proposal(asked.granularity, None, code, score, uncertainty, asked.crop.frame)], dropped, uncertainty)


def _bad(detail: str) -> EndpointError:
    return EndpointError("endpoint_bad_answer", detail)


def _numbers(outputs: Mapping[str, Tensor], name: str, axes: tuple[int | None, ...]) -> Floats:
    """Return a numeric tensor; ``axes`` are the sizes it must have, None for any."""
    tensor = outputs.get(name)
    if tensor is None or tensor.numbers is None:
        raise _bad(f'the answer has no numeric tensor "{name}"')
    fits = len(tensor.shape) == len(axes) and all(size in (None, real) for size, real in zip(axes, tensor.shape, strict=True))
    if not fits:
        raise _bad(f'tensor "{name}" has another shape than the task needs')
    return tensor.numbers


def _labels_and_scores(outputs: Mapping[str, Tensor], limits: Limits) -> tuple[tuple[str, ...], list[float]]:
    labels = outputs.get("labels")
    if labels is None or labels.texts is None or len(labels.shape) != 1:
        raise _bad('the answer has no text tensor "labels" of one axis')
    if len(labels.texts) > limits.shapes:
        raise EndpointError("endpoint_too_large", f"the answer has more than {limits.shapes} shapes or labels")
    scores = _numbers(outputs, "scores", (len(labels.texts),))
    if scores.size and (scores.min() < 0.0 or scores.max() > 1.0):
        raise _bad('tensor "scores" has values outside 0 to 1')
    return labels.texts, [float(score) for score in scores]


def _outlines(outputs: Mapping[str, Tensor], count: int, limits: Limits) -> list[Floats]:
    vertices = _numbers(outputs, "vertices", (None, 2))
    offsets = _numbers(outputs, "offsets", (count + 1,))
    if not np.array_equal(offsets, np.floor(offsets)) or offsets[0] != 0 or offsets[-1] != len(vertices) or (np.diff(offsets) < 0).any():
        raise _bad('tensor "offsets" does not divide "vertices" into outlines')
    if count and int(np.diff(offsets).max()) > limits.vertices:
        raise EndpointError("endpoint_too_large", f"an outline has more than {limits.vertices} vertices")
    starts: NDArray[np.int64] = offsets.astype(np.int64)
    return [vertices[starts[index] : starts[index + 1]] for index in range(count)]


def _boxes(outputs: Mapping[str, Tensor], count: int) -> list[Floats]:
    return [box.reshape(2, 2) for box in _numbers(outputs, "boxes", (count, 4))]


def _place(asked: Asked, corners: Floats) -> Shape | None:
    """Return the shape in level-0 px, on the grid, inside the image; None if it is none or lies outside what was sent."""
    crop = asked.crop
    limits = np.array([crop.out_width, crop.out_height])
    if not len(corners) or (corners < -EDGE_PX).any() or (corners > limits + EDGE_PX).any():
        return None
    if asked.task == "detect" and (corners[1] <= corners[0]).any():
        return None
    level0 = np.clip(corners, 0.0, limits) * np.array([crop.width, crop.height]) / limits + np.array([crop.x, crop.y])
    try:
        shape = normalise(parse_geometry(_geometry(asked, level0.tolist())))
        check_inside(shape, width=asked.width, height=asked.height)
    except ShapeError:
        return None
    # A neck thinner than the grid makes several parts; a cell is one.
    return None if shape.kind == "MultiPolygon" and asked.granularity == "cell" else shape


def _geometry(asked: Asked, points: list[list[float]]) -> dict[str, Any]:
    """Return the document's geometry for an outline, or for a box at the granularity that is asked."""
    if asked.task == "segment":
        closed = points if points[0] == points[-1] else [*points, points[0]]
        return {"type": "Polygon", "coordinates": [closed]}
    (x_min, y_min), (x_max, y_max) = points
    if asked.granularity == "point":
        return {"type": "Point", "coordinates": [(x_min + x_max) / 2, (y_min + y_max) / 2]}
    return {"type": "Rectangle", "bbox": [x_min, y_min, x_max - x_min, y_max - y_min]}
