"""Who is overdue is stopped in time, and nobody else."""

import time

from tests.waiting import wait_for
from viewer.tiles.overdue import Watch


class Worker:
    def __init__(self) -> None:
        self.stopped_s = 0.0

    def stop_overdue(self) -> None:
        self.stopped_s = time.monotonic()


def test_only_who_is_overdue_is_stopped_and_not_before() -> None:
    watch, (late, later, done) = Watch(), [Worker() for _ in range(3)]
    now_s = time.monotonic()
    watch.begin(later, now_s + 0.5)
    watch.begin(late, now_s + 0.2)  # sooner than what the watch waits for
    watch.begin(done, now_s + 0.3)
    watch.end(done)
    wait_for("both", lambda: late.stopped_s and later.stopped_s)
    assert late.stopped_s >= now_s + 0.2
    assert later.stopped_s >= now_s + 0.5
    assert done.stopped_s == 0
    again = Worker()
    watch.begin(again, time.monotonic() + 0.1)  # after a rest
    wait_for("the next one", lambda: again.stopped_s)
    watch.close()


def test_a_closed_watch_ends_with_the_last_worker() -> None:
    watch, worker = Watch(), Worker()
    watch.begin(worker, time.monotonic() + 0.5)
    watch.close()
    thread = watch._thread
    assert thread is not None
    thread.join(20)
    assert not thread.is_alive()
    assert worker.stopped_s, "closed while it ran, and stopped all the same"
