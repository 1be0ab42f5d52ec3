"""The one error tree of everything that reads pixels.

Each error carries a stable `code` (for programs and for translation), a `text` that says what is wrong with the file,
and a `hint` that says what to do next. Both sentences are English; a user interface looks its own up by the code.
"""

from __future__ import annotations

from typing import Final


class ReaderError(Exception):
    """An image could not be read.

    Attributes:
        code: a stable word in snake_case, one of `REASONS`.
        text: what is wrong, one sentence.
        hint: what to do next, one sentence.
    """

    default_code: str = "unreadable"

    def __init__(self, code: str | None = None, detail: str = "") -> None:
        self.code = code or self.default_code
        text, hint = REASONS[self.code]
        self.detail = detail
        self.text = f"{text} ({detail})" if detail else text
        self.hint = hint
        super().__init__(f"{self.code}: {self.text}")


class UnsupportedFormat(ReaderError):
    """The file is fine, but no engine here reads it."""

    default_code = "unsupported_format"


class MalformedFile(ReaderError):
    """The file contradicts itself or ends too early."""

    default_code = "malformed"


class LimitExceeded(ReaderError):
    """Reading the file would take more memory or pixels than is allowed."""

    default_code = "too_many_pixels"


class MissingCompanion(ReaderError):
    """A slide that is spread over several files lacks one of them, or names one that is not its own."""

    default_code = "companion_files"


class WithheldImage(ReaderError):
    """The file is an image that never leaves the reader, as a slide's label."""

    default_code = "label_image"


class OutOfRange(ReaderError):
    """The image has no such tile, frame or region."""

    default_code = "no_such_tile"


class WorkerCrashed(ReaderError):
    """The worker process died on this request; another has taken its place."""

    default_code = "worker_crashed"


class WorkerTimeout(ReaderError):
    """The request took longer than the wall limit and was stopped."""

    default_code = "worker_timeout"


class WorkerBusy(ReaderError):
    """No worker came free within the wall limit; the file itself was not looked at."""

    default_code = "workers_busy"


_ASK_EXPORT = "Export the image again from the device or archive, and upload the new file."
_LATER = "Try again in a moment; tell the administrator if it goes on."

REASONS: Final[dict[str, tuple[str, str]]] = {
    "unreadable": ("The file could not be read.", _ASK_EXPORT),
    "empty_file": ("The file is empty.", "Upload the file again; the copy was probably interrupted."),
    "not_found": ("The file is not there.", "Upload it again."),
    "unsupported_format": (
        "This is no image format that is read here.",
        "Upload a slide (SVS, NDPI, SCN, Philips or tiled TIFF), DICOM, JPEG, PNG, TIFF, WebP, or a video (MP4, WebM, AVI).",
    ),
    "unsupported_slide_format": (
        "This slide format, or this variant of it, is not read.",
        "Export it as SVS, DICOM whole-slide or tiled pyramidal TIFF (RGB, JPEG, JPEG 2000, LZW or deflate).",
    ),
    "unsupported_transfer_syntax": (
        "The DICOM transfer syntax is not read.",
        "Export the image uncompressed or as JPEG, JPEG-LS, JPEG 2000 or RLE.",
    ),
    "unsupported_pixel_layout": (
        "The pixels are laid out in a way that is not read.",
        "Export the image in grey (8 or 16 bits) or in RGB.",
    ),
    "multichannel_not_supported": (
        "The image has several channels or planes, and the file does not hold or explain all of them.",
        "Export it as one OME-TIFF file, or as an RGB rendering of the channels.",
    ),
    "video_not_supported": (
        "This kind of video is not read.",
        "Export it as MP4 (H.264), WebM or AVI (motion JPEG).",
    ),
    "video_codec_not_supported": (
        "The video is compressed in a way that is not read.",
        "Export it as MP4 (H.264), WebM (VP8, VP9) or AVI (motion JPEG).",
    ),
    "video_edit_list": (
        "The video was cut so that parts are shown twice or at another speed.",
        "Export it anew from the program that cut it.",
    ),
    "video_too_few_keys": (
        "The video has so few key frames that single frames cannot be shown in time.",
        "Export it with a key frame at least every ten seconds.",
    ),
    "no_video_track": ("The file holds no moving picture.", "Upload the video itself; sound alone is not read."),
    "archive_not_supported": ("Archives are not opened.", "Unpack the archive and upload the files in it."),
    "vector_not_supported": (
        "Web pages, SVG and other text files are not images here.",
        "Upload the image as JPEG, PNG or TIFF.",
    ),
    "no_pixels": ("The DICOM file holds no image.", "Upload the image instance it belongs to."),
    "dicomdir": ("This is the index of a DICOM medium, not an image.", "Upload the files that it lists."),
    "not_dicom": ("The file is not DICOM, though named so.", _ASK_EXPORT),
    "label_image": (
        "This is the label, overview or thumbnail of a slide; it is never stored or shown.",
        "Nothing to do: the slide itself is uploaded without it.",
    ),
    "companion_files": (
        "This slide is spread over several files, and one of them is missing.",
        "Upload the slide with all its files as one ZIP archive, or load its folder with manage.py ingest.",
    ),
    "companion_unsafe": (
        "This slide names a file outside its own folder.",
        "Export the slide again; its files must lie beside it and be no links.",
    ),
    "slide_parts_contradict": (
        "A level of this slide lies in several files, and what they say of each other contradicts itself.",
        "Upload the parts of one export; if they are, export the slide again.",
    ),
    "malformed": ("The file contradicts itself.", _ASK_EXPORT),
    "truncated": ("The file ends too early.", "Upload the file again; the copy was probably interrupted."),
    "pixels_undecodable": ("The header is fine, but the pixels cannot be decoded.", _ASK_EXPORT),
    "palette_invalid": ("The colour table is missing or too short.", _ASK_EXPORT),
    "uid_invalid": ("A UID holds characters or a length that DICOM forbids.", _ASK_EXPORT),
    "external_entity": ("The description holds an XML entity declaration.", _ASK_EXPORT),
    "too_many_pixels": (
        "The image has more pixels than one image may have.",
        "Export it smaller, or as a tiled slide format.",
    ),
    "too_many_frames": ("The file declares more frames than are read.", _ASK_EXPORT),
    "too_many_tiles": ("The slide declares more tiles or directories than are read.", _ASK_EXPORT),
    "tile_size": ("The tile size is not sane.", "Export the slide with tiles of 128 to 1024 pixels."),
    "expands_too_far": ("The compressed data grows beyond the limit.", _ASK_EXPORT),
    "out_of_memory": ("Decoding took more memory than a worker may use.", "Export the image smaller or tiled."),
    "no_such_tile": ("The image has no tile there.", "Reload the page."),
    "no_such_view": ("The image has no such channels, colours, ranges or plane.", "Reload the page."),
    "no_such_frame": ("The image has no such frame.", "Reload the page."),
    "bad_region": ("The region is empty, too large or not a number.", "Ask for a smaller region."),
    "bad_request": ("The request is not understood.", "Reload the page."),
    "worker_crashed": ("The decoder stopped on this file.", _ASK_EXPORT),
    "worker_timeout": ("Decoding took too long and was stopped.", "Export the image smaller or tiled."),
    "workers_busy": ("All decoders are busy.", _LATER),
    "pool_closed": ("The server is shutting down.", _LATER),
}

