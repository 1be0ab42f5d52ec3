"""The entries of a document: one annotation, one decision, and the book of people and models that they name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from annotation.schema.canonical import canonical_json
from annotation.schema.facts import (
    AnnotationFacts,
    AppliedMapFacts,
    CampaignFacts,
    CitationFacts,
    ConfirmationFacts,
    DecisionFacts,
    ImportedFacts,
    ModelFacts,
    SuggestionFacts,
)
from annotation.schema.instants import instant
from annotation.schema.problems import DocumentError, Problem
from annotation.schema.shapes import Shape
from annotation.schema.tracks import Track

__all__ = [
    "CELL_KEY",
    "CENTRE_KEY",
    "IMPORTED_KEY",
    "LABEL_MAP_KEY",
    "AgentBook",
    "annotation_member",
    "confirmation_member",
    "decision_member",
    "labels_member",
    "language_of",
]

CELL_KEY: Final = "org.mitate.cell"
CENTRE_KEY: Final = "org.mitate.centre"
IMPORTED_KEY: Final = "org.mitate.imported"
LABEL_MAP_KEY: Final = "org.mitate.label-map"
DISPOSITIONS: Final = {
    "accept": "accepted",
    "edit": "edited",
    "relabel": "relabelled",
    "reject": "rejected",
    "ignore": "ignored",
    "": "pending",
}
_SOFTWARE: Final = {"id": "mitate", "type": "software", "name": "Mitate"}
_JAPANESE: Final = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uff66-\uff9d]")


class AgentBook:
    """Collects the people and models that a document names, each once, in the order of their ids."""

    def __init__(self, society: str) -> None:
        self._society = society
        self._members: dict[str, dict[str, Any]] = {}
        self.types: dict[str, str] = {}
        """agent id -> person, model or software; grows while annotations are written."""
        self._add(dict(_SOFTWARE))

    def person(self, pseudonym: str) -> str:
        """Enter a reader and return the agent id, which is the pseudonym."""
        if self._members.get(pseudonym, {}).get("role") in (None, "curator"):
            entry = {"id": pseudonym, "type": "person", "role": "reader", "pseudonym": pseudonym, "society": self._society}
            self._add(entry)
        return pseudonym

    def officer(self, pseudonym: str) -> str:
        """Enter who answers for what is given away and return the agent id; a reader who does so stays a reader."""
        if pseudonym not in self._members:
            entry = {"id": pseudonym, "type": "person", "role": "privacy-officer", "pseudonym": pseudonym, "society": self._society}
            self._add(entry)
        return pseudonym

    def curator(self, pseudonym: str) -> str:
        """Enter who entered a result for a reader and return the agent id; a reader who does so stays a reader."""
        if pseudonym not in self._members:
            entry = {"id": pseudonym, "type": "person", "role": "curator", "pseudonym": pseudonym, "society": self._society}
            self._add(entry)
        return pseudonym

    def model(self, model: ModelFacts) -> str:
        """Enter a model and return its agent id."""
        if model.id not in self._members:
            self._add({"id": model.id, "type": "model", "name": model.name, "version": model.version})
        return model.id

    def members(self) -> list[dict[str, Any]]:
        """Return the entries of the document."""
        return [self._members[key] for key in sorted(self._members)]

    def _add(self, entry: dict[str, Any]) -> None:
        self._members[entry["id"]] = entry
        self.types[entry["id"]] = entry["type"]


def annotation_member(row: AnnotationFacts, campaign: CampaignFacts, agents: AgentBook) -> dict[str, Any]:
    """Return the entry of an annotation. Raises DocumentError `unknown_label` or `unknown_form`."""
    author = agents.person(row.read.reader)
    member: dict[str, Any] = {
        "id": row.id,
        "revision": row.revision,
        "target": _target(row),
        "granularity": row.granularity,
        "labels": labels_member(row.labels, campaign),
        "createdBy": author,
        "createdAt": instant(row.created_at),
        "updatedAt": instant(row.updated_at),
        "review": _review(row, author),
    }
    if campaign.tier != "third-party":
        member["effort"] = {"activeSeconds": row.active_seconds}
    if row.shape is not None:
        member["geometry"] = row.shape.to_document()
    if extensions := _extensions(row, campaign, agents):
        member["extensions"] = extensions
    if row.cites:
        member["cites"] = [_citation(one) for one in row.cites]
    member |= _statements(row, campaign)
    if row.confirmations:
        member["confirmations"] = [confirmation_member(entry, campaign, agents) for entry in row.confirmations]
    if row.suggestion is not None:
        member["suggestion"] = _suggestion(row.suggestion, campaign, agents)
    return member


def _statements(row: AnnotationFacts, campaign: CampaignFacts) -> dict[str, Any]:
    """Return what the reader said besides shape and labels. Raises DocumentError `unknown_form`."""
    member: dict[str, Any] = {}
    if row.text:
        member["text"] = {language_of(row.text): row.text}
    if row.form_data is not None:
        if campaign.form is None:
            raise DocumentError([Problem("unknown_form", "/form", row.id)])
        member["form"] = {"formId": campaign.form.id, "version": campaign.form.version, "data": dict(row.form_data)}
    if row.certainty:
        member["confidence"] = {"category": row.certainty}
    if row.basis:
        member["basis"] = [dict(entry) for entry in row.basis]
    return member


def decision_member(row: DecisionFacts, campaign: CampaignFacts, agents: AgentBook) -> dict[str, Any]:
    """Return the entry of a decision; the proposal itself is repeated where no annotation carries it any more."""
    suggestion = row.suggestion
    member: dict[str, Any] = {
        "suggestionId": suggestion.id,
        "runId": suggestion.run_id,
        "modelId": agents.model(suggestion.model),
        "readId": row.read_id,
        "imageId": row.image_id,
        "granularity": row.granularity,
        "verdict": row.verdict,
        "by": agents.person(row.by),
        "at": instant(row.at),
    }
    optional: dict[str, Any] = {
        "frame": row.frame,
        "shownAt": instant(row.shown_at) if row.shown_at is not None else None,
        "reason": row.reason or None,
        "annotationId": row.annotation_id or None,
        "score": suggestion.score,
        "original": None if row.kept else _original(suggestion, campaign),
    }
    return member | {key: value for key, value in optional.items() if value is not None}


def language_of(text: str) -> str:
    """Return the language tag of a free text: `ja` when it holds Japanese writing, `und` (undetermined) otherwise."""
    return "ja" if _JAPANESE.search(text) else "und"


def _citation(cited: CitationFacts) -> dict[str, Any]:
    place = {} if cited.frame is None else {"frame": cited.frame}
    return {"imageId": cited.image_id, **place} | ({"annotationId": cited.annotation_id} if cited.annotation_id else {})


def _target(row: AnnotationFacts) -> dict[str, Any]:
    if row.cites:
        return {"scope": "case", "imageId": row.image_id}
    if isinstance(row.shape, Track):
        # A track is of many frames and, on a stack of files, of many objects: the range says where to look.
        return {"scope": "track", "imageId": row.image_id, "frameRange": [row.shape.first_frame, row.last_frame]}
    scope = "region" if row.shape is not None else "image" if row.frame is None else "frame"
    target: dict[str, Any] = {"scope": scope, "imageId": row.image_id}
    if row.frame is not None:
        target["frame"] = row.frame
    if row.frame_s is not None:
        target["frameSeconds"] = row.frame_s
    if row.sop_instance_uid:
        target["sopInstanceUID"] = row.sop_instance_uid
    return target


def labels_member(codes: Iterable[str], campaign: CampaignFacts) -> list[dict[str, Any]]:
    """Return labels as documents write them. Raises DocumentError `unknown_label`."""
    labels: list[dict[str, Any]] = []
    for index, code in enumerate(codes):
        label = campaign.labels.get(code)
        if label is None:
            raise DocumentError([Problem("unknown_label", f"/labels/{index}", code)])
        member = label.to_document()
        if campaign.tier not in {"facility", "society"}:
            member.pop("text", None)  # the coding says it; a text of its own could say anything
        labels.append(member)
    return labels


def _review(row: AnnotationFacts, author: str) -> dict[str, Any]:
    if row.read.submitted_at is None:
        return {"state": "draft"}
    return {"state": "submitted", "events": [{"state": "submitted", "by": author, "at": instant(row.read.submitted_at)}]}


def confirmation_member(entry: ConfirmationFacts, campaign: CampaignFacts, agents: AgentBook) -> dict[str, Any]:
    """Return the entry of a late confirmation. Raises DocumentError `unknown_label`."""
    member: dict[str, Any] = {
        "at": instant(entry.at),
        "by": agents.curator(entry.by),
        "awaited": entry.awaited,
        "method": entry.method,
        "status": entry.status,
        "before": {"labels": labels_member(entry.labels_before, campaign), "basis": [dict(one) for one in entry.basis_before]},
    }
    optional: dict[str, Any] = {
        "knownOn": entry.known_on.isoformat() if entry.known_on is not None else None,
        "dueOn": entry.due_on.isoformat() if entry.due_on is not None else None,
        "note": {language_of(entry.note): entry.note} if entry.note else None,
    }
    return member | {key: value for key, value in optional.items() if value is not None}


def _centre(shape: Shape) -> dict[str, Any]:
    """Return the centre in level-0 pixels, also as the one text that other registries keep."""
    x_px, y_px = shape.centre
    return {"x": x_px, "y": y_px, "text": f"{canonical_json(x_px).decode()},{canonical_json(y_px).decode()}"}


def _extensions(row: AnnotationFacts, campaign: CampaignFacts, agents: AgentBook) -> dict[str, Any]:
    members: dict[str, Any] = {}
    if row.granularity in {"point", "box"} and isinstance(row.shape, Shape):
        members[CENTRE_KEY] = _centre(row.shape)
    if row.imported is not None:
        members[IMPORTED_KEY] = _imported(row.imported)
    if row.cell is not None:
        run = {"runId": row.cell.run_id} if row.cell.run_id else {}
        members[CELL_KEY] = {"modelId": agents.model(row.cell.model), "layerId": row.cell.layer_id, "cell": row.cell.number} | run
    if campaign.label_map is not None and row.original_labels:
        members[LABEL_MAP_KEY] = {"originalLabels": _original_labels(row.original_labels, campaign.label_map)}
    return members


def _original_labels(codes: Iterable[str], applied: AppliedMapFacts) -> list[dict[str, Any]]:
    """Return what the reader chose, with every coding, as it would stand in the document without the map."""
    unknown = next((code for code in codes if code not in applied.originals), None)
    if unknown is not None:
        raise DocumentError([Problem("unknown_label", "/labels", unknown)])
    return [applied.originals[code].to_document() for code in codes]


def _imported(imported: ImportedFacts) -> dict[str, str]:
    """Return the format, and the file and the mark's place in it where they may be told; never the file's name."""
    told = {
        "format": imported.format,
        "digest": f"sha256:{imported.digest}" if imported.digest else "",
        "sourceId": imported.source_id,
        "sourceLabel": imported.source_label,
    }
    return {key: value for key, value in told.items() if value}


def _suggestion(suggestion: SuggestionFacts, campaign: CampaignFacts, agents: AgentBook) -> dict[str, Any]:
    member: dict[str, Any] = {
        "suggestionId": suggestion.id,
        "modelId": agents.model(suggestion.model),
        "runId": suggestion.run_id,
        "disposition": DISPOSITIONS[suggestion.verdict],
        "original": _original(suggestion, campaign),
    }
    optional: dict[str, Any] = {
        "score": suggestion.score,
        "uncertainty": suggestion.uncertainty,
        "queryStrategy": suggestion.strategy or None,
        "shownAt": instant(suggestion.shown_at) if suggestion.shown_at is not None else None,
        "decidedAt": instant(suggestion.decided_at) if suggestion.decided_at is not None else None,
        "decidedBy": agents.person(suggestion.decided_by) if suggestion.decided_by else None,
        "rejectReason": suggestion.reason or None,
    }
    return member | {key: value for key, value in optional.items() if value is not None}


def _original(suggestion: SuggestionFacts, campaign: CampaignFacts) -> dict[str, Any]:
    """Return the proposal as the model made it."""
    original: dict[str, Any] = {"labels": labels_member(suggestion.labels, campaign)}
    if suggestion.shape is not None:
        original["geometry"] = suggestion.shape.to_document()
    return original
