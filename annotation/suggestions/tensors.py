"""Tensors of the Open Inference Protocol V2: built for requests, checked in answers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.suggestions.errors import EndpointError
from annotation.suggestions.limits import Limits

Floats = NDArray[np.float64]
MAX_AXES = 4

_WHOLE = {f"{sign}INT{bits}": (bits, sign == "") for sign in ("", "U") for bits in (8, 16, 32, 64)}
_REAL = frozenset({"FP16", "FP32", "FP64"})


@dataclass(frozen=True, slots=True)
class Tensor:
    """One checked output tensor: numbers as a finite array of its shape, or texts."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    numbers: Floats | None
    texts: tuple[str, ...] | None


def texts_input(name: str, values: Sequence[str]) -> dict[str, Any]:
    """Return strings as an input tensor of shape [N] in the protocol's JSON form."""
    return {"name": name, "shape": [len(values)], "datatype": "BYTES", "data": list(values)}


def parse_outputs(document: dict[str, Any], limits: Limits) -> dict[str, Tensor]:
    """Return the output tensors by name.

    Raises:
        EndpointError: ``endpoint_bad_answer`` for shapes that do not fit the data, for non-finite or out-of-range numbers;
            ``endpoint_too_large`` for more than the limits allow.
    """
    outputs = document.get("outputs")
    if not isinstance(outputs, list):
        raise _bad("the answer has no list of outputs")
    if len(outputs) > limits.tensors:
        raise EndpointError("endpoint_too_large", f"the answer has more than {limits.tensors} outputs")
    tensors = [_parse_tensor(item, number, limits) for number, item in enumerate(outputs)]
    found = {tensor.name: tensor for tensor in tensors}
    if len(found) != len(tensors):
        raise _bad("two outputs have the same name")
    return found


def _bad(detail: str) -> EndpointError:
    return EndpointError("endpoint_bad_answer", detail)


def _parse_tensor(item: object, number: int, limits: Limits) -> Tensor:
    """Return one tensor; its name is only used in messages by its number, for names are text of the other side."""
    if not isinstance(item, dict):
        raise _bad(f"output {number} is not an object")
    name, datatype, shape = item.get("name"), item.get("datatype"), item.get("shape")
    if not isinstance(name, str) or not 0 < len(name) <= limits.text_length:
        raise _bad(f"output {number} has no usable name")
    sizes = _shape(shape, number)
    if math.prod(sizes) > limits.elements:
        raise EndpointError("endpoint_too_large", f"output {number} has more than {limits.elements} elements")
    data = _flat(item.get("data"), number, axes=MAX_AXES)
    if len(data) != math.prod(sizes):
        raise _bad(f"output {number} has another number of elements than its shape says")
    if datatype == "BYTES":
        return Tensor(name, "BYTES", sizes, None, _texts(data, number, limits))
    if not isinstance(datatype, str) or (datatype not in _WHOLE and datatype not in _REAL):
        raise _bad(f"output {number} has an unknown datatype")
    return Tensor(name, datatype, sizes, _numbers(data, datatype, number).reshape(sizes), None)


def _shape(shape: object, number: int) -> tuple[int, ...]:
    if not isinstance(shape, list) or len(shape) > MAX_AXES:
        raise _bad(f"output {number} has no usable shape")
    if any(isinstance(size, bool) or not isinstance(size, int) or size < 0 for size in shape):
        raise _bad(f"output {number} has no usable shape")
    return tuple(shape)


def _flat(data: object, number: int, *, axes: int) -> list[Any]:
    """Return nested lists as one flat list; both forms are allowed by the protocol."""
    if not isinstance(data, list):
        raise _bad(f"output {number} has no data")
    if not any(isinstance(item, list) for item in data):
        return data
    if axes == 1:
        raise _bad(f"output {number} is nested too deeply")
    return [value for item in data for value in _flat(item, number, axes=axes - 1)]


def _texts(data: list[Any], number: int, limits: Limits) -> tuple[str, ...]:
    for value in data:
        if not isinstance(value, str) or len(value) > limits.text_length:
            raise _bad(f"output {number} holds something else than short texts")
    return tuple(data)


def _numbers(data: list[Any], datatype: str, number: int) -> Floats:
    whole = datatype in _WHOLE
    # bool is an int in Python and something else in JSON.
    kinds = {int} if whole else {int, float}
    if any(type(value) not in kinds for value in data):
        raise _bad(f"output {number} holds something else than numbers of its datatype")
    try:
        values = np.asarray(data, dtype=np.float64).reshape(-1)
    except OverflowError as error:
        raise _bad(f"output {number} holds numbers out of range") from error
    if values.size and whole:
        bits, signed = _WHOLE[datatype]
        low, high = (-(2.0 ** (bits - 1)), 2.0 ** (bits - 1)) if signed else (0.0, 2.0**bits)
        if values.min() < low or values.max() > high:
            raise _bad(f"output {number} holds numbers out of range")
    if not np.isfinite(values).all():
        raise _bad(f"output {number} holds numbers that are not finite")
    return values
