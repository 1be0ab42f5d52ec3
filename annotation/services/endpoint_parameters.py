"""The adapter record of an endpoint: how images are cut for its model, and what else the model is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from annotation.models import ModelEndpoint
from annotation.schema.labels import Granularity
from annotation.services.suggestion_errors import endpoint_invalid
from annotation.suggestions.client import Parameter

MAX_CROPS: Final = 64
# A layer of cells is of the whole slide, at the scale that the model wants.
MAX_CROPS_OF_CELLS: Final = 4096
MAX_MODEL_PARAMETERS: Final = 32


@dataclass(frozen=True, slots=True)
class EndpointParameters:
    """What ``ModelEndpoint.parameters`` says, with defaults filled in.

    Attributes:
        mpp: Micrometres a pixel that the model wants; slides are scaled to it, never enlarged.
        max_crops: Most crops of one slide.
        frames: Which frames of a stack are sent: first, middle or both.
        granularity: Granularity of the suggestions; empty: the first of the campaign's that suits the task.
        threshold: Shapes with a lower score are not stored, 0 to 1.
        head: Name of the trainable head; empty: the campaign's code.
        train_every: Teach the model after so many new submitted reads; 0: never.
        prompts: Whether the model outlines what the parameter ``prompt`` points at.
        cells: Whether a run makes a layer of cells of the image instead of suggestions.
        model: Further parameters, passed on as they are.
    """

    mpp: float = 0.5
    max_crops: int = 2
    frames: str = "middle"
    granularity: str = ""
    threshold: float = 0.0
    head: str = ""
    train_every: int = 0
    prompts: bool = False
    cells: bool = False
    model: Mapping[str, Parameter] = field(default_factory=dict)


def parse_parameters(stored: Mapping[str, Any]) -> EndpointParameters:
    """Return the record.

    Raises:
        ApiError: ``endpoint_invalid`` with a pointer to the first value that is not usable.
    """
    known = set(EndpointParameters.__dataclass_fields__)
    unknown = sorted(set(stored) - known)
    if unknown:
        names = ", ".join(sorted(known))
        raise endpoint_invalid(f"/parameters/{unknown[0]}", _("Known parameters: %(names)s.") % {"names": names})
    checks: dict[str, bool] = {
        "mpp": _is_number(stored.get("mpp", 0.5), 0.05, 100),
        "max_crops": _is_whole(stored.get("max_crops", 1), 1, MAX_CROPS_OF_CELLS if stored.get("cells") is True else MAX_CROPS),
        "frames": stored.get("frames", "middle") in ("first", "middle", "both"),
        "granularity": stored.get("granularity", "") in ("", *(str(item) for item in Granularity)),
        "threshold": _is_number(stored.get("threshold", 0.0), 0, 1),
        "head": isinstance(stored.get("head", ""), str) and len(stored.get("head", "")) <= 64,
        "train_every": _is_whole(stored.get("train_every", 0), 0, 10_000),
        "prompts": isinstance(stored.get("prompts", False), bool),
        "cells": isinstance(stored.get("cells", False), bool),
        "model": _are_model_parameters(stored.get("model", {})),
    }
    for name, usable in checks.items():
        if not usable:
            raise endpoint_invalid(f"/parameters/{name}", _("See the guide to model endpoints for what it may be."))
    return EndpointParameters(**stored)


def takes_prompts(endpoint: ModelEndpoint | None) -> bool:
    """Tell whether a model outlines what a reader points at; one that is switched off does not."""
    if endpoint is None or not endpoint.enabled or endpoint.task != ModelEndpoint.Task.SEGMENT:
        return False
    return endpoint.parameters.get("prompts") is True


def _is_number(value: object, low: float, high: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _is_whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _are_model_parameters(value: object) -> bool:
    if not isinstance(value, dict) or len(value) > MAX_MODEL_PARAMETERS:
        return False
    return all(isinstance(item, str | int | float | bool) and len(str(item)) <= 2000 for item in value.values())
