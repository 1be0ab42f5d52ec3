"""Why a file is refused: one stable code each, with a sentence and a next step in the reader's language."""

from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from viewer.readers.errors import REASONS as READER_REASONS
from viewer.readers.errors import ReaderError


class Reason(NamedTuple):
    """What is said to a person, and the HTTP status that a program sees."""

    text: str | Promise
    hint: str | Promise
    status: int = 422


REASONS: Final[dict[str, Reason]] = {
    "too_large": Reason(
        _("The file is larger than this site takes."),
        _("Export it smaller, or ask the administrator to load it with manage.py ingest."),
        413,
    ),
    "disk_full": Reason(
        _("The server has no room left for this file."),
        _("Tell the administrator; the file can be uploaded again once there is room."),
        507,
    ),
    "storage_failed": Reason(
        _("The server could not store the file; nothing of it was kept."),
        _("Tell the administrator, then upload the file again."),
        503,
    ),
    "sop_uid_conflict": Reason(
        _("Another file with the same SOP Instance UID but different content is already here."),
        _("The stored file was not replaced. Export the instance again with a UID of its own, or leave it out."),
    ),
    "other_instance": Reason(
        _("The head of the file names another instance than its data."),
        _("Export the instance again; the file was put together wrongly."),
    ),
    "other_study": Reason(
        _("The instance belongs to another study than the one that the address names."),
        _("Send it to the address of its own study, or to the one that names none."),
    ),
    "slide_busy": Reason(
        _("Other levels of the same slide are being stored at this moment."),
        _("Upload the file again in a moment."),
        503,
    ),
    "unreadable_source": Reason(
        _("The file cannot be read from where it is."),
        _("Check the path and the rights on the file."),
    ),
    "hidden_file": Reason(_("Hidden files are skipped."), _("Rename the file if it is meant to be loaded.")),
    "not_a_file": Reason(_("This is no ordinary file."), _("Name a file or a folder of files.")),
    "upload_conflict": Reason(
        _("The server has another part of the file than this one continues."),
        _("Ask with HEAD how far it has got, and go on from there."),
        409,
    ),
    "upload_busy": Reason(_("This upload is being written to at this moment."), _("Wait a moment, then go on with it."), 423),
    "upload_past_end": Reason(
        _("More bytes came than the upload announced."),
        _("Nothing of this part was kept. Begin the upload anew with the right length."),
        400,
    ),
    "checksum_mismatch": Reason(_("This part of the file was damaged on the way."), _("Nothing of it was kept; send it again."), 460),
    "too_many_uploads": Reason(
        _("You have too many unfinished uploads."),
        _("Finish or discard some of them on the upload page, then go on."),
        429,
    ),
    "archive_damaged": Reason(_("The archive is damaged."), _("Make the archive again from the original files.")),
    "archive_too_many": Reason(_("The archive holds too many files."), _("Split it into archives of at most 100,000 files.")),
    "archive_encrypted": Reason(
        _("This file is encrypted in its archive."), _("Unpack the archive with its password, and load the files.")
    ),
    "archive_method": Reason(
        _("This file is compressed in a way that is not read here."),
        _("Make the archive again with the usual compression (deflate)."),
    ),
    "archive_expands": Reason(
        _("This file would grow out of all proportion to its archive."),
        _("If it is a real image, unpack the archive and load the file by itself."),
    ),
    "archive_unsafe_name": Reason(
        _("The name of this file points out of its archive."),
        _("Make the archive again from a folder, without absolute names."),
    ),
    "dicomdir": Reason(
        _("This is the index of a DICOM medium, not an image; none of the files that it lists came with it."),
        _("Upload the whole medium: as a folder with manage.py ingest, or as a ZIP archive."),
    ),
    "dicomdir_damaged": Reason(
        _("This index of a DICOM medium cannot be read; the files beside it were taken as they are."),
        _("Check the list for files of the medium that are missing."),
    ),
    "dicomdir_missing": Reason(
        _("The index of the medium lists this file, but it is not there."),
        _("Copy the medium again; some of it was left behind."),
    ),
    "dicomdir_unsafe_name": Reason(
        _("The index of the medium names a file outside the medium."),
        _("Nothing was looked for there. Load the files of the medium without the index."),
    ),
    "dicomdir_unlisted": Reason(
        _("The index of the medium does not list this file."),
        _("If it is an image all the same, load it by itself."),
    ),
    "dicomdir_followed": Reason(
        _("This is the index of the medium; the files were taken as it lists them."), _("Nothing to do: it is not kept."), 200
    ),
    "scale_in_file": Reason(
        _("The file itself states the scale; it cannot be replaced by hand."),
        _("If the file is wrong, have it exported again with the right pixel spacing."),
        409,
    ),
    "scale_implausible": Reason(
        _("This scale is not possible for an image of this kind."),
        _("Give the micrometres that one pixel is wide, such as 0.25 for a slide scanned at 40x."),
        422,
    ),
}
RETRY_LATER: Final = frozenset({"disk_full", "storage_failed", "slide_busy", "workers_busy", "pool_closed"})

FROZEN_NOTICE: Final = Reason(
    _("The image this file belongs to is already being read, so a new image was started."),
    _("Readers keep seeing the image as it was. Make a new campaign to include this one."),
    200,
)

PRESENTATION_NOTICE: Final = Reason(
    _("This is a presentation state: it says how images are to be shown."),
    _("It is offered in the viewer of the images it names, whether they are here already or come later."),
    200,
)
PRESENTATION_LATE_NOTICE: Final = Reason(
    _("This presentation state names an image that is already being read."),
    _("Readers keep seeing the image as it was; the state is kept, but not offered there."),
    200,
)


class Refused(Exception):
    """A file is not taken; nothing of it is kept.

    Attributes:
        code: a key of :data:`REASONS` or of the readers' own table.
        detail: a technical addition in English, may be empty.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail

    @classmethod
    def by_reader(cls, error: ReaderError) -> "Refused":
        """Return the refusal for what a reader said of the file."""
        return cls(error.code, error.detail)

    @property
    def text(self) -> str:
        """What is wrong, in the active language."""
        text = _reason(self.code)[0]
        return f"{text} ({self.detail})" if self.detail else text

    @property
    def hint(self) -> str:
        """What to do next, in the active language."""
        return _reason(self.code)[1]

    @property
    def status(self) -> int:
        """HTTP status of the answer."""
        if self.code in REASONS:
            return REASONS[self.code].status
        return 503 if self.code in RETRY_LATER else 422


def _reason(code: str) -> tuple[str, str]:
    """Return sentence and next step of a code; the readers' English sentences are message ids."""
    if code in REASONS:
        return str(REASONS[code].text), str(REASONS[code].hint)
    text, hint = READER_REASONS.get(code, READER_REASONS["unreadable"])
    return gettext(text), gettext(hint)
