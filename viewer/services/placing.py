"""Putting a looked-at file in its place: subject, study, series, image and instance in one transaction with its file and manifest."""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from django.db import DatabaseError

from viewer.models import Collection, Image, Instance, Series, Study
from viewer.services.grouping import ALONE, Member, image_digest, with_stack_warnings
from viewer.services.locks import lock_images
from viewer.services.manifests import manifest_path, members_of, write_manifest
from viewer.services.pseudonym import subject_pseudonym
from viewer.services.reasons import Refused
from viewer.services.scales import ENTERED
from viewer.services.search_text import search_text
from viewer.services.storage import data_dir, disk_errors_refuse

_log = logging.getLogger(__name__)

AGE_TOP_CODE: Final = 90
_GROUP: Final = "group"


class AlreadyThere(Exception):
    """The same bytes are in the collection; somebody else was quicker."""

    def __init__(self, image: Image) -> None:
        super().__init__(str(image.pk))
        self.image = image


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that was received and looked at, and has no place yet."""

    collection: Collection
    name: str
    digest: str
    size_bytes: int
    file: Path
    suffix: str
    inspection: dict[str, Any]
    group: str
    folder: Path | None = None
    """Holds `file` and its companions, and nothing else, where the image is spread over several files."""

    @property
    def dicom(self) -> dict[str, Any]:
        """What the DICOM header said; empty for other formats."""
        return self.inspection.get("dicom") or {}

    @property
    def is_presentation(self) -> bool:
        """Whether it is no image, but says how images are to be shown."""
        return bool(self.inspection["kind"] == "presentation")

    @property
    def stored_name(self) -> str:
        """The file's name in its place, made of its content alone."""
        return f"{self.digest}{self.suffix}"

    def target_in(self, folder: Path) -> Path:
        """Where the file will lie in the image's folder."""
        return folder / self.stored_name if self.folder is None else folder / self.digest / self.file.name

    def put_into(self, folder: Path) -> None:
        """Give the file its place, with its companions if it has any; both are on one file system.

        What a process that was killed has left there goes: no row names it.
        """
        target = self.target_in(folder)
        if self.folder is None:
            target.unlink(missing_ok=True)
            os.link(self.file, target)
        else:
            shutil.rmtree(target.parent, ignore_errors=True)
            self.folder.rename(target.parent)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a file went, and whether it had to start a new image because its own is frozen."""

    image: Image
    after_frozen: bool = False


def check_unknown(arrival: Arrival) -> None:
    """Look once more, now that nobody else can add: the bytes and the SOP Instance UID must be new to the collection.

    Raises:
        AlreadyThere: the bytes are there.
        Refused: ``sop_uid_conflict``; what is there is never replaced.
    """
    known = Instance.objects.filter(collection=arrival.collection, digest=arrival.digest).select_related("image").first()
    if known is not None:
        raise AlreadyThere(known.image)
    uid = arrival.dicom.get("sop_instance_uid")
    if uid and Instance.objects.filter(collection=arrival.collection, sop_instance_uid=uid).exists():
        raise Refused("sop_uid_conflict")


def series_of(arrival: Arrival) -> Series:
    """Return the series a file belongs to, with its study and pseudonymous subject, made where new."""
    dicom = arrival.dicom
    age = dicom.get("age_years")
    study, _ = Study.objects.get_or_create(
        collection=arrival.collection,
        study_key=dicom.get("study_instance_uid") or arrival.digest,
        subject_pseudonym=_pseudonym(arrival),
        defaults={
            "subject_sex": dicom.get("sex") or "",
            "subject_age_years": None if age is None or age < 0 else min(int(age), AGE_TOP_CODE),
        },
    )
    series, _ = Series.objects.get_or_create(
        study=study,
        series_key=dicom.get("series_instance_uid") or arrival.digest,
        defaults={
            "modality": arrival.inspection["modality"][:16],
            "number": dicom.get("series_number"),
            "description": (dicom.get("series_description") or "")[:200],
        },
    )
    return series


def _pseudonym(arrival: Arrival) -> str:
    with disk_errors_refuse():
        return subject_pseudonym(patient_id=arrival.dicom.get("patient_id") or "", digest=arrival.digest)


def open_image_of_group(series: Series, group: str) -> tuple[Image | None, bool]:
    """Return the image of a group that still takes files, locked, and whether a frozen one exists."""
    found = lock_images(Image.objects.filter(series=series, inspection__group=group).values_list("pk", flat=True))
    open_ones = [image for image in found if image.frozen_at is None]
    return (open_ones[0] if open_ones else None), len(found) > len(open_ones)


def new_image(arrival: Arrival, series: Series) -> Image:
    """Return an image row for a first file, not saved yet."""
    image = Image(id=uuid4(), collection=arrival.collection, series=series, name=_image_name(arrival), digest=arrival.digest)
    describe(image, arrival)
    return image


def _image_name(arrival: Arrival) -> str:
    """Return what an image is called: a stack or a DICOM slide by its series, as a slice's file name says nothing of it."""
    if arrival.group == ALONE:
        return arrival.name
    dicom = arrival.dicom
    number = dicom.get("series_number")
    numbered = arrival.name if number is None else f"{arrival.inspection['modality']} #{number}"
    return (dicom.get("series_description") or numbered)[:255]


