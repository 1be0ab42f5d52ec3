"""Watches a folder and takes what devices put there."""

import json
import signal
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from viewer.management.commands.ingest import find_collection
from viewer.services.watching import Stopped, Watch, WatchOptions, held, status_paths
from viewer.services.window import ImportWindow

# How often the folder is looked at, in seconds; no more than a fifth of the time in which files must be quiet.
_LOOK_EVERY_S = 2.0
_AFTER_TROUBLE_S = 30.0


class Command(BaseCommand):
    help = (
        "Take image files that devices put into a folder, once they are quiet, and move them to done/ or refused/ below it. "
        "Keeps to MITATE_IMPORT_WINDOW where that is set. Runs until it is stopped; a stopped or killed one goes on at the next start."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", nargs="?", type=Path, metavar="PATH", help="the folder")
        parser.add_argument("--collection", metavar="SLUG", help="short name of the collection")
        parser.add_argument("--quiet", type=float, default=10.0, metavar="SECONDS", help="how long a file must not change; default 10")
        parser.add_argument("--language", choices=("ja", "en"), default="ja", help="of the reason files; default ja")
        parser.add_argument("--once", action="store_true", help="end when everything that is there has been taken")
        parser.add_argument("--status", action="store_true", help="say what watched folders are doing, and end")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["status"]:
            self._say_status()
            return
        root = options["path"].absolute() if options["path"] else None
        if root is None or root.is_symlink() or not root.is_dir():
            raise CommandError("Name a folder to watch.")
        window = ImportWindow.parse(settings.IMPORT_WINDOW) if settings.IMPORT_WINDOW else None
        kept = WatchOptions(options["quiet"], options["language"], window)
        watch = Watch(root, find_collection(options["collection"]), kept)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: watch.stop.set())
        try:
            with held(root):
                self._run(watch, once=options["once"])
        except BlockingIOError as error:
            raise CommandError("Another process watches this folder.") from error
        except OSError as error:
            raise CommandError(f"The folder cannot be used: {error}") from error

    def _run(self, watch: Watch, *, once: bool) -> None:
        every_s = min(_LOOK_EVERY_S, max(0.1, watch.options.quiet_s / 5))
        try:
            while not watch.stop.is_set():
                try:
                    more = watch.look()
                except DatabaseError as error:
                    self.stderr.write(f"The database does not answer ({type(error).__name__}); going on in {_AFTER_TROUBLE_S:.0f} s.")
                    watch.stop.wait(_AFTER_TROUBLE_S)
                    continue
                if once and not more:
                    break
                watch.stop.wait(every_s)
        except Stopped:
            self.stderr.write("Stopped; what was not taken is where it was.")
        watch.say("stopped")
        names = ("accepted", "duplicate", "refused", "skipped")
        self.stdout.write(", ".join(f"{watch.counts[name]} {name}" for name in names))

    def _say_status(self) -> None:
        for path in status_paths():
            said = json.loads(path.read_bytes())
            until = f" until {said['until']}" if said["until"] else ""
            counts = ", ".join(f"{count} {name}" for name, count in sorted(said["counts"].items())) or "nothing yet"
            self.stdout.write(f"{said['path']} -> {said['collection']}: {said['state']}{until}; {counts}; at {said['at']}")
