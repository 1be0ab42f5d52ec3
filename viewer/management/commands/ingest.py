"""Takes files, folders and archives into a collection from the command line."""

import os
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Any, TextIO

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from viewer.models import Collection
from viewer.services.imports import Results, import_files
from viewer.services.ingest import IngestResult
from viewer.services.reconcile import reconcile
from viewer.services.reports import Report, outcome_of
from viewer.services.sources import find_files
from viewer.services.window import ImportWindow, wait_until_open


def find_collection(slug: str | None) -> Collection:
    """Return the collection that a command line names, or say which there are."""
    found = Collection.objects.filter(slug=slug or "").first()
    if found is None:
        known = ", ".join(Collection.objects.values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"Name a collection with --collection SLUG. Collections: {known}.")
    return found


def _keep_to_window() -> Callable[[], None]:
    """Return what waits until imports may run."""
    if not settings.IMPORT_WINDOW:
        raise CommandError("Set MITATE_IMPORT_WINDOW, such as 20:00-06:00, to import within it.")
    window, never = ImportWindow.parse(settings.IMPORT_WINDOW), Event()

    def wait() -> None:
        wait_until_open(window, stop=never)

    return wait


def _open_report(path: Path) -> TextIO:
    try:
        return path.open("w", encoding="utf-8-sig", newline="")
    except OSError as error:
        raise CommandError(f"The report cannot be written: {error.strerror}.") from error


class Command(BaseCommand):
    help = (
        "Take image files, folders and ZIP archives into a collection. Ends with 0 if at least one file is in the collection now, "
        "new or already there; with 1 if none is."
    )
    # They would import every page and its API, a second that an import from a script of single files would wait for each time.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "paths", nargs="*", type=Path, metavar="PATH", help="file, ZIP archive, or folder that is searched with all its folders"
        )
        parser.add_argument("--collection", metavar="SLUG", help="short name of the collection")
        parser.add_argument("--report", type=Path, metavar="FILE", help="write a CSV file with a row for each file")
        parser.add_argument("--language", choices=("en", "ja"), default="en", help="of the reasons and of the report; default en")
        parser.add_argument("--in-window", action="store_true", help="import within MITATE_IMPORT_WINDOW only, and wait outside it")
        parser.add_argument("--reconcile", action="store_true", help="remove files that belong to nothing, rewrite missing manifests")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["reconcile"]:
            self._reconcile()
            if not options["paths"]:
                return
        if not options["paths"]:
            raise CommandError("Name at least one file or folder.")
        collection = find_collection(options["collection"])
        with ExitStack() as stack:
            report = None
            if options["report"]:
                report = Report(stack.enter_context(_open_report(options["report"])), options["language"])
            files = (found for root in options["paths"] for found in find_files(root))
            before_each = _keep_to_window() if options["in_window"] else lambda: None
            results = import_files(collection=collection, found=files, language=options["language"], before_each=before_each)
            counts = self._take(results, report)
        names = ("accepted", "duplicate", "refused", "skipped")
        self.stdout.write(", ".join(f"{counts[name]} {name}" for name in names))
        if not counts["accepted"] and not counts["duplicate"]:
            raise CommandError("No file is in the collection.", returncode=1)

    def _take(self, results: Results, report: Report | None) -> Counter[str]:
        counts: Counter[str] = Counter()
        for found, result in results:
            outcome = outcome_of(found, result)
            counts[outcome] += 1
            self._say(found.path, outcome, result)
            if report:
                report.add(found, result)
        return counts

    def _say(self, path: Path, outcome: str, result: IngestResult) -> None:
        # A name from a disk may hold bytes that are no text, and terminal codes; neither reaches the terminal.
        shown = os.fsencode(path).decode("utf-8", "replace")
        shown = "".join(ch if ch.isprintable() else "\ufffd" for ch in shown)
        reason = f"  {result.code}: {result.text} {result.hint}".rstrip() if result.code else ""
        self.stdout.write(f"{outcome:9}  {shown}{reason}")

    def _reconcile(self) -> None:
        found = reconcile()
        for verb, names in (("removed", found.removed), ("rewritten", found.rewritten), ("missing", found.missing)):
            for name in names:
                self.stdout.write(f"{verb:9}  {name}")
        self.stdout.write(f"{len(found.removed)} removed, {len(found.rewritten)} manifests rewritten, {len(found.missing)} missing")
