"""Bounds on everything that a model endpoint may cost."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one exchange with an endpoint.

    Attributes:
        connect_s: Seconds for the connection to stand, TLS included.
        total_s: Seconds from the first step to the last byte of the answer.
        answer_bytes: Largest answer, on the wire and unpacked alike.
        tensors: Most output tensors.
        elements: Most elements of one tensor.
        shapes: Most shapes, boxes or labels of one answer.
        vertices: Most vertices of one outline.
        text_length: Longest label or version.
    """

    connect_s: float = 2.0
    total_s: float = 30.0
    answer_bytes: int = 8 << 20
    tensors: int = 16
    elements: int = 1_000_000
    shapes: int = 5_000
    vertices: int = 2_000
    text_length: int = 200


DEFAULT_LIMITS = Limits()
