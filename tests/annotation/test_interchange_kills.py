"""An export that dies in the middle leaves nothing half; imports have their own test beside the other tests of importers."""

import pytest

from bench.interchange_kills import kill_exports, kill_jobs

pytestmark = pytest.mark.long


def test_exports_killed_at_random_moments_leave_whole_files_or_none() -> None:
    found = kill_exports(kills=3, marks=600)
    assert found.wrong == []
    assert found.cut_short > 0, "no kill ever met an export at work"


@pytest.mark.parametrize("format_name", ["document", "coco"])
def test_exports_by_a_worker_that_is_killed_end_as_streamed_ones(format_name: str) -> None:
    found = kill_jobs(kills=2, cases=12, marks=60, format_name=format_name)
    assert found.wrong == []
    assert found.cut_short > 0, "no kill ever met a worker at work"
