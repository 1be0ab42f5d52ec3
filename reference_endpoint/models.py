"""The models that this server offers: what each one takes, what it answers, and the pass itself."""

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from reference_endpoint.features import describe
from reference_endpoint.heads import HEAD_NAME, HeadStore
from reference_endpoint.images import decode_picture
from reference_endpoint.nuclei import find_nuclei
from reference_endpoint.protocol import InferAnswer, InferRequest, RequestError, Tensor, numbers_tensor, texts_tensor
from reference_endpoint.saliency import find_boxes

DEFAULT_MPP_UM = 0.5
MAX_LABELS = 512
MAX_EXAMPLES = 1000


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """What metadata says of a tensor; -1 in a shape is any size."""

    name: str
    datatype: str
    shape: tuple[int, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the spec in the protocol's JSON form."""
        return {"name": self.name, "datatype": self.datatype, "shape": list(self.shape)}


class Model(ABC):
    """One model: its name, its tensors and its pass. Passes may run in several threads at once."""

    name: ClassVar[str]
    version: ClassVar[str]
    inputs: ClassVar[tuple[TensorSpec, ...]] = (TensorSpec("image", "BYTES", (1,)),)
    outputs: ClassVar[tuple[TensorSpec, ...]]

    @abstractmethod
    def infer(self, request: InferRequest) -> InferAnswer:
        """Return the answer for one picture; raises ``RequestError`` for a request it cannot take."""

    def metadata(self) -> dict[str, Any]:
        """Return what ``GET /v2/models/{name}`` answers."""
        return {
            "name": self.name,
            "versions": [self.version],
            "platform": "mitate_classical",
            "inputs": [spec.as_json() for spec in self.inputs],
            "outputs": [spec.as_json() for spec in self.outputs],
        }


class NucleusModel(Model):
    """Nuclei in haematoxylin and eosin as outlines."""

    name = "he-nuclei"
    version = "1"
    outputs = (
        TensorSpec("vertices", "FP32", (-1, 2)),
        TensorSpec("offsets", "INT32", (-1,)),
        TensorSpec("scores", "FP32", (-1,)),
        TensorSpec("labels", "BYTES", (-1,)),
    )

    def infer(self, request: InferRequest) -> InferAnswer:
        """Outline the nuclei; parameters: ``mpp`` (micrometres a pixel), ``prompt`` (see ``_prompt_box``)."""
        rgb = _only_picture(request)
        found = find_nuclei(rgb, mpp_um=request.number("mpp", DEFAULT_MPP_UM, least=0.1, most=2.0))
        box = _prompt_box(request)
        if box is not None:
            found = [item for item in found if _meets(item.ring, box)]
        starts = np.cumsum([0, *(len(item.ring) for item in found)]).tolist()
        vertices = np.concatenate([item.ring for item in found]) if found else np.zeros((0, 2))
        return InferAnswer(
            self.version,
            [
                numbers_tensor("vertices", "FP32", vertices.shape, vertices.ravel().tolist()),
                numbers_tensor("offsets", "INT32", (len(starts),), starts),
                numbers_tensor("scores", "FP32", (len(found),), [item.score for item in found]),
                texts_tensor("labels", ["nucleus"] * len(found)),
            ],
        )


class SaliencyModel(Model):
    """Conspicuous areas of a photograph or frame as boxes: a weak reference."""

    name = "saliency-box"
    version = "1"
    outputs = (
        TensorSpec("boxes", "FP32", (-1, 4)),
        TensorSpec("scores", "FP32", (-1,)),
        TensorSpec("labels", "BYTES", (-1,)),
    )

    def infer(self, request: InferRequest) -> InferAnswer:
        """Box the conspicuous areas; boxes are (x_min, y_min, x_max, y_max) in pixels of the picture."""
        found = find_boxes(_only_picture(request))
        return InferAnswer(
            self.version,
            [
                numbers_tensor("boxes", "FP32", (len(found), 4), [edge for item in found for edge in item.bounds]),
                numbers_tensor("scores", "FP32", (len(found),), [item.score for item in found]),
                texts_tensor("labels", ["salient"] * len(found)),
            ],
        )


class PhotographModel(Model):
    """A classifier with one trainable head a task; an untaught head is equally unsure of everything."""

    name = "photo-classifier"
    version = "0"
    inputs = (TensorSpec("image", "BYTES", (1,)), TensorSpec("labels", "BYTES", (-1,)))
    outputs = (TensorSpec("labels", "BYTES", (-1,)), TensorSpec("scores", "FP32", (-1,)))

    def __init__(self, folder: Path) -> None:
        self._heads = HeadStore(folder)

    def infer(self, request: InferRequest) -> InferAnswer:
        """Score the labels of the tensor ``labels``, or those the head was taught; parameter: ``head``."""
        rgb = _only_picture(request)
        head = self._heads.newest(_head_name(request))
        wanted = _labels(request) if "labels" in request.inputs else list(head.labels if head else [])
        if not wanted:
            raise RequestError(409, "model_untrained", "the head was never taught: send a tensor 'labels', or teach it first")
        if head is None:
            return self._answer("0", 0, wanted, [1.0 / len(wanted)] * len(wanted))
        scores = head.scores_for(describe(rgb), wanted)
        return self._answer(str(head.version), head.examples, wanted, [round(float(score), 6) for score in scores])

    def teach(self, request: InferRequest) -> InferAnswer:
        """Teach a head anew with the pictures in ``image`` and their ``labels``, one each; raises ``RequestError``."""
        pictures, labels = request.texts("image"), _labels(request, MAX_EXAMPLES)
        if len(pictures) != len(labels) or not pictures:
            raise RequestError(400, "bad_examples", "as many labels as images are required, and at least one")
        if len(set(labels)) < 2:
            raise RequestError(409, "one_label_only", "examples of at least two labels are required")
        features = np.stack([describe(decode_picture(text)) for text in pictures])
        head = self._heads.teach(_head_name(request), features, labels)
        return self._answer(str(head.version), head.examples, head.labels, [labels.count(name) for name in head.labels], counts=True)

    def head_metadata(self, name: str) -> dict[str, Any]:
        """Return version, labels and number of examples of a head; version "0" was never taught."""
        if not HEAD_NAME.match(name):
            raise RequestError(400, "bad_head", "a head's name has 1 to 64 letters, digits, - and _")
        head = self._heads.newest(name)
        if head is None:
            return {"name": name, "version": "0", "examples": 0, "labels": []}
        return {"name": name, "version": str(head.version), "examples": head.examples, "labels": head.labels}

    def _answer(self, version: str, examples: int, labels: list[str], values: list[float], *, counts: bool = False) -> InferAnswer:
        name, datatype = ("counts", "INT32") if counts else ("scores", "FP32")
        numbers = numbers_tensor(name, datatype, (len(values),), values)
        return InferAnswer(version, [texts_tensor("labels", labels), numbers], {"examples": examples})


class Catalogue:
    """All models of the server by name."""

    def __init__(self, data_dir: Path) -> None:
        self.photograph = PhotographModel(data_dir / "heads")
        self._models: dict[str, Model] = {model.name: model for model in (NucleusModel(), SaliencyModel(), self.photograph)}

    def names(self) -> list[str]:
        """Return the names of the models."""
        return sorted(self._models)

    def get(self, name: str) -> Model:
        """Return a model; raises ``RequestError`` 404 for an unknown name."""
        if name not in self._models:
            raise RequestError(404, "model_unknown", "no model of that name is offered here")
        return self._models[name]


def _only_picture(request: InferRequest) -> NDArray[np.uint8]:
    """Return the one picture of the tensor ``image``."""
    texts = request.texts("image")
    if len(texts) != 1:
        raise RequestError(400, "bad_tensor", "one image a request")
    return decode_picture(texts[0])


def _labels(request: InferRequest, most: int = MAX_LABELS) -> list[str]:
    """Return the tensor ``labels``; raises ``RequestError`` for too many or too long ones."""
    labels = request.texts("labels")
    if len(labels) > most or any(not label or len(label) > 200 for label in labels):
        raise RequestError(400, "bad_labels", f"at most {most} labels of 1 to 200 characters")
    return labels


def _head_name(request: InferRequest) -> str:
    """Return the parameter ``head``; raises ``RequestError`` for a name that is no plain word."""
    name = request.parameters.get("head", "default")
    if not isinstance(name, str) or not HEAD_NAME.match(name):
        raise RequestError(400, "bad_head", "a head's name has 1 to 64 letters, digits, - and _")
    return name


def _prompt_box(request: InferRequest) -> tuple[float, float, float, float] | None:
    """Return (x_min, y_min, x_max, y_max) of the parameter ``prompt``: JSON text "[x, y]" or "[x, y, width, height]"."""
    prompt = request.parameters.get("prompt")
    if prompt is None:
        return None
    try:
        values = json.loads(prompt) if isinstance(prompt, str) else None
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, list) or len(values) not in {2, 4} or not all(isinstance(item, int | float) for item in values):
        raise RequestError(400, "bad_prompt", 'parameter "prompt" must be the JSON text of [x, y] or [x, y, width, height]')
    width, height = values[2:] or (0.0, 0.0)
    return values[0], values[1], values[0] + width, values[1] + height


def _meets(ring: NDArray[np.float64], box: tuple[float, float, float, float]) -> bool:
    """Return whether the bounds of the outline meet the box."""
    x_min, y_min = ring.min(axis=0)
    x_max, y_max = ring.max(axis=0)
    return bool(x_min <= box[2] and x_max >= box[0] and y_min <= box[3] and y_max >= box[1])


__all__ = ["Catalogue", "Model", "PhotographModel", "Tensor", "TensorSpec"]
