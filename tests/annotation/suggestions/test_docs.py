"""The guide says everything that there is."""

from pathlib import Path

import pytest

from annotation.services.endpoint_parameters import EndpointParameters
from annotation.services.suggestion_errors import ENDPOINT_TEXTS
from annotation.suggestions.errors import ENDPOINT_CODES
from annotation.suggestions.limits import DEFAULT_LIMITS

GUIDE = (Path(__file__).resolve().parents[3] / "docs" / "model-endpoints.md").read_text("utf-8")


@pytest.mark.parametrize("code", sorted(set(ENDPOINT_TEXTS) - {"ok"}))
def test_each_code_is_documented(code: str) -> None:
    assert f"`{code}`" in GUIDE


def test_each_code_of_the_client_has_a_text_for_the_admin() -> None:
    assert set(ENDPOINT_CODES) <= set(ENDPOINT_TEXTS)


@pytest.mark.parametrize("name", EndpointParameters.__dataclass_fields__)
def test_each_parameter_is_documented(name: str) -> None:
    assert f"| `{name}` |" in GUIDE


def test_the_bounds_are_those_of_the_client() -> None:
    assert (DEFAULT_LIMITS.connect_s, DEFAULT_LIMITS.total_s, DEFAULT_LIMITS.answer_bytes) == (2.0, 30.0, 8 << 20)
    assert f"{DEFAULT_LIMITS.shapes:,} shapes; {DEFAULT_LIMITS.vertices:,} vertices" in GUIDE
