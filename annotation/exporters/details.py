"""What a mark says besides its shape, for formats with a free place: attributes, columns, metadata, user data."""

from __future__ import annotations

from typing import Any, Final

from annotation.exporters.frames import OnFrame
from annotation.schema.annotation_member import AgentBook, annotation_member
from annotation.schema.canonical import canonical_json
from annotation.schema.facts import AnnotationFacts, CampaignFacts
from annotation.schema.instants import instant

__all__ = ["DETAIL_NAMES", "colour_of", "details", "extras", "member_of", "names_of_labels"]

DETAIL_NAMES: Final = (
    "annotation",
    "revision",
    "granularity",
    "labels",
    "reader",
    "state",
    "submitted_at",
    "text",
    "certainty",
    "form",
    "basis",
    "confirmations",
    "suggestion",
    "active_seconds",
    "original_labels",
    "keyframe",
)
"""The names that `details` may return, in their order."""

UNLABELLED: Final = "unlabelled"
UNLABELLED_COLOUR: Final = "#808080"


def member_of(row: AnnotationFacts, campaign: CampaignFacts) -> dict[str, Any]:
    """Return the mark as its document says it, and the agents that it names. Raises DocumentError as `annotation_member`."""
    agents = AgentBook(campaign.society)
    member = annotation_member(row, campaign, agents)
    return member | {"agents": agents.members()}


def extras(row: AnnotationFacts, campaign: CampaignFacts) -> dict[str, Any]:
    """Return text, certainty, form, basis, confirmations, suggestion, effort, labels before a label map as JSON values, no empty ones.

    Raises DocumentError.
    """
    member: dict[str, Any] = {"text": row.text, "certainty": row.certainty, "active_seconds": row.active_seconds}
    if row.form_data is not None or row.basis or row.confirmations or row.suggestion is not None:
        whole = member_of(row, campaign)
        member |= {key: whole[key] for key in ("form", "basis", "confirmations", "suggestion") if key in whole}
    if row.suggestion is not None:
        member["suggestion"] |= {"model": f"{row.suggestion.model.name} {row.suggestion.model.version}"}
    member["original_labels"] = list(row.original_labels)
    return {key: value for key, value in member.items() if value}


def details(mark: OnFrame, campaign: CampaignFacts) -> dict[str, str]:
    """Return everything besides the shape as texts by DETAIL_NAMES, without empty ones; structures as canonical JSON."""
    row = mark.row
    submitted = row.read.submitted_at
    values: dict[str, Any] = {
        "annotation": row.id,
        "revision": str(row.revision),
        "granularity": row.granularity,
        "labels": " ".join(row.labels),
        "reader": row.read.reader,
        "state": row.read.state,
        "submitted_at": instant(submitted) if submitted is not None else "",
        **extras(row, campaign),
        "original_labels": " ".join(row.original_labels),
        "keyframe": {None: "", True: "true", False: "false"}[mark.keyframe],
    }
    return {
        name: values[name] if isinstance(values[name], str) else canonical_json(values[name]).decode()
        for name in DETAIL_NAMES
        if values.get(name)
    }


def names_of_labels(campaign: CampaignFacts) -> dict[str, str]:
    """Return label code -> the English name, made unique by the code where two labels share one; at last the name of no label.

    The key of marks without a label is the empty text.
    """
    names: dict[str, str] = {}
    for code, label in campaign.labels.items():
        name = label.display.get("en") or code
        names[code] = f"{name} ({code})" if name in names.values() or name == UNLABELLED else name
    return names | {"": UNLABELLED}


def colour_of(code: str, campaign: CampaignFacts) -> str:
    """Return the colour of a label as `#rrggbb`; grey for the empty code, which marks without a label have."""
    return campaign.labels[code].colour if code else UNLABELLED_COLOUR