_TYPES: Final[dict[str, type[ReaderError]]] = {
    kind.__name__: kind
    for kind in (
        ReaderError,
        UnsupportedFormat,
        MalformedFile,
        LimitExceeded,
        MissingCompanion,
        WithheldImage,
        OutOfRange,
        WorkerCrashed,
        WorkerTimeout,
        WorkerBusy,
    )
}


def to_json(error: ReaderError) -> dict[str, str]:
    """The error as it crosses a process boundary."""
    return {"type": type(error).__name__, "code": error.code, "detail": error.detail}


def from_json(data: dict[str, str]) -> ReaderError:
    """The error that `to_json` described; an unknown type or code becomes a plain `ReaderError`."""
    kind = _TYPES.get(str(data.get("type")), ReaderError)
    code = str(data.get("code"))
    return kind(code if code in REASONS else None, str(data.get("detail", ""))[:300])


WARNINGS: Final[dict[str, str]] = {
    "colour_profile_applied": "The picture's colour profile was turned into sRGB.",
    "date_invalid": "A date in the header is no date; it is left empty.",
    "first_page_only": "The file holds several pages; the first is shown.",
    "frame_count_differs": "The header states another number of frames than the video has; the video is believed.",
    "frame_rate_varies": "The frames are shown for different times; the recorded times are kept.",
    "frames_damaged": "Some frames of the video are damaged and cannot be shown.",
    "frames_of_several_kinds": "The frames are of several echoes, b-values, phases, moments, stacks or planes, one kind after another.",
    "frames_unevenly_spaced": "The frames do not lie at even distances; some may be missing.",
    "gantry_tilted": "The gantry was tilted: the slices lie obliquely in the body.",
    "overlay_unreadable": "The file holds overlays (drawings, text) that cannot be shown.",
    "pixels_not_square": "The pixels are not square: what is seen is stretched along one side.",
    "pyramid_incomplete": "The slide has no small level; overviews are slow.",
    "range_stretched": "Deep grey values were stretched to 8 bits between their extremes.",
    "rescale_ignored": "The rescale slope or intercept is unusable; stored values are shown.",
    "slide_parts_missing": "A level of the slide lies in several files, and some of them are missing: their place stays white.",
    "slide_parts_uncounted": "A level of the slide lies in several files, and none says how many there are; some may be missing.",
    "spacing_at_detector": "The spacing is measured at the detector, so lengths in the body are smaller.",
    "spacing_implausible": "The file states an impossible pixel spacing; lengths are in pixels.",
    "spacing_unknown": "The file states no pixel spacing; lengths are in pixels.",
    "spacing_varies": "Parts of the image have different scales; lengths are in pixels.",
    "uid_missing": "A UID is missing; the file is no complete DICOM instance.",
}
