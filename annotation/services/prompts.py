"""Asks the campaign's model to outline what a reader points at. The reader goes on meanwhile; who cannot be answered soon is told so.

What the model says becomes suggestions of this read only, shown at once; what becomes of them is decided like any other's.
"""

import json
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import status

from annotation.models import Campaign, Exposure, Label, ModelEndpoint, Read, Suggestion, SuggestionRun
from annotation.schema.labels import Granularity
from annotation.services.endpoint_parameters import EndpointParameters, parse_parameters, takes_prompts
from annotation.services.endpoints import client_of, note_failure, note_success
from annotation.services.suggestion_errors import ENDPOINT_TEXTS, prompt_refusal
from annotation.services.suggestion_pixels import encode_crop, sent_mpp_um, source_of
from annotation.services.suggestion_runs import suggestion_row
from annotation.suggestions.client import InferAnswer, Parameter
from annotation.suggestions.crops import Crop, prompt_crop, sending_scale, whole_crop
from annotation.suggestions.errors import EndpointError
from annotation.suggestions.limits import Limits
from annotation.suggestions.proposals import Asked, Proposal, Reading, read_answer
from annotation.suggestions.tensors import texts_input
from viewer.api.errors import ApiError
from viewer.models import Image
from viewer.readers.errors import ReaderError
from viewer.tiles.pool import default_pool

PROMPT_LIMITS: Final = Limits(connect_s=1.0, total_s=8.0, answer_bytes=1 << 20, shapes=500)
"""A reader stands by: who takes longer is no help any more."""

MAX_AT_ONCE: Final = 2
"""Prompts of one web process that wait for a model; a slow model must not take the threads that save marks."""

