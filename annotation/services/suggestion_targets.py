"""What a campaign can take from a model: granularity, label codes, and the words the model uses for them."""

from dataclasses import dataclass
from typing import Final

from annotation.models import Campaign, Label, ModelEndpoint
from annotation.services.endpoint_parameters import EndpointParameters
from annotation.services.suggestion_errors import endpoint_refusal
from annotation.suggestions.proposals import TASKS, Task

GRANULARITIES: Final[dict[Task, tuple[str, ...]]] = {
    "segment": ("cell", "region", "tissue"),
    "detect": ("box", "point"),
    "classify": ("diagnosis", "presence"),
}


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked of the model on behalf of a campaign.

    Attributes:
        task: Which tensors are expected.
        granularity: Granularity of the suggestions.
        codes: Label codes that suggestions may bear.
        words: The same labels in the model's words, in the label set's order.
        head: Name of the trainable head.
    """

    task: Task
    granularity: str
    codes: frozenset[str]
    words: list[str]
    head: str


def target_of(campaign: Campaign, endpoint: ModelEndpoint, parameters: EndpointParameters) -> Target:
    """Return what the campaign can take from this endpoint.

    Raises:
        ApiError: ``nothing_to_ask`` if no granularity or no label of the campaign suits the model.
    """
    task: Task = next(task for task in TASKS if task == endpoint.task)
    wanted = (parameters.granularity,) if parameters.granularity else GRANULARITIES[task]
    granularity = next((name for name in wanted if name in GRANULARITIES[task] and _is_asked(campaign, name)), None)
    if granularity is None:
        raise endpoint_refusal("nothing_to_ask", pointer="/parameters/granularity")
    codes = _codes(campaign, granularity)
    if endpoint.label_map:
        # Several words may mean one label; only the first is taught.
        words = {code: word for word, code in reversed(endpoint.label_map.items()) if code in codes}
    else:
        words = {code: code for code in codes}
    if not words:
        raise endpoint_refusal("nothing_to_ask", pointer="/label_map")
    ordered = [words[code] for code in codes if code in words]
    return Target(task, granularity, frozenset(codes), ordered, parameters.head or campaign.code)


def _is_asked(campaign: Campaign, granularity: str) -> bool:
    return granularity in campaign.granularities


def _codes(campaign: Campaign, granularity: str) -> list[str]:
    """Return the codes that a mark of this granularity may bear, in the label set's order."""
    roles = campaign.diagnosis.get("label_roles", []) if granularity in GRANULARITIES["classify"] else []
    labels = Label.objects.filter(label_set=campaign.label_set)
    fits = [label for label in labels if not label.granularities or granularity in label.granularities]
    return [label.code for label in fits if not roles or label.role in roles]