def describe(image: Image, arrival: Arrival) -> None:
    """Write what the reader said into an image row; the patient ID stays out."""
    inspection = arrival.inspection
    spacing = inspection["spacing"] or {}
    image.kind = inspection["kind"]
    image.modality = inspection["modality"][:16]
    image.width_px = inspection["width"]
    image.height_px = inspection["height"]
    image.frame_count = inspection["frame_count"]
    if spacing or image.spacing_source != ENTERED:  # a file that joins takes nothing back of what a person entered
        image.spacing_x_um = spacing.get("x_um")
        image.spacing_y_um = spacing.get("y_um")
        image.spacing_source = (spacing.get("source") or "")[:32]
    dicom = {key: value for key, value in arrival.dicom.items() if key != "patient_id"}
    image.inspection = {**inspection, "dicom": dicom or None, _GROUP: arrival.group}
    series = image.series.description
    image.search_text = search_text(name=image.name, modality=image.modality, series=series, inspection=inspection)


def instance_of(arrival: Arrival, image: Image, target: Path) -> Instance:
    """Return the row of a file that lies at ``target``, not saved yet."""
    dicom = arrival.dicom
    return Instance(
        collection=arrival.collection,
        series=image.series,
        image=image,
        digest=arrival.digest,
        path=str(target.relative_to(data_dir())),
        size_bytes=arrival.size_bytes,
        sop_class_uid=dicom.get("sop_class_uid") or "",
        sop_instance_uid=dicom.get("sop_instance_uid") or "",
        instance_number=dicom.get("instance_number"),
        position_mm=dicom.get("position_mm"),
        frame_count=arrival.inspection["frame_count"],
    )


def settle(image: Image, *, joins: bool) -> None:
    """Bring digest, revision, frames and order of an image up to its files, and tell the pixel application."""
    members = members_of(image)
    bring_up_to(image, members, joins=joins)
    image.save()
    with disk_errors_refuse():
        write_manifest(image, members)


def bring_up_to(image: Image, members: list[Member], *, joins: bool) -> None:
    """Make an image row say what its files are; not saved yet."""
    if joins:
        image.revision += 1
    image.digest = image_digest(member.digest for member in members)
    if image.kind == Image.Kind.FRAMES:
        image.frame_count = sum(member.frame_count for member in members)
        image.inspection = {**image.inspection, "warnings": with_stack_warnings(image.inspection["warnings"], members)}


class Undo:
    """What to take back on disk when the transaction does not come about."""

    def __init__(self) -> None:
        self._paths: list[Path] = []
        self._manifests: list[tuple[Image, bool]] = []

    def path(self, path: Path) -> None:
        """Remove this file or folder, and its folder if that is empty then."""
        self._paths.append(path)

    def manifest_of(self, image: Image, *, joins: bool) -> None:
        """Write the manifest of this image back as the database has it, or remove it if the image is new."""
        self._manifests.append((image, joins))

    def run(self) -> None:
        """Take everything back."""
        for path in self._paths:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with _quietly():
                    path.unlink(missing_ok=True)
            with _quietly():
                path.parent.rmdir()
        for image, joins in self._manifests:
            with _quietly():
                if joins:
                    stored = Image.objects.get(pk=image.pk)
                    write_manifest(stored, members_of(stored))
                else:
                    manifest_path(image.pk).unlink(missing_ok=True)


@contextmanager
def _quietly() -> Iterator[None]:
    """Go on when cleaning up fails: the first error is the one to report, and the reconciler removes what stays."""
    try:
        yield
    except (OSError, DatabaseError):
        return


@contextmanager
def whole_or_nothing() -> Iterator[Undo]:
    """Undo what was done on disk when what stands inside raises, whatever it raises.

    Raises:
        Refused: ``storage_failed`` when the database refused.
    """
    undo = Undo()
    try:
        yield undo
    except BaseException as error:
        undo.run()
        if isinstance(error, DatabaseError):
            _log.exception("a file could not be stored")
            raise Refused("storage_failed") from error
        raise
