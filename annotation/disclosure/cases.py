"""Take a case to a disclosed tier: other names for everything, no dates, no free text.

It works on the facts that every export is made of, so that each format discloses the same. Streams stay streams.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from annotation.disclosure.coded import HELD_BACK, coded_acquisition, coded_value
from annotation.disclosure.reports import disclosed_report
from annotation.disclosure.tiers import DISCLOSED, Hop, Tier
from annotation.schema.facts import (
    AnnotationFacts,
    CampaignFacts,
    CaseFacts,
    CellGroupFacts,
    CellOriginFacts,
    CitationFacts,
    ConfirmationFacts,
    DecisionFacts,
    DicomFacts,
    ImageFacts,
    ImportedFacts,
    ReadFacts,
    SubjectFacts,
    SuggestionFacts,
)
from annotation.schema.order import in_order

__all__ = ["EPOCH", "disclosed_campaign", "disclosed_case", "pseudonym_in", "society_case"]

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST: Final = timedelta(days=29 * 365)
_AGE_STEP_YEARS: Final = 5

Move = Callable[[datetime], datetime]


def disclosed_campaign(campaign: CampaignFacts, hop: Hop, *, pixels_confirmed_by: str) -> CampaignFacts:
    """Return what documents of a release share.

    Args:
        campaign: as the society knows it.
        hop: the release.
        pixels_confirmed_by: pseudonym of who looked at the pixels and found nobody named in them; empty: nobody did.

    Raises:
        ValueError: for a hop that does not leave the society.
    """
    if hop.tier not in DISCLOSED:
        raise ValueError(f"{hop.tier} is no disclosed tier")
    confirmed_by = hop.person(pixels_confirmed_by)
    governance = _governance(campaign.governance, confirmed_by)
    return replace(campaign, id=hop.uuid("campaign", campaign.id), tier=hop.tier.value, confirmed_by=confirmed_by, governance=governance)


def disclosed_case(case: CaseFacts, hop: Hop) -> CaseFacts:
    """Return a case as a release tells it; its streams are read from the case's own, once.

    Annotations stay in the order in which they came: the new ids do not ascend.
    """
    first = min((read.opened_at for read in case.reads), default=case.registered_at)

    def move(moment: datetime) -> datetime:
        return EPOCH + min(max(moment - first, timedelta(0)), _LONGEST)

    value = pseudonym_in(case.subject, hop)
    reads = {read.id: _read(read, hop, move) for read in case.reads}
    return CaseFacts(
        name=f"subject-{value[:32]}",
        subject=_subject(case.subject, value, hop),
        registered_at=EPOCH,
        images=tuple(_image(image, hop) for image in case.images),
        reads=tuple(reads.values()),
        annotations=_annotations(in_order(case.annotations, case.name), reads, hop, move),
        cells=_cells(case.cells, reads, hop, move),
        proposed_cells=case.proposed_cells,
        decisions=() if hop.tier is Tier.THIRD_PARTY else _decisions(case.decisions, hop, move),
        findings=tuple(_annotations(case.findings, reads, hop, move)),
        reports=tuple(disclosed_report(report, hop, move, lambda one: _confirmation(one, hop, move)) for report in case.reports),
    )


def society_case(case: CaseFacts, hop: Hop) -> CaseFacts:
    """Return a case as it may leave its facility for the society: with a pseudonym of its own, else as it is.

    Raises:
        ValueError: for a hop to another tier.
    """
    if hop.tier is not Tier.SOCIETY:
        raise ValueError(f"{hop.tier} is not the tier of a society")
    value = pseudonym_in(case.subject, hop)
    scheme = case.subject.scheme if case.subject.scheme == "random" else "society-hmac-sha256"
    subject = replace(case.subject, scheme=scheme, value=value, domain=hop.release_id)
    named = case.name.startswith("subject-")
    return replace(case, name=f"subject-{value[:32]}" if named else case.name, subject=subject)


def pseudonym_in(subject: SubjectFacts, hop: Hop) -> str:
    """Return the pseudonym by which the recipient of a release knows a subject."""
    return hop.digest("subject", f"{subject.scheme}\0{subject.value}")


def _subject(subject: SubjectFacts, value: str, hop: Hop) -> SubjectFacts:
    age = subject.age_years
    if age is not None and hop.tier is Tier.THIRD_PARTY:
        age -= age % _AGE_STEP_YEARS
    return SubjectFacts("per-release", value, subject.sex, age, domain=f"release:{hop.release_id}")


def _image(image: ImageFacts, hop: Hop) -> ImageFacts:
    dicom = image.dicom
    if dicom is not None:
        instances = tuple((sop_class, hop.uid(sop), frames) for sop_class, sop, frames in dicom.instances)
        planes = dicom.planes
        if planes is not None:
            planes = planes._replace(frame_of_reference_uid=hop.uid(planes.frame_of_reference_uid))
        dicom = DicomFacts(hop.uid(dicom.study_uid), hop.uid(dicom.series_uid), instances, planes)
    acquisition = coded_acquisition(image.acquisition, device_only=hop.tier is Tier.THIRD_PARTY)
    return replace(image, id=hop.uuid("image", image.id), dicom=dicom, acquisition=acquisition)


def _read(read: ReadFacts, hop: Hop, move: Move) -> ReadFacts:
    return replace(
        read,
        id=hop.uuid("read", read.id),
        image_id=hop.uuid("image", read.image_id),
        reader=hop.person(read.reader),
        opened_at=move(read.opened_at),
        submitted_at=move(read.submitted_at) if read.submitted_at is not None else None,
    )


def _annotations(rows: Iterable[AnnotationFacts], reads: Mapping[str, ReadFacts], hop: Hop, move: Move) -> Iterator[AnnotationFacts]:
    for row in rows:
        yield replace(
            row,
            id=hop.uuid("annotation", row.id),
            image_id=hop.uuid("image", row.image_id),
            read=reads.get(row.read.id) or _read(row.read, hop, move),
            created_at=move(row.created_at),
            updated_at=move(row.updated_at),
            sop_instance_uid=hop.uid(row.sop_instance_uid),
            text="",
            form_data=_form_data(row.form_data),
            basis=tuple(_basis(entry) for entry in row.basis),
            suggestion=_suggestion(row.suggestion, hop, move) if row.suggestion is not None else None,
            imported=ImportedFacts(row.imported.format) if row.imported is not None else None,
            confirmations=() if hop.tier is Tier.THIRD_PARTY else tuple(_confirmation(one, hop, move) for one in row.confirmations),
            cell=_cell(row.cell, hop) if row.cell is not None else None,
            cites=tuple(
                CitationFacts(hop.uuid("image", one.image_id), one.frame, hop.uuid("annotation", one.annotation_id)) for one in row.cites
            ),
        )


def _cell(cell: CellOriginFacts, hop: Hop) -> CellOriginFacts:
    return replace(cell, layer_id=hop.uuid("layer", cell.layer_id), run_id=cell.run_id and hop.uuid("run", cell.run_id))


def _cells(groups: Iterable[CellGroupFacts], reads: Mapping[str, ReadFacts], hop: Hop, move: Move) -> Iterator[CellGroupFacts]:
    for group in groups:
        yield replace(
            group,
            id=hop.uuid("cells", group.id),
            image_id=hop.uuid("image", group.image_id),
            read=reads.get(group.read.id) or _read(group.read, hop, move),
            name=group.name and "class",
            run_id=group.run_id and hop.uuid("run", group.run_id),
            created_at=move(group.created_at),
        )


def _form_data(data: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if data is None:
        return None
    kept = coded_value(data)
    return {} if kept is HELD_BACK else kept


def _basis(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the method and its status; which report said so, and in which words, stays behind."""
    return {key: entry[key] for key in ("method", "status") if key in entry}


