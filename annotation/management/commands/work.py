"""``manage.py work``: carries out suggestion runs, imports cells and marks, makes exports, and teaches models as reads come in."""

import logging
import signal
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any, Final
from uuid import UUID

from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections, connection

from annotation.models import CellLayer, ExportJob, ImportRun, SuggestionRun
from annotation.services.cell_layers import claim_layer, import_layer, release_layer, renew_layer_lease
from annotation.services.export_job_work import REPORT_EVERY_S, Progress, claim_export, execute_export, release_export, report_export
from annotation.services.export_jobs import sweep_exports
from annotation.services.import_work import claim_import, execute_import, release_import, renew_import_lease
from annotation.services.suggestion_runs import LEASE_S, claim_run, execute_run, release_run, renew_lease
from annotation.services.training import campaigns_that_learn, count_examples, train_if_due
from viewer.api.errors import ApiError

SHORTEST_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 2.0
LEARN_EVERY_S: Final = 15.0
SWEEP_EVERY_S: Final = 60.0
WAIT_AFTER_DATABASE_ERROR_S: Final = 2.0
log = logging.getLogger("annotation.work")


def _leave(number: int, frame: FrameType | None) -> None:
    """Turn SIGTERM into an exit at once, even out of a model that takes its time; the run is put back on the way."""
    raise SystemExit(0)


class Heartbeat:
    """Renews the lease of a row from a thread of its own for as long as the ``with`` block lasts.

    Args:
        renew: gives a sign of life; false when the row is in other hands.
        lease_s: how long a sign of life lasts.
        every_s: between two signs of life; a quarter of that where it is not said.
    """

    def __init__(self, renew: Callable[[], bool], lease_s: float, every_s: float | None = None) -> None:
        self._renew, self._every_s = renew, lease_s / 4 if every_s is None else every_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._over.set()

    def _beat(self) -> None:
        try:
            while not self._over.wait(self._every_s):
                if not self._renew():
                    return
        except DatabaseError:
            # Without a sign of life the lease ends and the run is taken over: nothing is lost.
            log.warning("a lease could not be renewed")
        finally:
            connection.close()


class Learner:
    """Teaches models between runs; looks again only at campaigns in which something was submitted since."""

    def __init__(self) -> None:
        self._next_look = 0.0
        self._counts: dict[UUID, int] = {}

    def learn(self) -> None:
        """Teach what is due, at most each ``LEARN_EVERY_S`` seconds."""
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + LEARN_EVERY_S
        for campaign in campaigns_that_learn():
            count = count_examples(campaign=campaign)
            if count == self._counts.get(campaign.pk, 0):
                continue
            self._counts[campaign.pk] = count
            try:
                training = train_if_due(campaign=campaign)
            except ApiError as error:
                log.warning("campaign %s cannot teach its model: %s", campaign.pk, error.code)
                continue
            if training is not None:
                log.info("campaign %s taught its model version %s with %d reads", campaign.pk, training.version, training.examples)


class Command(BaseCommand):
    help = "Carry out suggestion runs, imports of cells and marks, and exports until told to stop."
    _next_sweep = 0.0
    _exports = _others = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare when to stop and how long a run may be silent."""
        parser.add_argument(
            "--only",
            choices=["exports", "others"],
            help="do nothing but exports, or all but them, which may take minutes; default: everything",
        )
        parser.add_argument("--once", action="store_true", help="stop when nothing is left to do now")
        parser.add_argument(
            "--lease-seconds", type=float, default=LEASE_S, help="seconds after which a silent run is taken over; default: %(default)s"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Take runs one after the other; wait in growing steps while there is none."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, _leave)
        self._exports, self._others = options["only"] != "others", options["only"] != "exports"
        learner = Learner()
        wait_s = SHORTEST_WAIT_S
        try:
            while True:
                busy = self._work(learner, options["lease_seconds"])
                if not busy and options["once"]:
                    return
                wait_s = SHORTEST_WAIT_S if busy else min(LONGEST_WAIT_S, wait_s * 1.5)
                if not busy:
                    time.sleep(wait_s)
        except KeyboardInterrupt:
            return

    def _work(self, learner: Learner, lease_s: float) -> bool:
        """Do one run if there is one and return whether there was; a database that is away for a while is waited for."""
        close_old_connections()
        try:
            if self._others and self._work_for_readers(learner, lease_s):
                return True
            export = claim_export(lease_s=lease_s) if self._exports else None
            if export is None:
                self._sweep()
                return False
            self._export(export, lease_s)
        except DatabaseError:
            log.exception("the database does not answer; waiting")
            time.sleep(WAIT_AFTER_DATABASE_ERROR_S)
        return True

    def _work_for_readers(self, learner: Learner, lease_s: float) -> bool:
        """Do one suggestion run or import if there is one and return whether there was."""
        learner.learn()
        run = claim_run(lease_s=lease_s)
        # Somebody sits and waits for the preview of a file; cells are brought in bulk.
        marks = claim_import(lease_s=lease_s) if run is None else None
        layer = claim_layer(lease_s=lease_s) if run is None and marks is None else None
        if run is not None:
            self._execute(run, lease_s)
        elif marks is not None:
            self._import_marks(marks, lease_s)
        elif layer is not None:
            self._import(layer, lease_s)
        return any(one is not None for one in (run, marks, layer))

    def _execute(self, run: SuggestionRun, lease_s: float) -> None:
        try:
            with Heartbeat(partial(renew_lease, run_id=run.pk, attempt=run.attempt, lease_s=lease_s), lease_s):
                execute_run(run=run)
        except (KeyboardInterrupt, SystemExit):
            release_run(run=run)
            raise
        log.info("run %s: %s %s", run.pk, run.state, run.error_code)

    def _import(self, layer: CellLayer, lease_s: float) -> None:
        try:
            with Heartbeat(partial(renew_layer_lease, layer_id=layer.pk, attempt=layer.attempt, lease_s=lease_s), lease_s):
                import_layer(layer=layer)
        except (KeyboardInterrupt, SystemExit):
            release_layer(layer=layer)
            raise
        log.info("cell layer %s: %s %s", layer.pk, layer.state, layer.error_code)

    def _import_marks(self, run: ImportRun, lease_s: float) -> None:
        try:
            with Heartbeat(partial(renew_import_lease, run_id=run.pk, attempt=run.attempt, lease_s=lease_s), lease_s):
                execute_import(run=run)
        except (KeyboardInterrupt, SystemExit):
            release_import(run=run)
            raise
        log.info("import %s: %s %s", run.pk, run.state, run.error_code)

    def _export(self, job: ExportJob, lease_s: float) -> None:
        progress = Progress()
        report = partial(report_export, job_id=job.pk, attempt=job.attempt, progress=progress, lease_s=lease_s)
        try:
            with Heartbeat(report, lease_s, min(REPORT_EVERY_S, lease_s / 4)):
                execute_export(job=job, progress=progress)
        except (KeyboardInterrupt, SystemExit):
            release_export(job=job)
            raise
        log.info("export %s: %s %s", job.pk, job.state, job.error_code)
        sweep_exports()

    def _sweep(self) -> None:
        if self._exports and time.monotonic() >= self._next_sweep:
            self._next_sweep = time.monotonic() + SWEEP_EVERY_S
            sweep_exports()
