"""The entry of a report in a document: its words, the terms that readers marked in them, the diagnosis that it confirms."""

from __future__ import annotations

from typing import Any

from annotation.schema.annotation_member import AgentBook, confirmation_member, labels_member, language_of
from annotation.schema.facts import CampaignFacts, ReportDiagnosisFacts, ReportFacts, TermFacts
from annotation.schema.instants import instant
from annotation.schema.labels import Coding

__all__ = ["report_member"]

_OUTSIDE = frozenset({"platform", "third-party"})


def report_member(report: ReportFacts, campaign: CampaignFacts, agents: AgentBook) -> dict[str, Any]:
    """Return the entry of a report. Raises DocumentError `unknown_label`."""
    member: dict[str, Any] = {"id": report.id, "kind": report.kind}
    if report.issued_on:
        member["issuedAt"] = report.issued_on
    if report.text:
        member |= {"text": {language_of(report.text): report.text}, "digest": f"sha256:{report.digest}"}
    else:
        member["textRedacted"] = True
    if report.image_ids:
        member["imageIds"] = list(report.image_ids)
    if report.terms:
        member["terms"] = [_term(term, campaign, agents) for term in report.terms]
    if report.diagnoses:
        member["confirmedDiagnosis"] = [_diagnosis(said, campaign, agents) for said in report.diagnoses]
    return member


def _term(term: TermFacts, campaign: CampaignFacts, agents: AgentBook) -> dict[str, Any]:
    place = {} if term.start is None else {"start": term.start, "end": term.end}
    member: dict[str, Any] = {
        **place,
        "concept": _concept(term.labels, term.coding, campaign),
        "enteredBy": agents.person(term.by),
        "enteredAt": instant(term.at),
    }
    if term.polarity == "negated":
        member["negated"] = True
    if term.polarity == "suspected":
        member["suspected"] = True
    return member


def _diagnosis(said: ReportDiagnosisFacts, campaign: CampaignFacts, agents: AgentBook) -> dict[str, Any]:
    member: dict[str, Any] = {
        "concept": _concept(said.labels, said.coding, campaign),
        "enteredBy": agents.person(said.by),
        "enteredAt": instant(said.at),
        "basis": [dict(entry) for entry in said.basis],
    }
    if said.confirmations:
        member["confirmations"] = [confirmation_member(entry, campaign, agents) for entry in said.confirmations]
    return member


def _concept(labels: tuple[str, ...], coding: Coding | None, campaign: CampaignFacts) -> dict[str, Any]:
    """Return every code that was given, the label's own first; outside the society codes alone, without any display."""
    codings = [entry for label in labels_member(labels, campaign) for entry in label.get("coding", ())]
    codings += [coding.to_document()] if coding is not None else []
    if campaign.tier in _OUTSIDE:
        codings = [{key: value for key, value in entry.items() if key != "display"} for entry in codings]
    return {"coding": codings}
