"""Rows from which the tests of datasets make versions."""

from typing import Any

from annotation.datasets.members import Recipe
from annotation.datasets.query import Candidate

SHARES = {"train": 70, "tune": 15, "test": 15}


def candidate(number: int, subject: str = "", **changes: Any) -> Candidate:
    values: dict[str, Any] = {
        "campaign": "campaign-1",
        "image": f"image-{number:04}",
        "subject": subject or f"subject-{number:04}",
        "label": "polyp",
        "labels": ("polyp",),
        "collection": "north",
        "modality": "ES",
        "device": "Maker One",
        "reads": ("read-1", "read-2"),
        "marks": 3,
        "revision": 4,
    }
    return Candidate(**(values | changes))


def recipe(**changes: Any) -> Recipe:
    values: dict[str, Any] = {"shares": SHARES, "strata": ("label",), "seed": "seed"}
    return Recipe(**(values | changes))
