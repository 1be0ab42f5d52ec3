"""Who renders on how many cores, as the processes of one machine tell each other."""

import subprocess
import sys
from pathlib import Path

import pytest

from viewer.tiles.cores import Cores


def test_two_processes_share_the_cores_of_a_machine(tmp_path: Path) -> None:
    one, two = Cores(2, tmp_path / "cores"), Cores(2, tmp_path / "cores")
    first, second = one.join(), one.join_free()
    assert second is not None
    assert one.join_free() is None, "both cores are taken"
    crowding = two.join()
    one.leave(second)
    assert one.join_free() is None, "the core that is free now is for whoever renders without one"
    assert two.join_free() is None
    two.leave(crowding)
    again = two.join()
    assert one.join_free() is None
    one.leave(first)
    third = two.join_free()
    assert third is not None
    two.leave(third)
    two.leave(again)
    assert one.join_free() is not None
    assert one.join_free() is not None


def test_several_in_the_crowd_are_one_crowd(tmp_path: Path) -> None:
    one, two = Cores(1, tmp_path), Cores(1, tmp_path)
    core = one.join()
    crowd = [two.join(), two.join()]
    two.leave(crowd.pop())
    one.leave(core)
    assert one.join_free() is None, "one of them still renders without a core"
    two.leave(crowd.pop())
    assert one.join_free() is not None


def test_a_process_that_is_killed_lets_its_cores_go(tmp_path: Path) -> None:
    holds = f"from pathlib import Path; from viewer.tiles.cores import Cores; Cores(1, Path({str(tmp_path)!r})).join()"
    holds += "; print(1, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", holds], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"1\n"
        assert Cores(1, tmp_path).join_free() is None
        process.kill()
        process.wait()
        assert Cores(1, tmp_path).join_free() is not None


@pytest.mark.parametrize("kind", ["file", "link", "nowhere"])
def test_without_a_folder_of_its_own_every_core_is_as_good_as_free(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "cores"
    if kind == "file":
        folder.write_bytes(b"")
    elif kind == "link":
        (tmp_path / "elsewhere").mkdir()
        folder.symlink_to(tmp_path / "elsewhere")
    else:
        folder = tmp_path / "missing" / "cores"
    cores = Cores(1, folder)
    taken = [cores.join(), cores.join_free(), cores.join_free()]
    for core in taken:
        assert core is not None
        cores.leave(core)
    assert not (tmp_path / "elsewhere").is_dir() or not list((tmp_path / "elsewhere").iterdir())
