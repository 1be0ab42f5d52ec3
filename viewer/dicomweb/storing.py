"""Taking in what a STOW-RS request carries, an instance at a time, and saying what became of each (PS3.18 10.5 and annex I.2)."""

import logging
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from django.db import DatabaseError
from django.utils import translation

from viewer.dicomweb.attributes import Dataset, dataset
from viewer.dicomweb.multipart_reader import Part, parts
from viewer.dicomweb.uids import key_of, uid_of
from viewer.models import Collection, Instance, Study
from viewer.readers.errors import ReaderError
from viewer.receiver.head import HEAD_BYTES, identity, read_meta
from viewer.receiver.storing import SUFFIX, store
from viewer.services.reasons import RETRY_LATER, Refused
from viewer.services.storage import Quarantine
from viewer.tiles.pool import default_pool

_log = logging.getLogger(__name__)

# Failure Reason (0008,1197)
PROCESSING_FAILURE: Final = 0x0110
OUT_OF_RESOURCES: Final = 0xA700
DOES_NOT_MATCH: Final = 0xA900
CANNOT_UNDERSTAND: Final = 0xC000
SYNTAX_NOT_SUPPORTED: Final = 0xC122
_REASON_OF_CODE: Final = {
    **dict.fromkeys((*RETRY_LATER, "too_large"), OUT_OF_RESOURCES),
    "unsupported_transfer_syntax": SYNTAX_NOT_SUPPORTED,
    "other_study": DOES_NOT_MATCH,
    "other_instance": DOES_NOT_MATCH,
}
_DICOM: Final = "application/dicom"


class Received(NamedTuple):
    """What became of one part.

    Attributes:
        sop_class: as the sender said it; empty where that cannot be known.
        sop_instance: the same; what the sender looks for in the answer.
        instance: in the catalogue, now or already; None for a refused one.
        reason: Failure Reason of a refused one, else 0.
        told: why it is refused, or a notice, in English.
    """

    sop_class: str
    sop_instance: str
    instance: Instance | None = None
    reason: int = 0
    told: str = ""


def receive(read: Callable[[int], bytes], boundary: str, collection: Collection, study_uid: str) -> Iterator[Received]:
    """Store the parts of a request; yield what became of each as soon as it is known.

    Args:
        read: gives at most so many bytes of the body.
        boundary: of the body.
        collection: where to; the caller has checked that the sender may add to it.
        study_uid: the one study that is taken, by its own UID or by ours; empty for any.

    Raises:
        BrokenMultipart: where the body is none or ends; what was told before stays stored.
    """
    for part in parts(read, boundary):
        with translation.override("en"):
            yield _received(part, collection, study_uid)


def _received(part: Part, collection: Collection, study_uid: str) -> Received:
    if part.content_type.media_type != _DICOM:
        return Received("", "", None, CANNOT_UNDERSTAND, "only parts of type application/dicom are taken")
    sop_class, sop_instance, head = "", "", bytearray()
    try:
        with Quarantine(f"instance{SUFFIX}") as quarantine:
            for piece in part:
                head += piece[: HEAD_BYTES - len(head)]
                quarantine.write(piece)
            sop_class, sop_instance = _identity(bytes(head))
            return _stored(quarantine, collection, sop_class, sop_instance, study_uid)
    except Refused as refusal:
        return _refused(sop_class, sop_instance, refusal.code, refusal.text)
    except DatabaseError:
        _log.exception("an instance could not be stored")
        return Received(sop_class, sop_instance, None, PROCESSING_FAILURE, "storage_failed: the catalogue cannot be reached")


def _identity(head: bytes) -> tuple[str, str]:
    """Return the UIDs of class and instance, which head and data set must say alike.

    Raises:
        Refused: ``unsupported_format``, ``malformed`` without one, ``other_instance`` when they differ.
    """
    meta = read_meta(head)
    if meta is None:
        raise Refused("unsupported_format", "no DICOM file")
    inside = identity(head[meta.end :], meta.syntax) or (meta.sop_class, meta.sop_instance)
    if meta.sop_instance and inside != (meta.sop_class, meta.sop_instance):
        raise Refused("other_instance")
    if not inside[1]:
        raise Refused("malformed", "no SOP Instance UID")
    return inside


def _refused(sop_class: str, sop_instance: str, code: str, text: str) -> Received:
    _log.warning("refused %s: %s", sop_instance, code)
    return Received(sop_class, sop_instance, None, _REASON_OF_CODE.get(code, CANNOT_UNDERSTAND), f"{code}: {text}")


def _stored(quarantine: Quarantine, collection: Collection, sop_class: str, sop_instance: str, study_uid: str) -> Received:
    if not study_uid:
        return _placed(quarantine, collection, sop_class, sop_instance)
    quarantine.finish()
    _check_study(quarantine, collection, study_uid)
    looked_at = Quarantine(f"instance{SUFFIX}")
    try:
        looked_at.adopt(quarantine.path)
        return _placed(looked_at, collection, sop_class, sop_instance)
    finally:
        looked_at.remove()


def _check_study(quarantine: Quarantine, collection: Collection, study_uid: str) -> None:
    """Look at the file before it has a place: the header says of which study it is.

    Raises:
        Refused: ``other_study``, or what the reader says of the file.
    """
    try:
        found = default_pool().inspect(str(quarantine.path)).get("dicom") or {}
    except ReaderError as error:
        raise Refused.by_reader(error) from error
    known = Study.objects.filter(pk=key_of(study_uid), collection=collection).values_list("study_key", flat=True)
    if found.get("study_instance_uid") not in {study_uid, *known}:
        raise Refused("other_study")


def _placed(quarantine: Quarantine, collection: Collection, sop_class: str, sop_instance: str) -> Received:
    result = store(collection, quarantine, sop_instance)
    if not result.digest:
        return _refused(sop_class, sop_instance, result.code, result.text)
    instance = Instance.objects.select_related("series").get(collection=collection, digest=result.digest)
    _log.info("%s %s", "duplicate" if result.known else "stored", sop_instance)
    return Received(sop_class, sop_instance, instance, 0, f"{result.code}: {result.text}" if result.code else "")


def answer(found: list[Received], address: Callable[[Instance], str], study_address: str) -> Dataset:
    """Return the data set that tells a sender what became of the instances (PS3.18 table 10.5.3-2).

    Args:
        found: of each part.
        address: of an instance that can be fetched.
        study_address: of the one study to which all belong; empty where they do not.
    """
    stored = [_reference(each) | {"RetrieveURL": address(each.instance)} for each in found if each.instance is not None]
    failed = [each for each in found if each.instance is None]
    named = [_reference(each) | {"FailureReason": each.reason} for each in failed if each.sop_instance]
    others = [{"FailureReason": each.reason} for each in failed if not each.sop_instance]
    values: dict[str, Any] = {"RetrieveURL": study_address}
    for keyword, items in (("ReferencedSOPSequence", stored), ("FailedSOPSequence", named), ("OtherFailuresSequence", others)):
        if items:
            values[keyword] = [dataset(item) for item in items]
    return dataset(values)


def _reference(each: Received) -> dict[str, Any]:
    """Return the UIDs by which the sender knows an instance; ours are in its address."""
    return {"ReferencedSOPClassUID": each.sop_class, "ReferencedSOPInstanceUID": each.sop_instance}


def study_of(found: list[Received]) -> str:
    """Return the UID, ours, of the study to which all stored instances belong; empty where there are several or none."""
    studies = {each.instance.series.study_id for each in found if each.instance is not None}
    return uid_of(studies.pop()) if len(studies) == 1 else ""
