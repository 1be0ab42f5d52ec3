"""DICOM slides: each level of the pyramid is a file of its own, and the slide is looked at again whenever a level joins.

A slide's files lie in one folder per revision, linked, not copied. Readers that still hold the folder of the revision before keep
their open files, and no worker confuses the two.
"""

import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from uuid import uuid4

from django.db import transaction

from viewer.models import Image, Instance, Series
from viewer.services import placing
from viewer.services.locks import lock_collection
from viewer.services.placing import Arrival, Placed
from viewer.services.pseudonym import subject_pseudonym
from viewer.services.reasons import Refused
from viewer.services.search_index import index_images
from viewer.services.storage import absolute, data_dir, disk_errors_refuse, images_dir, sync_folder
from viewer.tiles.pool import default_pool

_TRIES: Final = 8


@dataclass(frozen=True, slots=True)
class _Basis:
    """The files a slide had when the candidate was put together: paths by digest."""

    files: dict[str, str]


def place_level(arrival: Arrival) -> Placed:
    """Store one level of a slide, joined with those that are already there.

    Looking at the slide takes seconds, so nothing is locked meanwhile; if another level came in first, it is looked at again.

    Raises:
        AlreadyThere: the same bytes came in meanwhile.
        ReaderError: the levels do not go together.
        Refused: ``sop_uid_conflict``, ``slide_busy``, ``disk_full``, ``storage_failed``; nothing of the file is kept then.
    """
    for number in range(_TRIES):
        basis = _basis(arrival)
        folder = arrival.file.parent / f"slide-{number}"
        with disk_errors_refuse():
            _link_together(arrival, basis, folder)
        whole = arrival
        if basis.files:
            whole = replace(arrival, inspection=default_pool().inspect(str(folder / arrival.stored_name)))
        placed = _place_candidate(whole, basis, folder)
        if placed is not None:
            return placed
    raise Refused("slide_busy")


def _basis(arrival: Arrival) -> _Basis:
    """Return the files of the slide that this level would join; empty where it is the first."""
    dicom = arrival.dicom
    with disk_errors_refuse():
        pseudonym = subject_pseudonym(patient_id=dicom.get("patient_id") or "", digest=arrival.digest)
    series = Series.objects.filter(
        study__collection=arrival.collection,
        study__study_key=dicom.get("study_instance_uid") or arrival.digest,
        study__subject_pseudonym=pseudonym,
        series_key=dicom["series_instance_uid"],
    )
    rows = Instance.objects.filter(
        image__series__in=series, image__frozen_at__isnull=True, image__inspection__group=arrival.group
    ).values_list("digest", "path")
    return _Basis(dict(rows))


def _link_together(arrival: Arrival, basis: _Basis, folder: Path) -> None:
    folder.mkdir()
    for path in basis.files.values():
        os.link(absolute(path), folder / Path(path).name)
    os.link(arrival.file, folder / arrival.stored_name)
    sync_folder(folder)


def _place_candidate(arrival: Arrival, basis: _Basis, candidate: Path) -> Placed | None:
    """Put the candidate in the place of the slide, or return None if the slide is no longer what the candidate was made of."""
    with placing.whole_or_nothing() as undo, transaction.atomic():
        lock_collection(arrival.collection.pk)
        placing.check_unknown(arrival)
        series = placing.series_of(arrival)
        image, after_frozen = placing.open_image_of_group(series, arrival.group)
        if _files_of(image) != basis.files:
            transaction.set_rollback(True)
            return None
        joins = image is not None
        if image is None:
            image = placing.new_image(arrival, series)
        undo.manifest_of(image, joins=joins)
        target = _folder_of(image, joins=joins)
        undo.path(target)
        with disk_errors_refuse():
            target.parent.mkdir(parents=True, exist_ok=True)
            candidate.rename(target)
            sync_folder(target.parent)
        _store(arrival, image, target, joins=joins)
        transaction.on_commit(lambda: _remove_earlier(basis))
    return Placed(image, after_frozen)


def _files_of(image: Image | None) -> dict[str, str]:
    if image is None:
        return {}
    return dict(Instance.objects.filter(image=image).values_list("digest", "path"))


def _folder_of(image: Image, *, joins: bool) -> Path:
    """Return the folder of the revision that is about to be; the random part keeps a crashed attempt out of the way."""
    revision = image.revision + 1 if joins else image.revision
    return images_dir() / str(image.collection_id) / f"{image.pk.hex}-{revision}-{uuid4().hex[:8]}"


def _store(arrival: Arrival, image: Image, folder: Path, *, joins: bool) -> None:
    placing.describe(image, arrival)
    if joins:
        for instance in Instance.objects.filter(image=image):
            instance.path = str((folder / Path(instance.path).name).relative_to(data_dir()))
            instance.save(update_fields=["path"])
    else:
        image.save(force_insert=True)
    placing.instance_of(arrival, image, folder / arrival.stored_name).save(force_insert=True)
    placing.settle(image, joins=joins)
    index_images([image], again=joins)


def _remove_earlier(basis: _Basis) -> None:
    """Remove the folder of the revision before; its files live on under their new names."""
    for folder in {absolute(path).parent for path in basis.files.values()}:
        shutil.rmtree(folder, ignore_errors=True)
