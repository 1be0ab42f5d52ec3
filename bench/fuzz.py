"""Thousands of broken files through the real pixel pool: ``python -m bench.fuzz --count 20000 --seed 1``.

Every file must end as opened or as refused with a reason, within 30 s and within the memory limit of its worker. Prints
what happened, and every file that crashed, hung or exhausted a worker with the number that makes it again:
``python -m bench.fuzz --seed 1 --only 4711 --keep /tmp/mutants``.
"""

import argparse
import contextlib
import random
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from bench.mutation import Mutant, families, mutant
from viewer.readers.errors import REASONS, ReaderError
from viewer.tiles.pool import PixelPool

ROOT = Path(__file__).resolve().parents[1]
DATA, SAMPLES = ROOT.parent / "shared" / "data", ROOT / "samples"
# Half of what a site gives; a third of a GiB is the address space of a worker that has opened nothing.
MEMORY_LIMIT_BYTES = 3 << 29
WALL_LIMIT_S = 30.0
SLOW_S = 5.0
SUSPECT = frozenset({"worker_crashed", "worker_timeout", "out_of_memory", "workers_busy", "bad_request", "unreadable", "pool_closed"})


@dataclass
class Report:
    """What became of the files."""

    outcomes: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    largest_bytes: int = 0

    @property
    def count(self) -> int:
        """How many files were tried."""
        return sum(self.outcomes.values())


class Run:
    """Mutants through one pool, from several threads.

    Args:
        pool: a real pool; its workers are used again and again.
        seed: starts the series.
    """

    def __init__(self, pool: PixelPool, seed: int) -> None:
        self._pool, self._seed = pool, seed
        self._groups = families(DATA, SAMPLES)
        self._lock = threading.Lock()
        self.report = Report()

    def over(self, numbers: Iterable[int], folder: Path, threads: int = 2) -> Report:
        """Try the mutants of these numbers; each lies alone in a folder, as OpenSlide looks for the rest of a series."""
        with ThreadPoolExecutor(threads) as workers:
            for _ in workers.map(lambda number: self._one(number, folder), numbers):
                pass
        return self.report

    def write(self, number: int, folder: Path) -> tuple[Mutant, Path]:
        """Make one mutant and write it into a folder of its own."""
        broken = mutant(self._groups, self._seed, number)
        path = folder / str(number) / f"mutant{broken.source.suffix}"
        path.parent.mkdir(parents=True)
        path.write_bytes(broken.raw)
        return broken, path

    def _one(self, number: int, folder: Path) -> None:
        broken, path = self.write(number, folder)
        started = time.monotonic()
        outcome = self._outcome(path, number)
        seconds = time.monotonic() - started
        shutil.rmtree(path.parent)
        peak = max((_peak_bytes(child.pid) for child in list(self._pool._idle)), default=0)  # noqa: SLF001 -- looks inside on purpose
        with self._lock:
            self.report.outcomes[outcome] += 1
            self.report.slowest_s = max(self.report.slowest_s, seconds)
            self.report.largest_bytes = max(self.report.largest_bytes, peak)
            if outcome in SUSPECT or outcome not in {*REASONS, "opened"} or seconds > SLOW_S:
                self.report.findings.append(f"{number} {outcome} {seconds:.1f} s, {broken.harm} of {broken.source.name}")

    def _outcome(self, path: Path, number: int) -> str:
        try:
            found = self._pool.inspect(str(path))
            if found["kind"] == "presentation":  # has no pixels of its own
                return "opened"
            source = {"engine": found["engine"], "kind": found["kind"], "paths": [str(path)], "frame_map": None}
            if found["kind"] == "video":
                times = str(path.with_suffix(".frames"))  # not there, so that the container is parsed once more
                source["video"] = {**found["video"], "frame_count": found["frame_count"], "times": times}
                self._pool.strip(source)
            if found["kind"] in {"frames", "video"}:
                self._pool.frame(source, found["frame_count"] - 1)
            else:
                level = random.Random(number).choice(found["levels"])
                self._pool.tile(source, level["index"], level["columns"] - 1, level["rows"] - 1)
            self._pool.thumbnail(source)
        except ReaderError as refusal:
            return refusal.code
        return "opened"


def _peak_bytes(pid: int) -> int:
    """The most memory that the process ever had resident."""
    with contextlib.suppress(OSError, IndexError, ValueError):
        return int(Path(f"/proc/{pid}/status").read_text().split("VmHWM:")[1].split()[0]) * 1024
    return 0


def main() -> None:
    """Run as the command line says, and print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", type=int, help="make this one again")
    parser.add_argument("--keep", type=Path, help="with --only: where to leave it")
    wanted = parser.parse_args()
    pool = PixelPool(workers=wanted.threads, memory_limit_bytes=MEMORY_LIMIT_BYTES, wall_limit_s=WALL_LIMIT_S)
    run = Run(pool, wanted.seed)
    if wanted.keep is not None and wanted.only is not None:
        print(run.write(wanted.only, wanted.keep)[1])
    started = time.monotonic()
    numbers = [wanted.only] if wanted.only is not None else range(wanted.first, wanted.first + wanted.count)
    with tempfile.TemporaryDirectory() as folder:
        report = run.over(numbers, Path(folder), wanted.threads)
    pool.close()
    print(f"{report.count} files of seed {wanted.seed} in {time.monotonic() - started:.0f} s", end="; ")
    print(f"slowest {report.slowest_s:.1f} s, largest worker {report.largest_bytes >> 20} MiB resident")
    print("\n".join(f"{count:7} {outcome}" for outcome, count in report.outcomes.most_common()))
    print("\n".join(["findings:", *report.findings]))


if __name__ == "__main__":
    main()
