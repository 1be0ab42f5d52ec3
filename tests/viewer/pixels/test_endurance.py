"""Broken files by the hundred, and workers that are killed while people look at images."""

from pathlib import Path

import pytest

from bench.fuzz import MEMORY_LIMIT_BYTES, SUSPECT, Run
from bench.isolation import FILES, kill_workers, recoveries
from bench.mutation import families, mutant
from bench.pixel_load import Load, PixelSite
from viewer.readers import errors
from viewer.tiles.child import Child
from viewer.tiles.pool import PixelPool

# `python -m bench isolation` kills a hundred and measures what that costs.
MUTANTS = 500
KILLS = 40


def test_five_hundred_broken_files_end_opened_or_refused(tmp_path: Path) -> None:
    pool = PixelPool(workers=2, memory_limit_bytes=MEMORY_LIMIT_BYTES)
    try:
        report = Run(pool, seed=20261121).over(range(MUTANTS), tmp_path)
    finally:
        pool.close()
    assert report.count == MUTANTS
    assert set(report.outcomes) <= {*errors.REASONS, "opened"} - SUSPECT, report.findings
    assert report.outcomes["opened"] > MUTANTS // 20, "the mutator leaves too little of the files"
    assert report.slowest_s < 30
    assert report.largest_bytes < MEMORY_LIMIT_BYTES


def test_the_same_seed_breaks_the_same_files_in_the_same_way(shared_data: Path) -> None:
    groups = families(shared_data, shared_data / "nothing")
    assert all(groups.values())
    first, again, other = (mutant(groups, seed, 17) for seed in (1, 1, 2))
    assert first == again
    assert first.raw != other.raw


@pytest.mark.long
def test_nobody_notices_workers_that_are_killed(tmp_path: Path, shared_data: Path) -> None:
    pool = PixelPool(workers=2)
    with PixelSite(tmp_path, [shared_data / name for name in FILES], pool) as site:
        load = Load(site, people=3)
        with load.running():
            moments = kill_workers(pool, KILLS, 0.1)
    assert load.failures == []
    assert len(moments) == KILLS
    assert sorted(recoveries(load, moments))[KILLS // 2] < 2.0
    assert len(load.seconds) < site.size


def test_a_file_that_ends_two_workers_is_refused(monkeypatch: pytest.MonkeyPatch, shared_data: Path) -> None:
    pool = PixelPool(workers=1)
    tried: list[int] = []

    def crash(child: Child, message: bytes) -> None:
        tried.append(child.pid)
        child._process.send_signal(11)
        child._process.wait()
        raise errors.WorkerCrashed("worker_crashed")

    monkeypatch.setattr(Child, "exchange", crash)
    with pytest.raises(errors.WorkerCrashed):
        pool.inspect(str(shared_data / "photo/derm/ISIC_0000000.jpg"))
    assert len(set(tried)) == 2
    monkeypatch.undo()
    assert pool.inspect(str(shared_data / "photo/derm/ISIC_0000000.jpg"))["width"] == 1022
    pool.close()


def test_a_spare_worker_waits_in_a_pool_that_serves(shared_data: Path) -> None:
    pool = PixelPool(workers=1)
    pool.warm_up()
    spare = pool._spare
    assert spare is not None
    pool._idle[0].stop()
    source = {"engine": "raster", "kind": "photograph", "paths": [str(shared_data / "photo/derm/ISIC_0000000.jpg")], "frame_map": None}
    assert pool.thumbnail(source).body
    assert pool._idle == [spare]
    pool.close()
    assert not spare.alive
