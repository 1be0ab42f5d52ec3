"""Brush marks of Label Studio: the same pixels out, in, and in Label Studio's own converter."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from annotation.exporters.brush import brush_rle
from annotation.exporters.painting import runs_of
from annotation.importers.brush import brush_counts
from annotation.importers.raster import mask_of_picture, mask_of_rows
from tests.annotation.document import rows
from tests.annotation.exporters import cases
from tests.annotation.exporters.judge import unpack, verdict
from tests.annotation.exporters.test_label_maps import on

SLIDE = dataclasses.replace(rows.image(), width_px=700, height_px=300)


def spelled(is_in: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> list[int]:
    height, width = is_in.shape
    return brush_rle(runs_of(mask_of_picture(is_in), width=width, height=height), width=width, height=height)


@given(arrays.arrays(np.bool_, st.tuples(st.integers(1, 40), st.integers(1, 600))).filter(lambda picture: bool(picture.any())))
@settings(deadline=None, max_examples=60)
def test_what_is_spelled_reads_back_pixel_for_pixel(is_in: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> None:
    counts = brush_counts(bytes(spelled(is_in)), pixels=is_in.size)
    assert counts is not None
    assert sum(counts) == is_in.size
    assert mask_of_rows(counts, width=is_in.shape[1]) == mask_of_picture(is_in)


def test_pixels_that_are_spelled_one_by_one_are_read_too() -> None:
    """As other programs write them: bytes that do not repeat, beginning anywhere within a pixel."""
    values = [0, 0, 0, 0, 0, 0, 0, 9, 7, 7, 7, 255, 1, 2, 3, 0]
    head = f"{16:032b}{7:05b}" + "".join(f"{size - 1:04b}" for size in (3, 4, 8, 16))
    text = head + f"1{0:02b}{3:03b}{0:08b}" + f"0{1:02b}{11:04b}" + "".join(f"{value:08b}" for value in values[4:])
    text += "0" * (-len(text) % 8)
    assert brush_counts(int(text, 2).to_bytes(len(text) // 8, "big"), pixels=4) == [1, 2, 1]


@given(st.binary(max_size=200), st.integers(0, 1 << 40))
@settings(deadline=None)
def test_what_anybody_may_send_is_read_or_refused(data: bytes, pixels: int) -> None:
    counts = brush_counts(data, pixels=pixels)
    assert counts is None or sum(counts) == pixels


def test_a_spelling_cut_anywhere_is_refused() -> None:
    whole = bytes(spelled(np.eye(9, dtype=np.bool_)))
    assert all(brush_counts(whole[:end], pixels=81) is None for end in range(len(whole) - 1))
    assert brush_counts(whole, pixels=80) is None


@pytest.mark.long
def test_label_studio_s_own_converter_sees_the_same_pixels(tmp_path: Path) -> None:
    dice = np.random.default_rng(5)
    pictures = {"a": dice.random((300, 700)) > 0.7, "b": np.ones((300, 700), np.bool_), "c": np.zeros((300, 700), np.bool_)}
    pictures["c"][299, 699] = True
    case = on(SLIDE, *((key, mask_of_picture(picture), "tumour") for key, picture in pictures.items()))
    files = cases.archive("label-studio", [case])
    said = verdict("label_studio_reads", unpack(files, tmp_path))
    assert all(said["annotations"])
    ids = [region["id"] for task in json.loads(files["tasks.json"]) for one in task["annotations"] for region in one["result"]]
    assert set(said["brushes"]) == set(ids)
    assert sorted(said["brushes"].values()) == sorted(hashlib.sha256(picture.tobytes()).hexdigest() for picture in pictures.values())
