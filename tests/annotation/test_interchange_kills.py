"""An import or export that dies in the middle leaves nothing half: the next one ends like an undisturbed one."""

import pytest

from bench.interchange_kills import kill_exports, kill_imports

pytestmark = pytest.mark.long


def test_imports_killed_at_random_moments_end_like_an_undisturbed_one() -> None:
    found = kill_imports(kills=4, marks=600)
    assert found.wrong == []
    assert found.cut_short > 0, "no kill ever met an import at work"


def test_exports_killed_at_random_moments_leave_whole_files_or_none() -> None:
    found = kill_exports(kills=3, marks=600)
    assert found.wrong == []
    assert found.cut_short > 0, "no kill ever met an export at work"
