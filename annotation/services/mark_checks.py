"""Checks what a mark says against its campaign and its image. Nothing is repaired: a mark is stored as drawn, or refused."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from annotation.errors import problem_refusal, refusal, shape_refusal
from annotation.models import Campaign, Read
from annotation.schema.labels import BASIS_METHODS, BASIS_STATUSES, CERTAINTIES, Granularity, check_granularity
from annotation.schema.masks import Mask, is_mask, parse_mask
from annotation.schema.shapes import ShapeError, check_inside, normalise, parse_geometry
from annotation.schema.tracks import AnyShape, Track, parse_track
from annotation.selectors.exams import exam_images
from annotation.selectors.frames import sop_instance_uids
from annotation.services.cell_marks import check_cell_place
from annotation.services.exam_marks import EXAM, check_cites
from annotation.services.forms import check_form_data
from annotation.services.operation_input import Body
from annotation.services.report_marks import DIAGNOSIS, REPORT_LEVEL, check_report_mark
from viewer.models import Image

MAX_TEXT_CHARACTERS: Final = 10_000
IMAGE_LEVEL: Final = frozenset({Granularity.DIAGNOSIS, Granularity.PRESENCE})
"""Granularities of a diagnosis of the whole image; a read has at most one live mark of these."""
ORIGINS: Final = ("manual", "suggestion", "import")
"""How a mark came to be; what its reader changes afterwards does not change that."""


class CampaignRules:
    """What a campaign allows, whatever the image."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign

    @cached_property
    def granularities(self) -> frozenset[str]:
        """The granularities that may be marked at; a diagnosis also where the campaign asks one of the whole image."""
        asked = set(self.campaign.granularities)
        if self.campaign.diagnosis.get("required") or self.campaign.diagnosis.get("label_roles"):
            asked.add(Granularity.DIAGNOSIS)
        return frozenset(asked)

    @cached_property
    def labels(self) -> dict[str, frozenset[str]]:
        """Code of each label -> granularities it may be used at; an empty set means all of them."""
        rows = self.campaign.label_set.labels.values_list("code", "granularities")
        return {code: frozenset(granularities) for code, granularities in rows}


class MarkRules(CampaignRules):
    """What the campaign and the image of one read allow; loaded once for all operations of a request."""

    def __init__(self, read: Read) -> None:
        super().__init__(read.campaign)
        self.read = read
        self.image = read.image
        self.coming: dict[UUID, UUID] = {}
        """Id of each mark that is about to be stored -> id of its image: findings of the examination may cite it."""

    @cached_property
    def sop_instance_uids(self) -> list[str]:
        """SOP Instance UID of each frame; empty for images that are not DICOM frames."""
        return sop_instance_uids(self.image)

    @cached_property
    def exam_images(self) -> dict[UUID, Image]:
        """The images of the examination by id: those that a finding may cite."""
        return {image.pk: image for image in exam_images(self.read)}


@dataclass(frozen=True, slots=True)
class CheckedMark:
    """A mark that may be stored: the columns of its row, and its shape on the 1/8 px grid (level-0 px)."""

    columns: dict[str, Any]
    shape: AnyShape | None

    @property
    def is_image_level(self) -> bool:
        """Whether this is a diagnosis of the image as a whole."""
        return self.shape is None and self.columns["granularity"] in IMAGE_LEVEL


