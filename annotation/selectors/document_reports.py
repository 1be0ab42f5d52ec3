"""The reports of a case as documents tell them: each text that counts or that somebody marked, with what readers said of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from annotation.models import Annotation, ReportText
from annotation.schema.facts import ConfirmationFacts, ReadFacts, ReportDiagnosisFacts, ReportFacts, TermFacts
from annotation.schema.labels import Coding
from annotation.selectors.document_confirmations import confirmation_facts, put_back
from annotation.services.report_marks import TERM
from viewer.models import Image

__all__ = ["report_facts"]


def report_facts(
    images: Iterable[Image], reads: Mapping[UUID, ReadFacts], *, until: datetime | None, pseudonym: Callable[[int], str]
) -> tuple[ReportFacts, ...]:
    """Return the reports of the studies of some images; four queries, one where there are none.

    A text that was replaced stays where it has terms, under the report's id with its number. Only what was attached and said up
    to a moment counts, and only what some reads say.
    """
    studies: dict[UUID, list[str]] = defaultdict(list)
    for image in images:
        studies[image.series.study_id].append(str(image.pk))
    texts = ReportText.objects.filter(report__study__in=list(studies)).select_related("report").order_by("report__pk", "number")
    rows = list(texts if until is None else texts.filter(created_at__lte=until))
    if not rows:
        return ()
    marks = _marks(reads, until)
    told = confirmation_facts((mark for some in marks.values() for mark in some), until=until, pseudonym=pseudonym)
    last = {row.report_id: row.number for row in rows}
    facts = []
    for row in rows:
        said = marks.get((row.report_id, row.digest), [])
        is_last = last[row.report_id] == row.number
        if said or is_last:
            facts.append(_facts(row, said, reads, told, studies[row.report.study_id], is_last=is_last))
    return tuple(facts)


def _marks(reads: Mapping[UUID, ReadFacts], until: datetime | None) -> dict[tuple[UUID | None, str], list[Annotation]]:
    """Return (report, digest of the text) -> what some reads say of it, in the order of their ids."""
    rows = list(Annotation.objects.filter(read__in=list(reads), deleted=False, report__isnull=False).order_by("pk"))
    if until is not None:
        put_back(rows, until)
    found: dict[tuple[UUID | None, str], list[Annotation]] = defaultdict(list)
    for row in rows:
        found[(row.report_id, _span(row)["digest"])].append(row)
    return found


def _facts(
    row: ReportText,
    said: Iterable[Annotation],
    reads: Mapping[UUID, ReadFacts],
    told: Mapping[UUID, tuple[ConfirmationFacts, ...]],
    image_ids: Iterable[str],
    *,
    is_last: bool,
) -> ReportFacts:
    terms, diagnoses = [], []
    for mark in said:
        span, read = _span(mark), reads[mark.read_id]
        coding = _coding(span["coding"])
        if mark.granularity == TERM:
            terms.append(
                TermFacts(span["start"], span["end"], tuple(mark.labels), coding, span["polarity"], read.reader, mark.created_at, read.id)
            )
        else:
            known = told.get(mark.pk, ())
            diagnoses.append(
                ReportDiagnosisFacts(tuple(mark.labels), coding, tuple(mark.basis), read.reader, mark.created_at, known, read.id)
            )
    return ReportFacts(
        id=str(row.report_id) if is_last else f"{row.report_id}.{row.number}",
        kind=row.report.kind,
        issued_on=row.report.issued_on,
        text=row.text,
        digest=row.digest,
        image_ids=tuple(sorted(image_ids)),
        terms=tuple(sorted(terms, key=lambda term: (term.start or 0, term.end or 0))),
        diagnoses=tuple(diagnoses),
    )


def _span(row: Annotation) -> dict[str, Any]:
    span: dict[str, Any] = row.span or {}
    return {"digest": "", "start": None, "end": None, "polarity": "positive", "coding": None} | span


def _coding(said: dict[str, str] | None) -> Coding | None:
    if said is None:
        return None
    display = said.get("display", "")
    # In which language somebody wrote it is not asked.
    return Coding(said["system"], said["code"], display={"und": display} if display else {})
