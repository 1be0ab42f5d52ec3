"""Teaches a trainable endpoint with what readers have submitted, and asks it again about what is still unread."""

from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet
from django.utils import timezone

from annotation.models import Annotation, Campaign, ModelEndpoint, Read
from annotation.services.endpoint_parameters import parse_parameters
from annotation.services.endpoints import client_of, note_failure, note_success
from annotation.services.suggestion_pixels import encode_thumbnail, source_of
from annotation.services.suggestion_targets import Target, target_of
from annotation.services.suggestions import request_runs
from annotation.suggestions.client import TRAINING_EXTENSION
from annotation.suggestions.errors import EndpointError
from annotation.suggestions.tensors import texts_input
from viewer.models import Image
from viewer.readers.errors import ReaderError
from viewer.tiles.pool import PixelPool, default_pool

MAX_EXAMPLES: Final = 1000
MAX_EXAMPLES_CHARS: Final = 16 << 20


@dataclass(frozen=True, slots=True)
class Training:
    """What came of teaching: the new version, and from how many submitted diagnoses."""

    version: str
    examples: int


def count_examples(*, campaign: Campaign) -> int:
    """Return how many submitted diagnoses there are to learn from."""
    return min(MAX_EXAMPLES, _diagnoses(campaign).count())


def campaigns_that_learn() -> list[Campaign]:
    """Return the open campaigns whose endpoint is a classifier that is to be taught as reads come in."""
    endpoints = ModelEndpoint.objects.filter(enabled=True, task=ModelEndpoint.Task.CLASSIFY).exclude(blocked_until__gt=timezone.now())
    rows = Campaign.objects.filter(state=Campaign.State.OPEN, endpoint__in=endpoints).select_related("endpoint", "label_set")
    return [row for row in rows if row.endpoint and row.endpoint.parameters.get("train_every")]


def train_if_due(*, campaign: Campaign, pool: PixelPool | None = None) -> Training | None:
    """Teach the endpoint if enough reads were submitted since it was taught last; then ask it about the unread images.

    How much it has learnt is asked of the endpoint itself, so that one that forgot is taught again. Failures are noted on
    the endpoint; None is returned for them and when nothing is due.
    """
    endpoint = campaign.endpoint
    if endpoint is None:
        return None
    parameters = parse_parameters(endpoint.parameters)
    target = target_of(campaign, endpoint, parameters)
    try:
        known = client_of(endpoint).head(endpoint.model_name, target.head).examples
    except EndpointError as error:
        note_failure(endpoint=endpoint, code=error.code)
        return None
    if not parameters.train_every or count_examples(campaign=campaign) < known + parameters.train_every:
        return None
    training = train_from_campaign(campaign=campaign, pool=pool)
    if training is not None:
        unread = Image.objects.filter(campaign_images__campaign=campaign).exclude(
            reads__in=Read.objects.filter(campaign=campaign, state=Read.State.SUBMITTED)
        )
        request_runs(campaign=campaign, user=None, images=list(unread))
    return training


def train_from_campaign(*, campaign: Campaign, pool: PixelPool | None = None) -> Training | None:
    """Teach the campaign's endpoint with the submitted diagnoses, the newest first, all anew.

    Returns:
        The new version; None if there are not two labels to tell apart, if the endpoint cannot be taught, or if it fails.
    """
    endpoint = campaign.endpoint
    if endpoint is None:
        return None
    target = target_of(campaign, endpoint, parse_parameters(endpoint.parameters))
    pictures, words = _examples(campaign, endpoint, target, pool or default_pool())
    if len(set(words)) < 2:
        return None
    try:
        client = client_of(endpoint)
        if TRAINING_EXTENSION not in client.extensions():
            return None
        inputs = [texts_input("image", pictures), texts_input("labels", words)]
        answer = client.train(endpoint.model_name, inputs, {"head": target.head})
    except EndpointError as error:
        note_failure(endpoint=endpoint, code=error.code)
        return None
    note_success(endpoint=endpoint, version=answer.model_version)
    return Training(answer.model_version, len(words))


def _diagnoses(campaign: Campaign) -> QuerySet[Annotation]:
    """Return the diagnoses of whole images in submitted reads, the newest first."""
    whole_image = Annotation.objects.filter(deleted=False, geometry_kind="", granularity__in=("diagnosis", "presence"))
    submitted = whole_image.filter(read__campaign=campaign, read__state=Read.State.SUBMITTED)
    return submitted.order_by("-read__submitted_at", "pk")


def _examples(campaign: Campaign, endpoint: ModelEndpoint, target: Target, pool: PixelPool) -> tuple[list[str], list[str]]:
    """Return thumbnails in base64 and the model's word for each; images that cannot be read are left out."""
    by_code = {endpoint.label_map.get(word, word): word for word in reversed(target.words)}
    pictures: list[str] = []
    words: list[str] = []
    thumbnails: dict[object, str] = {}
    size = 0
    for mark in _diagnoses(campaign).select_related("read__image")[:MAX_EXAMPLES]:
        word = by_code.get(mark.labels[0]) if mark.labels else None
        image = mark.read.image
        if word is None:
            continue
        try:
            thumbnails[image.pk] = thumbnails.get(image.pk) or encode_thumbnail(source=source_of(image), pool=pool)
        except ReaderError:
            continue
        size += len(thumbnails[image.pk])
        if size > MAX_EXAMPLES_CHARS:
            break
        pictures.append(thumbnails[image.pk])
        words.append(word)
    return pictures, words
