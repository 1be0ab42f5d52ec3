"""Take the reports of a case to a disclosed tier: the codes that readers gave stay, the words do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from annotation.disclosure.tiers import Hop, Tier
from annotation.schema.facts import ConfirmationFacts, ReportDiagnosisFacts, ReportFacts, TermFacts

__all__ = ["disclosed_report"]

Move = Callable[[datetime], datetime]


def disclosed_report(
    report: ReportFacts, hop: Hop, move: Move, confirmation: Callable[[ConfirmationFacts], ConfirmationFacts]
) -> ReportFacts:
    """Return a report without its text, its digest, its day, and without where in the text a term stood."""
    terms = sorted((_term(term, hop, move) for term in report.terms), key=_order)
    return replace(
        report,
        id=hop.uuid("report", report.id),
        issued_on="",
        text="",
        digest="",
        image_ids=tuple(sorted(hop.uuid("image", image_id) for image_id in report.image_ids)),
        terms=tuple(terms),
        diagnoses=tuple(_diagnosis(said, hop, move, confirmation) for said in report.diagnoses),
    )


def _term(term: TermFacts, hop: Hop, move: Move) -> TermFacts:
    return replace(term, start=None, end=None, read_id="", by=hop.person(term.by), at=move(term.at))


def _order(term: TermFacts) -> tuple[str, ...]:
    """Return an order that says nothing of the text."""
    code = (term.coding.system, term.coding.code) if term.coding is not None else ("", "")
    return (*term.labels[:1], *code, term.polarity, term.by, term.at.isoformat())


def _diagnosis(
    said: ReportDiagnosisFacts, hop: Hop, move: Move, confirmation: Callable[[ConfirmationFacts], ConfirmationFacts]
) -> ReportDiagnosisFacts:
    known = () if hop.tier is Tier.THIRD_PARTY else tuple(confirmation(entry) for entry in said.confirmations)
    basis = tuple({key: entry[key] for key in ("method", "status") if key in entry} for entry in said.basis)
    return replace(said, read_id="", basis=basis, by=hop.person(said.by), at=move(said.at), confirmations=known)
