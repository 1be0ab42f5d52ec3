"""Video inside DICOM: the container lies in the fragments of the pixel data, one behind the other (PS3.5 A.4.5 ff., 8.2.5 ff.)."""

from __future__ import annotations

from typing import Any, Final

from pydicom.dataset import Dataset

from viewer.readers import dicom_describe
from viewer.readers.base import Inspection
from viewer.readers.dicom_file import DicomFile, as_malformed, check_depth
from viewer.readers.dicom_values import number
from viewer.readers.errors import LimitExceeded, MalformedFile, UnsupportedFormat
from viewer.readers.video.reader import VideoReader
from viewer.readers.video.sniffing import container_of
from viewer.readers.video.spans import Span

MAX_FRAGMENTS: Final = 200_000
_ITEM: Final = b"\xfe\xff\x00\xe0"
_DELIMITER: Final = b"\xfe\xff\xdd\xe0"


class DicomVideoReader(VideoReader):
    """A DICOM instance with a video transfer syntax.

    Args:
        path: of the DICOM file.
        file: the same file, its header parsed; closed here.

    Raises:
        UnsupportedFormat: for MPEG-2, and for streams without a container that states times.
        ReaderError: as `VideoReader`.
    """

    def __init__(self, path: str, file: DicomFile) -> None:
        self._header: Final[Dataset] = file.header
        with as_malformed():
            spans = _fragments(file)
        head = file.at(spans[0][0], min(16, spans[0][1]))
        container = container_of(head)
        if container is None:
            raise UnsupportedFormat("video_not_supported", f"{file.syntax.name[:60]} {_bare(head)}".strip())
        super().__init__(path, container, spans)

    @as_malformed()
    def inspect(self) -> Inspection:
        """The video's inspection with the instance's identity."""
        check_depth(self._header)
        found = super().inspect()
        found.warnings.remove("spacing_unknown")
        found.dicom = dicom_describe.describe(self._header, found.warnings)
        found.acquisition = dicom_describe.acquisition(self._header)
        found.modality = found.dicom["modality"] or "OT"
        found.spacing = dicom_describe.spacing(self._header, found.warnings)
        found.format = f"dicom, {found.format}"
        stated: Any = number(self._header.get("NumberOfFrames"))
        if stated and int(stated) != found.frame_count:
            found.warnings.append("frame_count_differs")
        return found


def _fragments(file: DicomFile) -> list[Span]:
    """Where the fragments lie in the file, without the offset table.

    Raises:
        MalformedFile: when there is none, or one runs past the end.
        LimitExceeded: beyond 200,000.
    """
    place, spans, first = file.offset, [], True
    while place + 8 <= file.stream_bytes:
        head = file.at(place, 8)
        length = int.from_bytes(head[4:], "little")
        if head[:4] == _DELIMITER:
            break
        if head[:4] != _ITEM:
            raise MalformedFile("malformed", "something that is no item between the fragments")
        if place + 8 + length > file.stream_bytes:
            raise MalformedFile("truncated", "an item runs past the end of the file")
        if not first and length:
            spans.append((place + 8, length))
        if len(spans) > MAX_FRAGMENTS:
            raise LimitExceeded("too_many_frames", "fragments")
        first = False
        place += 8 + length
    if not spans:
        raise MalformedFile("malformed", "no fragment")
    return spans


def _bare(head: bytes) -> str:
    """What a stream without container is, for the sentence that refuses it."""
    if head[:1] == b"\x47":
        return "in a transport stream"
    return "without container" if head[:3] in {b"\0\0\1", b"\0\0\0"} else ""