def check_mark(rules: MarkRules, body: Body, pointer: str = "/annotation") -> CheckedMark:
    """Return the mark as it is stored.

    Raises:
        ApiError: with a code per reason and a pointer that starts with ``pointer``.
    """
    if body.cell is not None and body.geometry is None:
        raise refusal("operation_malformed", f"{pointer}/cell")
    if body.span is not None or body.granularity in REPORT_LEVEL:
        return _check_on_report(rules, body, pointer)
    if body.cites is not None or body.granularity == EXAM:
        return _check_of_exam(rules, body, pointer)
    if body.granularity not in rules.granularities:
        raise refusal("granularity_not_allowed", f"{pointer}/granularity")
    shape = _check_shape(rules.image, body, pointer)
    _check_frame(rules.image, body.frame, pointer, has_shape=shape is not None)
    if isinstance(shape, Track) and body.frame != shape.first_frame:
        raise problem_refusal("track_frame", f"{pointer}/frame")
    _check_labels(rules, body, pointer, has_shape=shape is not None)
    _check_words(body, pointer)
    _check_form(rules, body, pointer)
    if body.cell is not None:
        check_cell_place(rules.read, body.cell, f"{pointer}/cell")
    columns = {
        "granularity": body.granularity,
        "frame": body.frame,
        "sop_instance_uid": _sop_instance_uid(rules, body.frame),
        **shape_columns(shape),
        "mask": shape.to_bytes() if isinstance(shape, Mask) else None,
        **track_columns(shape, frame_count=rules.image.frame_count),
        "labels": body.labels,
        "text": body.text,
        "form_data": body.form,
        "certainty": body.certainty,
        "basis": body.basis,
        "active_seconds": body.active_seconds,
        "report": None,
        "span": None,
        "cites": None,
        "cell": body.cell.stored() if body.cell is not None else None,
    }
    return CheckedMark(columns, shape)


def _check_on_report(rules: MarkRules, body: Body, pointer: str) -> CheckedMark:
    """Return the columns of a mark on a report, which is on no place of the image."""
    span = body.span
    if span is None or body.granularity not in REPORT_LEVEL or body.geometry is not None or body.frame is not None or body.form is not None:
        raise refusal("span_malformed", f"{pointer}/span")
    report = check_report_mark(rules.image.series.study_id, body.granularity, span, f"{pointer}/span")
    _check_known(rules, body, pointer)
    if not body.labels and span.coding is None:
        raise refusal("label_missing", f"{pointer}/labels")
    _check_words(body, pointer)
    if body.granularity == DIAGNOSIS and not body.basis:
        raise refusal("confirmed_without_basis", f"{pointer}/basis")
    return CheckedMark(_columns_off_image(body) | {"report": report, "span": span.stored()}, None)


def _check_of_exam(rules: MarkRules, body: Body, pointer: str) -> CheckedMark:
    """Return the columns of a finding of the whole examination, which is on no place of the image that it was stated at."""
    if body.cites is None or body.granularity != EXAM or body.geometry is not None or body.frame is not None or body.form is not None:
        raise refusal("cites_malformed", f"{pointer}/cites")
    _check_known(rules, body, pointer)
    if not body.labels:
        raise refusal("label_missing", f"{pointer}/labels")
    _check_words(body, pointer)
    check_cites(rules.read, rules.exam_images, body.cites, f"{pointer}/cites", coming=rules.coming)
    return CheckedMark(_columns_off_image(body) | {"cites": [one.stored() for one in body.cites]}, None)


def _check_known(rules: MarkRules, body: Body, pointer: str) -> None:
    for index, code in enumerate(body.labels):
        if code not in rules.labels:
            raise refusal("unknown_label", f"{pointer}/labels/{index}")


def _columns_off_image(body: Body) -> dict[str, Any]:
    """Return the columns of what is said of no place of the image."""
    return {
        "granularity": body.granularity,
        "frame": None,
        "sop_instance_uid": "",
        **shape_columns(None),
        "mask": None,
        "track": None,
        "last_frame": None,
        "labels": body.labels,
        "text": body.text,
        "form_data": None,
        "certainty": body.certainty,
        "basis": body.basis,
        "active_seconds": body.active_seconds,
        "report": None,
        "span": None,
        "cites": None,
        "cell": None,
    }


def track_columns(shape: AnyShape | None, *, frame_count: int) -> dict[str, Any]:
    """Return the columns that only a track fills, in an image of so many frames; the database then finds it on each of its frames."""
    if not isinstance(shape, Track):
        return {"track": None, "last_frame": None}
    return {"track": shape.plan(), "last_frame": shape.last_frame(frame_count)}