OUTLINED: Final = (Granularity.CELL, Granularity.REGION, Granularity.TISSUE)
_places = BoundedSemaphore(MAX_AT_ONCE)


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a reader pointed at.

    Attributes:
        id: Made by the browser; the same one again asks nobody and returns what is stored.
        x: Left edge, level-0 px.
        y: Top edge, level-0 px.
        width: Level-0 px; 0 for a point.
        height: Level-0 px; 0 for a point.
        frame: 0-based; None for images without frames.
        label: Code of the label in hand.
        granularity: At which the label is drawn.
    """

    id: UUID
    x: float
    y: float
    width: float
    height: float
    frame: int | None
    label: str
    granularity: str

    @property
    def is_point(self) -> bool:
        """Return whether it is a place and not a box."""
        return self.width == 0 and self.height == 0


def ask_prompt(*, read: Read, prompt: Prompt) -> list[Suggestion]:
    """Ask the model and return what it outlined, stored as suggestions to this read; the best one alone for a point.

    Args:
        read: Open, and its reader asks; the caller has checked that.
        prompt: What was pointed at.

    Raises:
        ApiError: ``prompts_not_offered``, ``prompt_invalid``, ``prompts_busy``, or a code of the endpoint or of the image with status 424.
    """
    stored = _stored(read, prompt)
    if stored is not None:
        return stored
    endpoint = read.campaign.endpoint
    if endpoint is None or not takes_prompts(endpoint):
        raise prompt_refusal("prompts_not_offered")
    _check(read, prompt)
    if endpoint.blocked_until is not None and endpoint.blocked_until > timezone.now():
        raise _failed("endpoint_blocked")
    if not _places.acquire(blocking=False):
        raise prompt_refusal("prompts_busy")
    try:
        reading, answer = _ask(read, endpoint, prompt)
    except EndpointError as error:
        # Too slow for a reader need not be too slow for a worker.
        if error.code != "endpoint_timeout":
            note_failure(endpoint=endpoint, code=error.code)
        raise _failed(error.code) from error
    except ReaderError as error:
        raise _failed("image_not_readable") from error
    finally:
        _places.release()
    note_success(endpoint=endpoint, version=answer.model_version)
    return _store(read, endpoint, prompt, answer.model_version[:64], reading)


def _ask(read: Read, endpoint: ModelEndpoint, prompt: Prompt) -> tuple[Reading, InferAnswer]:
    parameters = parse_parameters(endpoint.parameters)
    image, source = read.image, source_of(read.image)
    crop = _crop(image, parameters, prompt)
    picture = encode_crop(crop=crop, source=source, pool=default_pool())
    said: dict[str, Parameter] = dict(parameters.model) | {"prompt": _place_in(crop, prompt)}
    if image.kind == Image.Kind.SLIDE:
        said["mpp"] = round(sent_mpp_um(image=image, crop=crop, parameters=parameters), 6)
    answer = client_of(endpoint, PROMPT_LIMITS).infer(endpoint.model_name, [texts_input("image", [picture])], said)
    asked = Asked(
        task="segment",
        granularity=prompt.granularity,
        label_map=endpoint.label_map,
        codes=frozenset(_codes(read.campaign, prompt.granularity)),
        crop=crop,
        width=image.width_px,
        height=image.height_px,
        label=prompt.label,
    )
    return read_answer(asked, answer.outputs, PROMPT_LIMITS), answer


def _crop(image: Image, parameters: EndpointParameters, prompt: Prompt) -> Crop:
    frame = prompt.frame if image.has_frames else None
    if image.kind != Image.Kind.SLIDE:
        return whole_crop(image.width_px, image.height_px, frame=frame)
    scale = sending_scale(wanted_mpp_um=parameters.mpp, mpp_um=image.spacing_x_um)
    box = (prompt.x, prompt.y, prompt.width, prompt.height)
    return prompt_crop(box, width=image.width_px, height=image.height_px, scale=scale)


def _place_in(crop: Crop, prompt: Prompt) -> str:
    """Return the parameter ``prompt``: JSON of [x, y] or [x, y, width, height] in pixels of the picture sent."""
    across, down = crop.out_width / crop.width, crop.out_height / crop.height
    place = [(prompt.x - crop.x) * across, (prompt.y - crop.y) * down]
    size = [] if prompt.is_point else [prompt.width * across, prompt.height * down]
    return json.dumps([round(value, 3) for value in [*place, *size]])


@transaction.atomic
def _store(read: Read, endpoint: ModelEndpoint, prompt: Prompt, version: str, reading: Reading) -> list[Suggestion]:
    """Store the pass as a run of its own, with what the reader is shown of it and that it was shown."""
    kept = _kept(prompt, reading.proposals)
    now = timezone.now()
    pointed = {"x": prompt.x, "y": prompt.y, "width": prompt.width, "height": prompt.height}
    try:
        with transaction.atomic():
            run = SuggestionRun.objects.create(
                pk=prompt.id,
                campaign=read.campaign,
                image=read.image,
                endpoint=endpoint,
                read=read,
                prompt=pointed | {"label": prompt.label, "granularity": prompt.granularity},
                region=pointed | {"frame": prompt.frame},
                state=SuggestionRun.State.DONE,
                attempt=1,
                model_name=endpoint.model_name,
                model_version=version,
                suggestion_count=len(kept),
                dropped_count=reading.dropped + len(reading.proposals) - len(kept),
                requested_by_id=read.reader_id,
                started_at=now,
                finished_at=now,
            )
    except IntegrityError:
        # The same prompt was sent twice and the other one was faster.
        return _stored(read, prompt) or []
    rows = Suggestion.objects.bulk_create([suggestion_row(run, number, proposal) for number, proposal in enumerate(kept)])
    Exposure.objects.bulk_create([Exposure(suggestion=row, read=read, shown_at=now) for row in rows])
    return rows


def _kept(prompt: Prompt, proposals: list[Proposal]) -> list[Proposal]:
    """Return the best outline at a point, or all of a box, the surest first."""
    ranked = sorted(proposals, key=lambda proposal: -proposal.score)
    return ranked[:1] if prompt.is_point else ranked


def _stored(read: Read, prompt: Prompt) -> list[Suggestion] | None:
    run = SuggestionRun.objects.filter(pk=prompt.id).first()
    if run is None:
        return None
    if run.read_id != read.pk:
        raise prompt_refusal("prompt_invalid", "/id")
    return list(run.suggestions.select_related("run").order_by("position"))


def _check(read: Read, prompt: Prompt) -> None:
    image = read.image
    inside = 0 <= prompt.x <= prompt.x + prompt.width <= image.width_px and 0 <= prompt.y <= prompt.y + prompt.height <= image.height_px
    frame_fits = 0 <= (prompt.frame or 0) < image.frame_count if image.has_frames else True
    faults = {
        "/x": not inside,
        "/frame": not frame_fits,
        "/granularity": prompt.granularity not in OUTLINED or prompt.granularity not in read.campaign.granularities,
        "/label": prompt.label not in _codes(read.campaign, prompt.granularity),
    }
    for pointer, wrong in faults.items():
        if wrong:
            raise prompt_refusal("prompt_invalid", pointer)


def _codes(campaign: Campaign, granularity: str) -> list[str]:
    labels = Label.objects.filter(label_set=campaign.label_set_id)
    return [label.code for label in labels if not label.granularities or granularity in label.granularities]


def _failed(code: str) -> ApiError:
    text, _hint = ENDPOINT_TEXTS[code]
    return ApiError(code, text, _("Use the magic wand; the admin sees what is wrong."), status_code=status.HTTP_424_FAILED_DEPENDENCY)
