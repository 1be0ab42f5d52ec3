"""What is sent to a model in one step of a run, and how its answer is read."""

from typing import Any

from annotation.models import SuggestionRun
from annotation.services.endpoint_parameters import EndpointParameters
from annotation.services.suggestion_pixels import sent_mpp_um
from annotation.services.suggestion_targets import Target
from annotation.suggestions.client import Parameter
from annotation.suggestions.crops import Crop
from annotation.suggestions.errors import EndpointError
from annotation.suggestions.proposals import Asked
from annotation.suggestions.tensors import texts_input
from viewer.models import Image

Request = tuple[list[dict[str, Any]], dict[str, Parameter]]


def request_of(
    run: SuggestionRun, target: Target, crop: Crop, parameters: EndpointParameters, picture: str, *, takes_labels: bool
) -> Request:
    """Return input tensors and parameters of one step."""
    inputs = [texts_input("image", [picture])]
    if takes_labels:
        inputs.append(texts_input("labels", target.words))
    said: dict[str, Parameter] = dict(parameters.model)
    if run.image.kind == Image.Kind.SLIDE:
        said["mpp"] = round(sent_mpp_um(image=run.image, crop=crop, parameters=parameters), 6)
    if target.task == "classify":
        said["head"] = target.head
    return inputs, said


def same_version(run: SuggestionRun, said: str) -> str:
    """Return the version of the model that answered.

    Raises:
        EndpointError: ``endpoint_bad_answer`` where it is another one than in an earlier step of the run.
    """
    version = said[:64]
    if run.model_version and version != run.model_version:
        raise EndpointError("endpoint_bad_answer", "the model changed its version in the middle of the run")
    return version


def asked_of(run: SuggestionRun, target: Target, crop: Crop) -> Asked:
    """Return what is needed to place and to believe the answer about a crop."""
    return Asked(
        task=target.task,
        granularity=target.granularity,
        label_map=run.endpoint.label_map,
        codes=target.codes,
        crop=crop,
        width=run.image.width_px,
        height=run.image.height_px,
    )
