"""docs/saving.md says every code that marking can answer with, and none that it cannot."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import translation

from annotation.errors import REFUSALS, problem_refusal, refusal
from annotation.schema.problems import PROBLEM_TEXTS

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "saving.md").read_text("utf-8")
OF_DOCUMENTS = {code for code in PROBLEM_TEXTS if code.startswith(("geometry_", "frame_", "mask_", "track_"))}
OF_THE_PARSER = {"too_large", "bad_json"}


def test_every_code_is_documented() -> None:
    table = TEXT.split("## Codes", 1)[1]
    documented = set().union(*(re.findall(r"`([a-z_]+)`", line.split("|")[1]) for line in table.splitlines() if line.startswith("| `")))
    assert documented == set(REFUSALS) | OF_DOCUMENTS | OF_THE_PARSER


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_every_code_says_what_and_what_next(code: str) -> None:
    with translation.override("en"):
        said = refusal(code).body()
    assert said["message"].endswith(".")
    assert said["hint"].endswith(".")


def test_codes_of_the_document_schema_are_said_as_there() -> None:
    with translation.override("en"):
        assert problem_refusal("frame_outside_image").body()["message"] == PROBLEM_TEXTS["frame_outside_image"].text
