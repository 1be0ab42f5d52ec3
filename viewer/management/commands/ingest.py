"""Takes files, folders and archives into a collection from the command line."""

import os
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.utils import translation

from viewer.models import Collection
from viewer.readers import companions
from viewer.readers.companions import MIRAX_SUFFIX, is_spread
from viewer.services.archives import entries, is_zip
from viewer.services.ingest import IngestResult, ingest_file
from viewer.services.names import display_name
from viewer.services.reasons import Refused
from viewer.services.reconcile import reconcile
from viewer.services.slide_sets import Part, SlideSet, gather, ingest_slide_set

# Files looked at ahead of the workers: enough to keep them busy, too few to fill memory.
_AHEAD: Final = 8


class Found(NamedTuple):
    """A file on the way, or a slide of several files: on the disk or in an archive; why it is skipped (a code), if it is."""

    path: Path
    skipped: str = ""
    entry: Part | None = None
    detail: str = ""
    slide: SlideSet | None = None

    @property
    def is_refused(self) -> bool:
        """Whether it is left out because something is wrong with it, not because it is none of the images."""
        return self.skipped.startswith("archive_")


def find_files(root: Path) -> Iterator[Found]:
    """Yield the files of a folder, its folders and its archives in the order of their names; folders behind links are left out."""
    for found in _on_disk(root):
        if found.skipped or not is_zip(found.path):
            yield found
            continue
        try:
            yield from _in_archive(found.path)
        except Refused as refusal:
            yield Found(found.path, refusal.code, detail=refusal.detail)


def _in_archive(path: Path) -> Iterator[Found]:
    slides, rest = gather(Part(entry.name, entry.open, entry.refused) for entry in entries(path))
    yield from (Found(Path(f"{path}/{slide.main.name}"), slide=slide) for slide in slides)
    yield from (Found(Path(f"{path}/{part.name}"), part.refused, part) for part in rest)


def _on_disk(root: Path) -> Iterator[Found]:
    if not root.is_dir():
        yield from _in_folder(root.parent, [root.name], only=root.name)
        return
    for folder, folders, names in os.walk(root):
        own = {Path(name).stem for name in names if name.lower().endswith(MIRAX_SUFFIX)}
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in own)
        yield from _in_folder(Path(folder), sorted(names))


def _in_folder(folder: Path, names: list[str], only: str = "") -> Iterator[Found]:
    """Yield the files of a folder, slides of several files first; if `only` one is wanted, it takes its companions from there."""
    if not any(is_spread(name) for name in names):
        yield from (Found(folder / name, _reason_to_skip(folder / name)) for name in names)
        return
    around = sorted(set(names) | {entry.name for entry in os.scandir(folder) if entry.is_file()}) if only else list(names)
    for beside in (companions.folder_of(folder / name) for name in names if name.lower().endswith(MIRAX_SUFFIX)):
        around += [f"{beside.name}/{each.name}" for each in (sorted(beside.iterdir()) if beside.is_dir() else [])]
    slides, rest = gather(_part(folder, name) for name in around if not only or not is_spread(name) or name == only)
    yield from (Found(folder / slide.main.name, slide=slide) for slide in slides)
    yield from (Found(folder / part.name, _reason_to_skip(folder / part.name)) for part in rest if only in ("", part.name))


def _part(folder: Path, name: str) -> Part:
    path = folder / name
    beside_main = path.parent == folder or not path.parent.is_symlink()
    plain = beside_main and path.is_file() and not path.is_symlink()
    return Part(name, lambda: path.open("rb"), "" if plain else "not_a_file")


def _reason_to_skip(path: Path) -> str:
    if path.name.startswith("."):
        return "hidden_file"
    if not path.is_file():  # a pipe or a device would be read for ever
        return "not_a_file" if path.exists() else "unreadable_source"
    return "dicomdir" if path.name.upper() == "DICOMDIR" else ""


def _ingest(collection: Collection, found: Found) -> IngestResult:
    try:
        with translation.override("en"):
            if found.skipped:
                return IngestResult.refused(display_name(found.path.name), Refused(found.skipped, found.detail))
            if found.slide:
                return ingest_slide_set(collection=collection, slide=found.slide)
            if found.entry:
                with found.entry.open() as stream:
                    return ingest_file(collection=collection, path_or_stream=stream, name=found.path.name)
            return ingest_file(collection=collection, path_or_stream=found.path, name=found.path.name)
    except Refused as refusal:
        return IngestResult.refused(display_name(found.path.name), refusal)
    finally:
        connections.close_all()


class Command(BaseCommand):
    help = (
        "Take image files, folders and ZIP archives into a collection. Ends with 0 if at least one file is in the collection now, "
        "new or already there; with 1 if none is."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "paths", nargs="*", type=Path, metavar="PATH", help="file, ZIP archive, or folder that is searched with all its folders"
        )
        parser.add_argument("--collection", metavar="SLUG", help="short name of the collection")
        parser.add_argument("--reconcile", action="store_true", help="remove files that belong to nothing, rewrite missing manifests")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["reconcile"]:
            self._reconcile()
            if not options["paths"]:
                return
        if not options["paths"]:
            raise CommandError("Name at least one file or folder.")
        counts: Counter[str] = Counter()
        for found, result in self._run(self._collection(options["collection"]), options["paths"]):
            outcome = "skipped" if found.skipped and not found.is_refused else result.status
            counts[outcome] += 1
            self._say(found.path, outcome, result)
        names = ("accepted", "duplicate", "refused", "skipped")
        self.stdout.write(", ".join(f"{counts[name]} {name}" for name in names))
        if not counts["accepted"] and not counts["duplicate"]:
            raise CommandError("No file is in the collection.", returncode=1)

    def _collection(self, slug: str | None) -> Collection:
        found = Collection.objects.filter(slug=slug or "").first()
        if found is None:
            known = ", ".join(Collection.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"Name a collection with --collection SLUG. Collections: {known}.")
        return found

    def _run(self, collection: Collection, roots: list[Path]) -> Iterator[tuple[Found, IngestResult]]:
        """Yield a result for each file as it comes; as many files at once as there are pixel workers."""
        with ThreadPoolExecutor(settings.PIXEL_WORKERS) as executor:
            running: dict[Future[IngestResult], Found] = {}
            for found in (found for root in roots for found in find_files(root)):
                running[executor.submit(_ingest, collection, found)] = found
                if len(running) >= _AHEAD:
                    yield from self._finished(running)
            while running:
                yield from self._finished(running)

    def _finished(self, running: dict[Future[IngestResult], Found]) -> Iterator[tuple[Found, IngestResult]]:
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            yield running.pop(future), future.result()

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
