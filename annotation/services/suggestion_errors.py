"""What an admin is told about endpoints and suggestion runs: a sentence and a next step for every code."""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from rest_framework import status

from viewer.api.errors import ApiError

ENDPOINT_TEXTS: Final[dict[str, tuple[Any, Any]]] = {
    "ok": (_("The endpoint answers."), ""),
    "endpoint_bad_answer": (
        _("The endpoint answers something that cannot be used."),
        _("Check that it speaks the Open Inference Protocol V2 and offers the tensors that the task needs."),
    ),
    "endpoint_bad_url": (_("The address is not usable."), _("Write http:// or https://, the host, and the port if there is one.")),
    "endpoint_blocked": (
        _("The endpoint failed several times and is left alone for a while."),
        _("Repair it and check it again; runs that wait go on by themselves."),
    ),
    "endpoint_disabled": (_("The endpoint is switched off."), _("Switch it on, then request suggestions again.")),
    "endpoint_invalid": (
        _("A value of the endpoint's description is not usable."),
        _("Register the endpoint again; the place of the value is named."),
    ),
    "endpoint_not_allowed": (
        _("This site may not speak to that address."),
        _("Ask the site's administrator to add the host and port to MITATE_MODEL_HOSTS."),
    ),
    "endpoint_not_ready": (_("The endpoint or its model is not ready."), _("Wait until the model is loaded and check again.")),
    "endpoint_not_yours": (_("You may not use the campaign's model endpoint."), _("Ask the admin of the society that registered it.")),
    "endpoint_redirect": (_("The endpoint sends us somewhere else; that is not followed."), _("Register the final address.")),
    "endpoint_refused": (_("The endpoint refuses the request."), _("Check the model's name and what it expects.")),
    "endpoint_timeout": (_("The endpoint does not answer in time."), _("Check its load; 2 s to connect and 30 s in all are allowed.")),
    "endpoint_too_large": (_("The answer is too large."), _("Send smaller pictures, or let the model answer less; 8 MiB are allowed.")),
    "endpoint_unreachable": (
        _("Nothing answers at this address."),
        _("Check that the model server runs and that the network lets us through."),
    ),
    "run_interrupted": (
        _("The run was interrupted three times and is given up."),
        _("Look for a crash of the worker in the site's log, then request suggestions again."),
    ),
    "image_not_readable": (
        _("The pixels of the image cannot be read."),
        _("Open the image in the viewer; if it fails there too, add it again."),
    ),
    "too_many_cell_layers": (_("This image has 20 cell layers already."), _("Throw one away that is not used any more.")),
    "nothing_to_ask": (_("The campaign has no label that this model could suggest."), _("Check the label map of the endpoint.")),
}


PROMPT_TEXTS: Final[dict[str, tuple[int, Any, Any]]] = {
    "prompt_invalid": (
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("The model cannot be asked about this place."),
        _("Point at a place within the image, with a label that is drawn as an outline."),
    ),
    "prompts_busy": (
        status.HTTP_429_TOO_MANY_REQUESTS,
        _("The model is still at work for others."),
        _("Point at it once more in a moment, or use the magic wand."),
    ),
    "prompts_not_offered": (
        status.HTTP_409_CONFLICT,
        _("The campaign's model does not outline what one points at."),
        _("Use the magic wand, or ask the campaign's admin for a model that takes prompts."),
    ),
}


def say(code: str) -> tuple[str, str]:
    """Return the sentence and the next step for a state or error code, in the language of the request."""
    text, hint = ENDPOINT_TEXTS.get(code, ENDPOINT_TEXTS["image_not_readable"]) if code else ("", "")
    return str(text), str(hint)


def endpoint_refusal(code: str, *, pointer: str = "") -> ApiError:
    """Return the refusal of a request because of an endpoint."""
    text, hint = ENDPOINT_TEXTS[code]
    status_code = status.HTTP_403_FORBIDDEN if code == "endpoint_not_yours" else None
    return ApiError(code, text, hint, pointer=pointer, status_code=status_code)


def registration_forbidden() -> ApiError:
    """Return the refusal of someone who may not register an endpoint for this society."""
    return ApiError(
        "registration_forbidden",
        _("You may not register model endpoints here."),
        _("Ask your society's admin."),
        status_code=status.HTTP_403_FORBIDDEN,
    )


def endpoint_invalid(pointer: str, hint: Any) -> ApiError:
    """Return the refusal of a value of an endpoint's description."""
    return ApiError("endpoint_invalid", ENDPOINT_TEXTS["endpoint_invalid"][0], hint, pointer=pointer)


def campaign_without_endpoint() -> ApiError:
    """Return the refusal of a run in a campaign that has no model."""
    return ApiError(
        "campaign_without_endpoint",
        _("The campaign has no model endpoint."),
        _("Choose an endpoint for the campaign first."),
        status_code=status.HTTP_409_CONFLICT,
    )


def region_invalid() -> ApiError:
    """Return the refusal of a region that is none of the image."""
    return ApiError(
        "region_invalid",
        _("The region does not lie inside the image."),
        _("Give x, y, width and height in level-0 pixels, and the frame, 0-based."),
        pointer="/region",
    )


def prompt_refusal(code: str, pointer: str = "") -> ApiError:
    """Return the refusal of a place that a reader pointed at."""
    status_code, text, hint = PROMPT_TEXTS[code]
    return ApiError(code, text, hint, pointer=pointer, status_code=status_code)


def image_not_in_campaign() -> ApiError:
    """Return the refusal of an image that the campaign does not ask for."""
    return ApiError("image_not_in_campaign", _("The image is not part of the campaign."), _("Add it to the campaign first."))


def suggestion_of_another_read() -> ApiError:
    """Return the refusal of a suggestion that is not about the image of this read."""
    return ApiError("unknown_suggestion", _("There is no such suggestion for this image."), _("Load the suggestions again."))
