"""The Open Inference Protocol V2 as this server speaks it: JSON tensors, strictly read.

A request is ``{"id"?, "parameters"?, "inputs": [{"name", "shape", "datatype", "data"}]}``; an answer has
``model_name``, ``model_version`` and ``outputs`` of the same form. Data may be flat or nested, row by row.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

MAX_DEPTH = 8
MAX_INPUTS = 8
NUMBERS = frozenset({"INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64", "FP16", "FP32", "FP64"})
DATATYPES = NUMBERS | {"BYTES", "BOOL"}


class RequestError(Exception):
    """A request that is refused.

    Attributes:
        status: HTTP status of the answer.
        code: Short machine-readable reason.
    """

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Tensor:
    """A named array, flat, row by row."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    data: list[Any]

    def as_json(self) -> dict[str, Any]:
        """Return the tensor in the protocol's JSON form."""
        return {"name": self.name, "datatype": self.datatype, "shape": list(self.shape), "data": self.data}


@dataclass(frozen=True, slots=True)
class InferRequest:
    """What a client asks of a model."""

    id: str
    parameters: dict[str, Any]
    inputs: dict[str, Tensor]

    def texts(self, name: str) -> list[str]:
        """Return the strings of a BYTES tensor; raises ``RequestError`` 400 if it is absent or of another type."""
        tensor = self.inputs.get(name)
        if tensor is None or tensor.datatype != "BYTES":
            raise RequestError(400, "input_missing", f'an input tensor "{name}" of datatype BYTES is required')
        return [str(item) for item in tensor.data]

    def number(self, name: str, default: float, *, least: float, most: float) -> float:
        """Return a numeric parameter; raises ``RequestError`` 400 if it is no number or out of range."""
        value = self.parameters.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise RequestError(400, "parameter_out_of_range", f'parameter "{name}" must be a number from {least} to {most}')
        return float(value)


@dataclass(frozen=True, slots=True)
class InferAnswer:
    """What a model answers."""

    model_version: str
    outputs: list[Tensor]
    parameters: dict[str, Any] = field(default_factory=dict)


def texts_tensor(name: str, values: Sequence[str]) -> Tensor:
    """Return strings as a BYTES tensor of shape [N]."""
    return Tensor(name, "BYTES", (len(values),), list(values))


def numbers_tensor(name: str, datatype: str, shape: Sequence[int], values: Sequence[float]) -> Tensor:
    """Return numbers as a tensor of the given type and shape."""
    return Tensor(name, datatype, tuple(shape), list(values))


def parse_request(body: bytes) -> InferRequest:
    """Return the request in ``body``; raises ``RequestError`` 400 for anything that is not one."""
    document = _load(body)
    inputs = document.get("inputs")
    parameters = document.get("parameters") or {}
    if not isinstance(inputs, list) or not 1 <= len(inputs) <= MAX_INPUTS:
        raise RequestError(400, "bad_request", f'"inputs" must be a list of 1 to {MAX_INPUTS} tensors')
    if not isinstance(parameters, dict):
        raise RequestError(400, "bad_request", '"parameters" must be an object')
    tensors = [_tensor(item) for item in inputs]
    return InferRequest(str(document.get("id") or "")[:200], parameters, {tensor.name: tensor for tensor in tensors})


def _load(body: bytes) -> dict[str, Any]:
    """Return the JSON object in ``body``; NaN and infinity are refused."""
    try:
        document = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise RequestError(400, "bad_json", "the body is not strict JSON") from error
    if not isinstance(document, dict):
        raise RequestError(400, "bad_json", "the body must be a JSON object")
    return document


def _refuse_constant(name: str) -> float:
    """Refuse the constants that JSON does not have."""
    raise ValueError(name)


def _tensor(item: object) -> Tensor:
    """Return one input tensor, with as many elements as its shape says."""
    if not isinstance(item, dict):
        raise RequestError(400, "bad_tensor", "a tensor must be an object")
    name, datatype, shape = item.get("name"), item.get("datatype"), item.get("shape")
    if not isinstance(name, str) or datatype not in DATATYPES:
        raise RequestError(400, "bad_tensor", "a tensor needs a name and a known datatype")
    if not isinstance(shape, list) or not all(isinstance(size, int) and size >= 0 for size in shape):
        raise RequestError(400, "bad_tensor", f'the shape of tensor "{name}" must be a list of whole numbers')
    data = _flat(item.get("data"), MAX_DEPTH)
    if len(data) != math.prod(shape):
        raise RequestError(400, "bad_tensor", f'tensor "{name}" has another number of elements than its shape says')
    kind: type | tuple[type, ...] = str if datatype == "BYTES" else (int, float)
    if not all(isinstance(value, kind) for value in data):
        raise RequestError(400, "bad_tensor", f'tensor "{name}" has elements of another type than {datatype}')
    return Tensor(name, datatype, tuple(shape), data)


def _flat(data: object, depth: int) -> list[Any]:
    """Return nested lists as one flat list."""
    if not isinstance(data, list) or depth == 0:
        raise RequestError(400, "bad_tensor", '"data" must be a list')
    if not any(isinstance(item, list) for item in data):
        return data
    return [value for item in data for value in _flat(item, depth - 1)]
