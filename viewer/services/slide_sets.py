"""Slides that are spread over several files (MIRAX, VMS, VMU), taken out of a folder or an archive as one image each.

What belongs to such a slide is decided by names: `x.mrxs` has the folder `x` beside it, and a `.vms` or `.vmu` lists the files
beside itself. Nothing else can get in: each part is copied by itself into a folder of ours, under the plain name by which the
slide calls it. The image's identity is the digest over the digests of its files and those names.

A caller that has a list of files (a folder, the entries of an archive) gives all of them to `gather` and then takes the sets
with `ingest_slide_set` and the rest one by one as ever.
"""

import hashlib
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from django.conf import settings

from viewer.models import Collection
from viewer.readers import companions
from viewer.readers.errors import MissingCompanion, ReaderError
from viewer.services import placing
from viewer.services.grouping import ALONE
from viewer.services.ingest import IngestResult, already_there
from viewer.services.names import display_name
from viewer.services.placing_many import place
from viewer.services.reasons import Refused
from viewer.services.storage import Quarantine, disk_errors_refuse, sync_folder
from viewer.services.stored_tiles import index_stored_tiles
from viewer.tiles.pool import default_pool

_STEM: Final = "slide"


@dataclass(frozen=True, slots=True)
class Part:
    """A file that came with others.

    Attributes:
        name: its path among them, with forward slashes; only ever compared, never opened.
        open: gives its bytes, front to back; may raise :class:`Refused` while they are read.
        refused: why it may not be taken (a code), empty if it may.
        size_bytes: as far as it is known before it is read.
    """

    name: str
    open: Callable[[], AbstractContextManager[BinaryIO]]
    refused: str = ""
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class SlideSet:
    """The first file of a slide, and what lies where its companions must be, by name without case."""

    main: Part
    beside: dict[str, Part] = field(default_factory=dict)

    @property
    def suffix(self) -> str:
        """What kind of slide it is: one of `companions.SUFFIXES`."""
        return PurePosixPath(self.main.name).suffix.lower()


def gather(parts: Iterable[Part]) -> tuple[list[SlideSet], list[Part]]:
    """Return the slides that are spread over several files, and the files that belong to none of them."""
    every = list(parts)
    mains = [part for part in every if companions.is_spread(part.name) and not part.refused]
    if not mains:
        return [], every
    folders: dict[str, dict[str, Part]] = {}
    for part in every:
        folder, _, name = part.name.rpartition("/")
        folders.setdefault(folder, {})[name.casefold()] = part
    taken = {part.name for part in mains}
    found: list[SlideSet] = []
    for main in mains:
        place = companions.folder_of(Path(main.name))
        slide = SlideSet(main, folders.get("" if place == Path() else place.as_posix(), {}))
        found.append(slide)
        taken |= {part.name for part in _claimed(slide)}
    return found, [part for part in every if part.name not in taken]


def _claimed(slide: SlideSet) -> Iterable[Part]:
    """Yield the parts that are nothing without this slide: the whole folder of a MIRAX, else what the key file names."""
    if slide.suffix == companions.MIRAX_SUFFIX:
        yield from slide.beside.values()
        return
    try:
        names = companions.named_files(slide.suffix, _key_file(slide))
    except (ReaderError, Refused, OSError):
        return  # said when the slide is taken
    yield from (part for name in names if (part := slide.beside.get(name.casefold())) is not None)


def _key_file(slide: SlideSet) -> bytes:
    """Return the start of the key file, as much as may be of one.

    Raises:
        MissingCompanion: `companion_files`.
        Refused: as reading raises.
    """
    part = slide.beside.get(companions.SLIDEDAT.casefold()) if slide.suffix == companions.MIRAX_SUFFIX else slide.main
    if part is None:
        raise MissingCompanion(detail=companions.SLIDEDAT)
    _check(part)
    with part.open() as stream:
        return stream.read(companions.MAX_KEY_FILE_BYTES[slide.suffix] + 1)


