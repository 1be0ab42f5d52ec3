"""The pixel application for a pool of processes with threads: each process keeps to a core of its own.

A request there goes from thread to thread. To wake a thread on another core costs several times what it costs on the same one,
and one that interrupts the other as soon as it wakes (SCHED_BATCH does not) makes the two change places for every request.
Threads take both from the one that imports this.
"""

import fcntl
import os

from bench.tile_site import wsgi

__all__ = ["wsgi"]


def _keep_to_a_core() -> int | None:
    """Take the first core that no other process of the pool has; the lock is held as long as this process lives."""
    for core in sorted(os.sched_getaffinity(0)):
        lock = os.open(f"{os.environ['BENCH_DATA']}/core-{core}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
        else:
            os.sched_setaffinity(0, {core})
            return lock
    return None


_lock = _keep_to_a_core()
os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