def _confirmation(entry: ConfirmationFacts, hop: Hop, move: Move) -> ConfirmationFacts:
    """Return what became known and in which order; the day of the result and the words of the note stay behind."""
    before = tuple(_basis(one) for one in entry.basis_before)
    return replace(entry, at=move(entry.at), by=hop.person(entry.by), known_on=None, due_on=None, note="", basis_before=before)


def _suggestion(suggestion: SuggestionFacts, hop: Hop, move: Move) -> SuggestionFacts:
    return replace(
        suggestion,
        id=hop.uuid("suggestion", suggestion.id),
        run_id=hop.uuid("run", suggestion.run_id),
        decided_by=hop.person(suggestion.decided_by),
        decided_at=move(suggestion.decided_at) if suggestion.decided_at is not None else None,
        shown_at=move(suggestion.shown_at) if suggestion.shown_at is not None else None,
        reason="",
    )


def _decisions(rows: Iterable[DecisionFacts], hop: Hop, move: Move) -> Iterator[DecisionFacts]:
    for row in rows:
        yield replace(
            row,
            suggestion=_suggestion(row.suggestion, hop, move),
            image_id=hop.uuid("image", row.image_id),
            read_id=hop.uuid("read", row.read_id),
            by=hop.person(row.by),
            at=move(row.at),
            shown_at=move(row.shown_at) if row.shown_at is not None else None,
            reason="",
            annotation_id=hop.uuid("annotation", row.annotation_id),
        )


def _governance(governance: Mapping[str, Any], confirmed_by: str) -> dict[str, Any]:
    """Return the governance block without dates, and with who confirmed the pixels."""
    kept = {key: value for key, value in governance.items() if key != "embargoUntil"}
    if "consent" in kept:
        kept["consent"] = {key: value for key, value in kept["consent"].items() if key != "withdrawnAt"}
    if "ethics" in kept:
        kept["ethics"] = [{key: entry[key] for key in ("committee", "approvalNumber")} for entry in kept["ethics"]]
    deidentification = {"methodCodes": [], **kept.get("deidentification", {})}
    deidentification.pop("at", None)
    deidentification.pop("pixelConfirmedBy", None)
    kept["deidentification"] = deidentification | ({"pixelConfirmedBy": confirmed_by} if confirmed_by else {})
    return kept