def _check(part: Part) -> None:
    if part.refused:
        raise Refused(part.refused)


def ingest_slide_set(*, collection: Collection, slide: SlideSet) -> IngestResult:
    """Take a slide with its companions into a collection, as one image, whole or not at all.

    Never raises for what is wrong with the files or the disk: that is a result with a code. The caller has checked that the user
    may add to the collection.
    """
    shown = display_name(slide.main.name)
    try:
        with Quarantine(_STEM) as quarantine:
            gathered = _Gathered(quarantine.folder / _STEM, slide)
            gathered.copy_all()
            known = already_there(collection, gathered.digest)
            if known is not None:
                return IngestResult.duplicate(shown, known)
            placed = place(
                placing.Arrival(
                    collection=collection,
                    name=shown,
                    digest=gathered.digest,
                    size_bytes=gathered.size_bytes,
                    file=gathered.main,
                    suffix=slide.suffix,
                    inspection=default_pool().inspect(str(gathered.main)),
                    group=ALONE,
                    folder=gathered.folder,
                )
            )
    except ReaderError as error:
        return IngestResult.refused(shown, Refused.by_reader(error))
    except Refused as refusal:
        return IngestResult.refused(shown, refusal)
    except placing.AlreadyThere as found:
        return IngestResult.duplicate(shown, found.image)
    index_stored_tiles(placed.image)
    return IngestResult("accepted", shown, placed.image)


class _Gathered:
    """A slide's files, copied into a folder of ours.

    Attributes:
        folder: holds them all, and nothing else.
        main: the file that a reader opens.
        size_bytes: of all files so far.
    """

    def __init__(self, folder: Path, slide: SlideSet) -> None:
        self.folder = folder
        self.main = folder / f"{_STEM}{slide.suffix}"
        self.size_bytes = 0
        self._slide = slide
        self._digests: dict[str, str] = {}

    @property
    def digest(self) -> str:
        """SHA-256 over a line for each file, `digest name`, in the order of the names."""
        lines = (f"{digest} {name}\n" for name, digest in sorted(self._digests.items()))
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def copy_all(self) -> None:
        """Copy the slide and the companions it names.

        Raises:
            MissingCompanion: one is not there, or its name is unsafe.
            ReaderError: the key file cannot be believed.
            Refused: the disk is full, the limit is reached, or a file cannot be read.
        """
        slide, suffix = self._slide, self._slide.suffix
        raw = _key_file(slide)
        names = companions.named_files(suffix, raw)
        optional = [name for name in companions.optional_files(suffix, raw) if name.casefold() in slide.beside]
        beside = companions.folder_of(self.main)
        with disk_errors_refuse():
            beside.mkdir(parents=True, exist_ok=True)
        self._copy(slide.main, self.main)
        if suffix == companions.MIRAX_SUFFIX:
            names.insert(0, companions.SLIDEDAT)
        for name in dict.fromkeys([*names, *optional]):
            part = slide.beside.get(name.casefold())
            if part is None:
                raise MissingCompanion(detail=name)
            self._copy(part, beside / name)
        with disk_errors_refuse():
            sync_folder(beside)
            sync_folder(self.folder)

    def _copy(self, part: Part, target: Path) -> None:
        _check(part)
        if target.exists():  # a companion with the name of the file that names it
            raise MissingCompanion("companion_unsafe", target.name)
        with Quarantine(_STEM) as quarantine, part.open() as stream:
            quarantine.write_all(stream)
            quarantine.finish()
            self.size_bytes += quarantine.size_bytes
            if self.size_bytes > settings.UPLOAD_MAX_BYTES:
                raise Refused("too_large", f"{settings.UPLOAD_MAX_BYTES >> 20} MiB")
            with disk_errors_refuse():
                quarantine.path.replace(target)
        self._digests[target.relative_to(self.folder).as_posix()] = quarantine.digest
