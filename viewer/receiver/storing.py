"""Giving a received DICOM file to the catalogue, which judges it as it judges every other."""

from typing import BinaryIO, Final, NamedTuple

from viewer.models import Collection, Instance
from viewer.receiver.head import HEAD_BYTES, read_meta
from viewer.services.ingest import ingest_received
from viewer.services.storage import CHUNK_BYTES, Quarantine, absolute

SUFFIX: Final = ".dcm"


class Stored(NamedTuple):
    """What became of a file.

    Attributes:
        digest: of the file that is in the catalogue; empty for a refused one.
        known: whether it was there already.
        code: why it is refused, or a notice on one that is not.
        text: the code as a sentence in the active language.
    """

    digest: str
    known: bool = False
    code: str = ""
    text: str = ""


def store(collection: Collection, quarantine: Quarantine, sop_instance: str) -> Stored:
    """Store a file that lies in quarantine; the caller removes the quarantine.

    The same data set under another file head, as another sender or the upload page wrote it, is the same instance.

    Raises:
        DatabaseError: when the catalogue cannot be asked.
    """
    digest = quarantine.digest
    result = ingest_received(collection=collection, quarantine=quarantine, name=f"{sop_instance[-32:] or 'instance'}{SUFFIX}")
    if result.image is not None:
        return Stored(digest, result.status == "duplicate", result.code, result.text)
    if result.code == "sop_uid_conflict":
        rows = Instance.objects.filter(collection=collection, sop_instance_uid=sop_instance)
        for known in rows.only("digest", "path"):
            if _same_data(known, quarantine):
                return Stored(known.digest, known=True)
    return Stored("", code=result.code, text=result.text)


def _same_data(known: Instance, quarantine: Quarantine) -> bool:
    """Return whether two files differ in their meta information at most; False where one of them cannot be read."""
    try:
        with absolute(known.path).open("rb") as ours, quarantine.path.open("rb") as theirs:
            syntax, other = _at_data(ours), _at_data(theirs)
            return syntax == other != "" and _rest_is_equal(ours, theirs)
    except OSError:
        return False


def _at_data(file: BinaryIO) -> str:
    """Go to where the data set begins, and return its transfer syntax; empty where there is no meta information."""
    meta = read_meta(file.read(HEAD_BYTES))
    if meta is None:
        return ""
    file.seek(meta.end)
    return meta.syntax


def _rest_is_equal(one: BinaryIO, other: BinaryIO) -> bool:
    while True:
        piece = one.read(CHUNK_BYTES)
        if piece != other.read(CHUNK_BYTES):
            return False
        if not piece:
            return True
