"""Every file of the test data comes to what the table says: taken, taken in part, or refused with its place and reason."""

import time
from pathlib import Path

import pytest

from annotation.importers.problems import problem_text
from tests.annotation.importers.expected import EXPECTED
from tests.annotation.importers.outcomes import outcome

COMMITTED = Path(__file__).parent / "data"
SHARED = Path(__file__).parents[4] / "shared" / "data"
FOLDERS = ("annotations", "malformed/annotations")
EACH_S = 20.0
"""No file may take longer, on a loaded machine."""


def _file(name: str) -> Path:
    path = next((folder / name for folder in (SHARED, COMMITTED) if (folder / name).is_file()), None)
    if path is None:
        pytest.skip("the shared test data is not there")
    return path


@pytest.mark.parametrize("name", EXPECTED)
def test_file(name: str) -> None:
    started = time.monotonic()
    assert outcome(_file(name)) == EXPECTED[name]
    assert time.monotonic() - started < EACH_S


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_file_of_the_test_data_is_missing_in_the_table(folder: str, shared_data: Path) -> None:
    files = {str(path.relative_to(shared_data)) for path in (shared_data / folder).rglob("*") if path.is_file()}
    assert files == {name for name in EXPECTED if name.startswith(f"{folder}/")}


def test_every_malformed_file_is_refused_with_a_reason_and_a_next_step() -> None:
    for name, expected in EXPECTED.items():
        for code in [*expected.refused, *([expected.first[1]] if not expected.format else [])]:
            text = problem_text(code)
            assert text.text, name
            assert text.hint, name
        if expected.format == "" and name.startswith("malformed/"):
            assert expected.first[1]
        if expected.refused:
            assert expected.first[0] or expected.refused == {"no_annotations": 1}, f"{name}: a refusal names its place"


def test_the_committed_files_are_those_of_the_shared_data(shared_data: Path) -> None:
    committed = [path for path in COMMITTED.rglob("*") if path.is_file()]
    assert len(committed) > 8
    for path in committed:
        assert path.read_bytes() == (shared_data / path.relative_to(COMMITTED)).read_bytes()
