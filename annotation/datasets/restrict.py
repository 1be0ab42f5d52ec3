"""A case cut down to the images of a dataset, with the membership written on it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from annotation.schema.facts import AnnotationFacts, CaseFacts, DatasetFacts, ReportFacts

__all__ = ["restricted_case"]


def restricted_case(case: CaseFacts, reads: Mapping[str, Collection[str]], membership: DatasetFacts) -> CaseFacts | None:
    """Return a case with nothing but some images and some of their reads; None when none of its images is asked for.

    Args:
        case: the case; its streams are read from it, once.
        reads: id of each image that stays -> the ids of its reads that stay.
        membership: in which version and split all of that is.
    """
    images = tuple(image for image in case.images if image.id in reads)
    if not images:
        return None
    kept = frozenset(read for image in images for read in reads[image.id])
    return replace(
        case,
        images=images,
        reads=tuple(read for read in case.reads if read.id in kept),
        annotations=(row for row in case.annotations if row.read.id in kept),
        decisions=(row for row in case.decisions if row.read_id in kept),
        datasets=(membership,),
        findings=tuple(_restricted_findings(case.findings, frozenset(reads), kept)),
        reports=tuple(_restricted_report(report, frozenset(reads), kept) for report in case.reports if set(report.image_ids) & set(reads)),
    )


def _restricted_findings(findings: Iterable[AnnotationFacts], images: Collection[str], reads: Collection[str]) -> Iterator[AnnotationFacts]:
    """Yield the findings of the examination that some reads state and that an image which stays shows."""
    for finding in findings:
        cites = tuple(one for one in finding.cites if one.image_id in images)
        if finding.read.id in reads and cites:
            yield replace(finding, cites=cites)


def _restricted_report(report: ReportFacts, images: Collection[str], reads: Collection[str]) -> ReportFacts:
    """Return a report with what is said of it in some reads."""
    return replace(
        report,
        image_ids=tuple(image_id for image_id in report.image_ids if image_id in images),
        terms=tuple(term for term in report.terms if term.read_id in reads),
        diagnoses=tuple(said for said in report.diagnoses if said.read_id in reads),
    )
