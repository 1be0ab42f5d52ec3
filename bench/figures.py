"""Small arithmetic on lists of seconds."""

import statistics


def spread_ms(seconds: list[float]) -> str:
    """Return median, 95th percentile and largest of some durations, in milliseconds."""
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return f"p50 {statistics.median(ordered) * 1e3:.0f} ms, p95 {p95 * 1e3:.0f} ms, max {ordered[-1] * 1e3:.0f} ms (n = {len(ordered)})"
