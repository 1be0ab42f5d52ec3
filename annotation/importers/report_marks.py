"""What readers said of reports in a document: terms on their words and confirmed diagnoses, for reports with the same words here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from annotation.importers.facts import SourceLabel
from annotation.importers.reading import MAX_LABEL, FileImage, Reading

__all__ = ["label_of", "note_codings", "read_report"]

MAX_CODINGS: Final = 2_000

_OWN: Final = "urn:mitate:label-set:"


def read_report(place: str, report: Mapping[str, Any], images: Mapping[str, FileImage], people: set[str], reading: Reading) -> None:
    """Take what was said of a report, or say why not; the words of reports themselves come in by another way.

    Args:
        place: JSON pointer to the report.
        report: an entry that the schema found good.
        images: the images of the document by their ids in it.
        people: agent ids of persons.
        reading: where marks and refusals go.
    """
    digest = str(report.get("digest", "")).removeprefix("sha256:")
    if not digest:
        # Outside its society a report has neither words nor places.
        return reading.lose("reports")
    named = [images[key] for key in report.get("imageIds", ()) if key in images]
    image = next((one for one in named if one.target is not None and digest in one.target.report_digests), None)
    of_report = {"digest": digest, "kind": report["kind"], "issued_on": report.get("issuedAt", "")}
    for index, term in enumerate(report.get("terms", ())):
        polarity = "negated" if term.get("negated") else "suspected" if term.get("suspected") else "positive"
        span = of_report | {"start": term.get("start"), "end": term.get("end"), "polarity": polarity}
        author = _author(term, people)
        _take(f"{place}/terms/{index}", term["concept"], {"granularity": "term", "span": span, "author": author}, image, reading)
    for index, diagnosis in enumerate(report.get("confirmedDiagnosis", ())):
        where = f"{place}/confirmedDiagnosis/{index}"
        span = of_report | {"start": None, "end": None, "polarity": "positive"}
        basis = [{name: one[name] for name in ("method", "status")} for one in diagnosis["basis"]]
        if diagnosis.get("confirmations"):
            reading.lose("confirmations")
        author = _author(diagnosis, people)
        _take(where, diagnosis["concept"], {"granularity": "report", "span": span, "basis": basis, "author": author}, image, reading)
    return None


def label_of(member: Mapping[str, Any]) -> SourceLabel:
    """Return what a label or a concept of a document is called: by its words and its first code."""
    text = member.get("text", {})
    coding = (member.get("coding") or [{}])[0]
    words = text or coding.get("display", {})
    return SourceLabel(words.get("en") or words.get("ja") or coding.get("code", ""), coding.get("code", ""), coding.get("system", ""))


def note_codings(place: str, member: Mapping[str, Any], reading: Reading) -> None:
    """Gather the codings of a label or a concept, so that it can be told which of them a table here lacks."""
    for number, one in enumerate(member.get("coding", ())):
        if len(reading.codings) < MAX_CODINGS and len(one["code"]) <= MAX_LABEL:
            reading.codings.setdefault((one["system"], one["code"], one.get("version", "")), f"{place}/coding/{number}")


def _author(said: Mapping[str, Any], people: set[str]) -> str:
    author = str(said.get("enteredBy", ""))
    return author if author in people else ""


def _take(place: str, concept: Mapping[str, Any], mark: dict[str, Any], image: FileImage | None, reading: Reading) -> None:
    if image is None:
        return reading.refuse(place, "report_not_here")
    author = mark.pop("author")
    note_codings(f"{place}/concept", concept, reading)
    labels, coding = _concept(concept)
    if coding is not None:
        mark["span"]["coding"] = coding
    if reading.mark(None, place=place, image=image, labels=labels, author=author, said=mark):
        reading.note("on_reports", place)
    return None


def _concept(concept: Mapping[str, Any]) -> tuple[list[SourceLabel], dict[str, str] | None]:
    """Return the labels of a concept and the code that a reader added, which relates to no other one; without either, its words."""
    codings = concept.get("coding", [])
    labels = [label_of({"coding": [one]}) for one in codings if one["system"].startswith(_OWN)]
    free = next((one for one in codings if not one["system"].startswith(_OWN) and "mapping" not in one), None)
    if free is None:
        return labels or [label_of(concept)], None
    display = next(iter(free.get("display", {}).values()), "")
    return labels, {"system": free["system"], "code": free["code"], "display": display}