def shape_columns(shape: AnyShape | None) -> dict[str, Any]:
    """Return the columns that hold a shape, but for the pixels of a mask and the plan of a track; level-0 px."""
    min_x_px, min_y_px, max_x_px, max_y_px = shape.bounds if shape else (None, None, None, None)
    return {
        "geometry_kind": shape.kind if shape else "",
        "geometry_wkb": None if shape is None or isinstance(shape, Mask) else shape.wkb(),
        "min_x_px": min_x_px,
        "min_y_px": min_y_px,
        "max_x_px": max_x_px,
        "max_y_px": max_y_px,
    }


def _check_shape(image: Image, body: Body, pointer: str) -> AnyShape | None:
    try:
        shape: AnyShape | None = None
        if is_mask(body.geometry):
            shape = parse_mask(body.geometry, width=image.width_px, height=image.height_px)
        elif isinstance(body.geometry, dict) and body.geometry.get("type") == "Track":
            shape = _check_track(image, body.geometry)
        elif body.geometry is not None:
            shape = parse_geometry(body.geometry)
            # Before the grid as well: rounding moves what lies outside by less than 1/16 px onto the border.
            check_inside(shape, width=image.width_px, height=image.height_px)
            shape = normalise(shape)
            check_inside(shape, width=image.width_px, height=image.height_px)
        if isinstance(shape, Track):
            shape.check_granularity(body.granularity)
        else:
            check_granularity(body.granularity, shape)
    except ShapeError as error:
        raise shape_refusal(error, f"{pointer}/geometry") from error
    return shape


def _check_track(image: Image, geometry: object) -> Track:
    if not image.has_frames:
        raise ShapeError("track_needs_frames", "/type")
    track = parse_track(geometry)
    track.check_inside(width=image.width_px, height=image.height_px, frame_count=image.frame_count)
    track = track.normalise()
    track.check_inside(width=image.width_px, height=image.height_px, frame_count=image.frame_count)
    return track


def _check_frame(image: Image, frame: int | None, pointer: str, *, has_shape: bool) -> None:
    """On a stack or video a shape needs its frame; on a slide with planes of focus it may lie on one of them, or on all (None)."""
    if frame is None:
        if has_shape and image.has_frames:
            raise refusal("frame_required", f"{pointer}/frame")
    elif frame >= image.frame_count or (not image.has_frames and image.frame_count == 1):
        raise problem_refusal("frame_outside_image", f"{pointer}/frame")


def _check_labels(rules: MarkRules, body: Body, pointer: str, *, has_shape: bool) -> None:
    # What is said of the whole image may be saved before its label is chosen; submitting asks for it.
    if has_shape and not body.labels:
        raise refusal("label_missing", f"{pointer}/labels")
    for index, code in enumerate(body.labels):
        allowed = rules.labels.get(code)
        if allowed is None:
            raise refusal("unknown_label", f"{pointer}/labels/{index}")
        if allowed and body.granularity not in allowed:
            raise refusal("label_not_allowed", f"{pointer}/labels/{index}")


def _check_words(body: Body, pointer: str) -> None:
    if len(body.text) > MAX_TEXT_CHARACTERS:
        raise refusal("text_too_long", f"{pointer}/text")
    if body.certainty and body.certainty not in CERTAINTIES:
        raise refusal("unknown_certainty", f"{pointer}/certainty")
    for index, entry in enumerate(body.basis):
        if entry["method"] not in BASIS_METHODS:
            raise refusal("unknown_basis", f"{pointer}/basis/{index}/method")
        if entry["status"] not in BASIS_STATUSES:
            raise refusal("unknown_basis", f"{pointer}/basis/{index}/status")
    if body.origin not in ORIGINS:
        raise refusal("operation_malformed", f"{pointer}/origin")


def _check_form(rules: MarkRules, body: Body, pointer: str) -> None:
    if body.form is None:
        return
    if rules.campaign.form is None:
        raise refusal("form_not_asked", f"{pointer}/form")
    check_form_data(rules.campaign.form, body.form, complete=False, pointer=f"{pointer}/form")


def _sop_instance_uid(rules: MarkRules, frame: int | None) -> str:
    if frame is None or not rules.image.has_frames:
        return ""
    uids = rules.sop_instance_uids
    return uids[frame] if frame < len(uids) else ""
