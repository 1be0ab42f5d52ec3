"""FHIR R4: one Bundle a case with an Observation for each mark and diagnosis, after the manner of JP Core's, without its claim."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Final

from annotation.exporters.base import Entry, ExportSession, LossReport
from annotation.exporters.details import member_of
from annotation.exporters.fields import Field, Held
from annotation.exporters.pieces import Piece, entry_of
from annotation.exporters.streams import by_image
from annotation.schema.canonical import canonical_json
from annotation.schema.facts import AnnotationFacts, CampaignFacts, CaseFacts, DicomFacts, ImageFacts
from annotation.schema.instants import instant
from annotation.schema.labels import LabelValue
from annotation.schema.spool import Spool

__all__ = ["FhirExporter"]

EXTENSION: Final = "urn:mitate:fhir:annotation"
COMPONENT: Final = "urn:mitate:component"
CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
DCM: Final = "http://dicom.nema.org/resources/ontology/DCM"
GENDERS: Final = {"M": "male", "F": "female", "O": "other"}
_SPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:mitate:fhir")


class FhirExporter:
    """Labels, certainty, basis and text where FHIR has a place for them; the whole mark as JSON in one extension."""

    name: ClassVar[str] = "fhir"
    media_type: ClassVar[str] = "application/fhir+json"
    holds: ClassVar[Mapping[Field, Held]] = dict.fromkeys(Field, Held.YES) | {
        Field.REPORTS: Held.NO,
        Field.FINDINGS: Held.NO,
        Field.CELLS: Held.NO,
    }

    def begin(self, campaign: CampaignFacts, required: frozenset[Field] = frozenset()) -> ExportSession:
        """Start a run."""
        return _Session(campaign, required)


class _Session:
    def __init__(self, campaign: CampaignFacts, required: frozenset[Field]) -> None:
        self._campaign = campaign
        self.losses = LossReport(FhirExporter.name, FhirExporter.holds, required)
        self.losses.note(
            "extension", f"R4 has no place for shapes: the mark as the document writes it is the text of the extension {EXTENSION}."
        )
        self.losses.note("no_profile", "No profile is claimed; the receiver decides whether the Observations do for JP Core.")

    def entries(self, cases: Iterable[CaseFacts]) -> Iterator[Entry]:
        for case in cases:
            with Spool() as spool:
                patient = _urn("Patient", self._campaign.id, case.name)
                _append(spool, patient, _patient(case))
                for image, rows in by_image(case):
                    picture = _urn("Image", image.id)
                    _append(spool, picture, _picture(image, patient))
                    for row in rows:
                        _append(spool, f"urn:uuid:{row.id}", self._observation(row, patient, picture))
                bundle = {
                    "resourceType": "Bundle",
                    "id": _urn("Bundle", self._campaign.id, case.name).removeprefix("urn:uuid:"),
                    "type": "collection",
                }
                pieces: list[Piece] = [canonical_json(bundle)[:-1] + b',"entry":[', spool, b"]}"]
                yield entry_of(f"bundles/{case.name}.json", pieces)

    def _observation(self, row: AnnotationFacts, patient: str, picture: str) -> dict[str, Any]:
        labels = [self._campaign.labels[code] for code in row.labels]
        member = member_of(row, self._campaign) | {"labels": list(row.labels)}
        found: dict[str, Any] = {
            "resourceType": "Observation",
            "id": row.id,
            "extension": [{"url": EXTENSION, "valueString": canonical_json(member).decode()}],
            "status": "final" if row.read.submitted_at is not None else "preliminary",
            "category": [_concept(CATEGORY, "imaging")],
            "code": _concept("urn:mitate:granularity", row.granularity),
            "subject": {"reference": patient},
            "effectiveDateTime": instant(row.created_at),
            "issued": instant(row.updated_at),
            "performer": [{"type": "Practitioner", "identifier": {"system": "urn:mitate:agent", "value": row.read.reader}}],
            "derivedFrom": [{"reference": picture}],
        }
        if labels:
            found["valueCodeableConcept"] = _label(labels[0])
        if row.text:
            found["note"] = [{"text": row.text}]
        components = [
            {"code": _concept("urn:mitate:label-role", label.role), "valueCodeableConcept": _label(label)} for label in labels[1:]
        ]
        components += _components(row)
        return found | ({"component": components} if components else {})


def _components(row: AnnotationFacts) -> list[dict[str, Any]]:
    """Return certainty, each basis, and the model behind the mark."""
    parts: list[dict[str, Any]] = []
    if row.certainty:
        parts.append(_component(COMPONENT, "certainty", _concept("urn:mitate:certainty", row.certainty)))
    for basis in row.basis:
        value = _concept("urn:mitate:basis-method", str(basis["method"])) | {"text": str(basis["status"])}
        parts.append(_component(COMPONENT, "basis", value))
    if row.suggestion is not None:
        model = row.suggestion.model
        parts.append({"code": _concept(COMPONENT, "suggested-by"), "valueString": f"{model.name} {model.version}"})
    return parts


def _component(system: str, code: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"code": _concept(system, code), "valueCodeableConcept": value}


def _patient(case: CaseFacts) -> dict[str, Any]:
    subject = case.subject
    identifier = {"system": f"urn:mitate:pseudonym:{subject.scheme}", "value": subject.value}
    patient: dict[str, Any] = {"resourceType": "Patient", "identifier": [identifier]}
    return patient | ({"gender": GENDERS[subject.sex]} if subject.sex in GENDERS else {})


def _picture(image: ImageFacts, patient: str) -> dict[str, Any]:
    """Return the image as an ImagingStudy where DICOM knows it, as a Media elsewhere."""
    if image.dicom is not None:
        return _study(image, image.dicom, patient)
    return {
        "resourceType": "Media",
        "identifier": [{"system": "urn:mitate:image", "value": image.id}, {"system": "urn:mitate:sha256", "value": image.digest}],
        "status": "completed",
        "modality": _concept(DCM, image.modality),
        "subject": {"reference": patient},
        "height": image.height_px,
        "width": image.width_px,
        "frames": image.frame_count,
        "content": {"title": image.id},
    }


def _study(image: ImageFacts, dicom: DicomFacts, patient: str) -> dict[str, Any]:
    instances = [
        {"uid": uid, "sopClass": {"system": "urn:ietf:rfc:3986", "code": f"urn:oid:{sop_class}"}, "number": place}
        for place, (sop_class, uid, _) in enumerate(dicom.instances, 1)
    ]
    return {
        "resourceType": "ImagingStudy",
        "identifier": [
            {"system": "urn:dicom:uid", "value": f"urn:oid:{dicom.study_uid}"},
            {"system": "urn:mitate:image", "value": image.id},
            {"system": "urn:mitate:sha256", "value": image.digest},
        ],
        "status": "available",
        "subject": {"reference": patient},
        "series": [{"uid": dicom.series_uid, "modality": {"system": DCM, "code": image.modality}, "instance": instances}],
    }


def _label(label: LabelValue) -> dict[str, Any]:
    """Return a label with its codes; the display of a code is English, the text Japanese, as JP Core's examples have it."""
    codings = []
    for coding in label.codings:
        words = coding.display.get("en") or coding.display.get("ja")
        member = {"system": coding.system, "code": coding.code, "version": coding.version, "display": words}
        codings.append({key: value for key, value in member.items() if value})
    concept: dict[str, Any] = {"text": label.display.get("ja") or label.display.get("en") or label.code}
    return concept | ({"coding": codings} if codings else {})


def _concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def _urn(*parts: str) -> str:
    return f"urn:uuid:{uuid.uuid5(_SPACE, '/'.join(parts))}"


def _append(spool: Spool, address: str, resource: dict[str, Any]) -> None:
    spool.write((b"," if spool.size else b"") + canonical_json({"fullUrl": address, "resource": resource}))
