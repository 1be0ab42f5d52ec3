"""What benchmarks share: small arithmetic on lists of seconds, and waiting for a machine at rest."""

import statistics
import time
from pathlib import Path

_QUIET = 0.95


def spread_ms(seconds: list[float]) -> str:
    """Return median, 95th percentile and largest of some durations, in milliseconds."""
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return f"p50 {statistics.median(ordered) * 1e3:.0f} ms, p95 {p95 * 1e3:.0f} ms, max {ordered[-1] * 1e3:.0f} ms (n = {len(ordered)})"


def wait_until_quiet(limit_s: float = 120.0) -> None:
    """Wait until the machine has done next to nothing for a second: a site that was just filled still works in the background.

    Raises:
        TimeoutError: when it does not come to rest.
    """
    until_s = time.monotonic() + limit_s
    while time.monotonic() < until_s:
        idle, total = _ticks()
        time.sleep(1.0)
        idle_now, total_now = _ticks()
        if idle_now - idle > _QUIET * (total_now - total):
            return
    raise TimeoutError("the machine does not come to rest")


def _ticks() -> tuple[int, int]:
    """Idle and all ticks of all processors together (proc(5), /proc/stat)."""
    fields = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return fields[3] + fields[4], sum(fields)
