"""Putting files in their places together: one lock, one transaction and a few queries for many slices of a series."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from django.db import transaction

from viewer.models import Image, Instance, Series
from viewer.services import placing
from viewer.services.grouping import ALONE, Member, in_order
from viewer.services.locks import lock_collection
from viewer.services.manifests import members_of, write_manifest
from viewer.services.placing import AlreadyThere, Arrival, Placed, Undo
from viewer.services.reasons import Refused
from viewer.services.search_index import index_images
from viewer.services.storage import disk_errors_refuse, images_dir, in_parallel, sync_files

Verdict = Placed | AlreadyThere | Refused


def place(arrival: Arrival) -> Placed:
    """Store a file that is an image of its own or a slice of a stack.

    Raises:
        AlreadyThere: the same bytes came in meanwhile.
        Refused: ``sop_uid_conflict``, ``disk_full``, ``storage_failed``; nothing of the file is kept then.
    """
    (verdict,) = _place_together([arrival])
    if isinstance(verdict, Exception):
        raise verdict
    return verdict


def place_all(arrivals: Sequence[Arrival]) -> list[Verdict]:
    """Store files of one collection, none of them a level of a DICOM slide; return what became of each.

    All of them are stored at once. Where disk or database refuse that, each is tried by itself, so that one bears what is wrong with it.
    """
    if not arrivals:
        return []
    try:
        return _place_together(arrivals)
    except Refused as refusal:
        if len(arrivals) == 1:
            return [refusal]
    return [verdict for arrival in arrivals for verdict in place_all([arrival])]


def _place_together(arrivals: Sequence[Arrival]) -> list[Verdict]:
    with placing.whole_or_nothing() as undo, transaction.atomic():
        collection = lock_collection(arrivals[0].collection.pk)
        digests = [arrival.digest for arrival in arrivals]
        uids = {uid for arrival in arrivals if (uid := arrival.dicom.get("sop_instance_uid"))}
        stored = Instance.objects.filter(collection=collection)
        known = {each.digest: each.image for each in stored.filter(digest__in=digests).select_related("image")}
        taken = set(stored.filter(sop_instance_uid__in=uids).values_list("sop_instance_uid", flat=True))
        shelf = _Shelf(undo)
        verdicts: list[Verdict] = []
        for arrival in arrivals:
            uid = arrival.dicom.get("sop_instance_uid")
            if arrival.digest in known:
                verdicts.append(AlreadyThere(known[arrival.digest]))
            elif uid in taken:
                verdicts.append(Refused("sop_uid_conflict"))
            else:
                placed = shelf.take(arrival)
                known[arrival.digest] = placed.image
                taken.update({uid} if uid else ())
                verdicts.append(placed)
        shelf.store()
    return verdicts


@dataclass(slots=True)
class _Growing:
    """An image that takes files at this moment."""

    image: Image
    joins: bool
    after_frozen: bool = False
    members: list[Member] = field(default_factory=list)


class _Shelf:
    """Where the files of one transaction go; rows are written together at its end."""

    def __init__(self, undo: Undo) -> None:
        self._undo = undo
        self._series: dict[tuple[str, ...], Series] = {}
        self._groups: dict[tuple[UUID, str], _Growing] = {}
        self._images: list[_Growing] = []
        self._instances: list[Instance] = []
        self._folders: set[Path] = set()

    def take(self, arrival: Arrival) -> Placed:
        """Put a file in its place on the disk."""
        growing = self._image_of(arrival, self._series_of(arrival))
        image = growing.image
        folder = images_dir() / str(arrival.collection.pk) / image.pk.hex
        target = arrival.target_in(folder)
        with disk_errors_refuse():
            folder.mkdir(parents=True, exist_ok=True)
            self._undo.path(target if arrival.folder is None else target.parent)
            arrival.put_into(folder)
        self._folders.add(folder)
        instance = placing.instance_of(arrival, image, target)
        self._instances.append(instance)
        growing.members.append(
            Member(instance.id, instance.digest, instance.path, instance.instance_number, instance.position_mm, instance.frame_count)
        )
        return Placed(image, growing.after_frozen)

    def store(self) -> None:
        """Write all rows, and tell the pixel application once the disk has everything."""
        for growing in self._images:
            growing.members = in_order(growing.members)
            placing.bring_up_to(growing.image, growing.members, joins=growing.joins)
            if growing.joins:
                growing.image.save()
        begun = [growing.image for growing in self._images if not growing.joins]
        Image.objects.bulk_create(begun)
        index_images(begun)
        Instance.objects.bulk_create(self._instances)
        with disk_errors_refuse():
            sync_files(self._folders)
            in_parallel(lambda growing: write_manifest(growing.image, growing.members), self._images)

    def _series_of(self, arrival: Arrival) -> Series:
        dicom = arrival.dicom
        key = tuple(str(dicom.get(name) or "") for name in ("study_instance_uid", "patient_id", "series_instance_uid"))
        if "" in key:  # the file stands in for what it does not say
            key = (arrival.digest,)
        if key not in self._series:
            self._series[key] = placing.series_of(arrival)
        return self._series[key]

    def _image_of(self, arrival: Arrival, series: Series) -> _Growing:
        """Return the image that a file joins or begins."""
        if arrival.group == ALONE:
            return self._begun(arrival, series, after_frozen=False)
        key = (series.pk, arrival.group)
        if key not in self._groups:
            image, after_frozen = placing.open_image_of_group(series, arrival.group)
            if image is None:
                self._groups[key] = self._begun(arrival, series, after_frozen=after_frozen)
            else:
                self._groups[key] = self._grown(_Growing(image, True, after_frozen, members_of(image)))
        return self._groups[key]

    def _begun(self, arrival: Arrival, series: Series, *, after_frozen: bool) -> _Growing:
        return self._grown(_Growing(placing.new_image(arrival, series), False, after_frozen))

    def _grown(self, growing: _Growing) -> _Growing:
        self._images.append(growing)
        self._undo.manifest_of(growing.image, joins=growing.joins)
        return growing
