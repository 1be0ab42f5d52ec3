"""Turn the facts of one case into its annotation document.

The document is written in canonical JSON while its annotations stream by, so that memory does not grow with their number.
Everything in it follows from the facts: no clock, no random number, no order of arrival. The same facts give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import chain, islice
from typing import Any, Final

from annotation.schema.annotation_member import LABEL_MAP_KEY, AgentBook, annotation_member, decision_member
from annotation.schema.canonical import CanonicalError, canonical_json
from annotation.schema.cell_groups import write_cell_group
from annotation.schema.facts import (
    AnnotationFacts,
    AppliedMapFacts,
    CampaignFacts,
    CaseFacts,
    DatasetFacts,
    ImageFacts,
    ReadFacts,
    SubjectFacts,
)
from annotation.schema.instants import instant
from annotation.schema.order import in_order
from annotation.schema.problems import DocumentError, Problem
from annotation.schema.report_member import report_member
from annotation.schema.spool import Spool
from annotation.schema.validate import FormSchemas, Members, check_annotation, check_annotation_schema, validate_document
from annotation.schema.versions import LATEST_VERSION

__all__ = ["DECISIONS_KEY", "READS_KEY", "DocumentFile", "build_document", "document_id", "write_document"]

DECISIONS_KEY: Final = "org.mitate.decisions"
READS_KEY: Final = "org.mitate.reads"
_DISCLOSED: Final = frozenset({"platform", "third-party"})
_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:mitate:document")
_CONSENT_UNKNOWN: Final = {"mode": "not-recorded", "withdrawn": False}

_Pieces = list[bytes | Spool]


class DocumentFile:
    """A finished, checked document; close it to free what it holds."""

    def __init__(self, identity: str, members: dict[str, _Pieces], spools: list[Spool]) -> None:
        self._members = members
        self._spools = spools
        self.document_id = identity
        digest = hashlib.sha256()
        for chunk in self.chunks():
            digest.update(chunk)
        self.content_hash = f"sha256:{digest.hexdigest()}"
        members["contentHash"] = [canonical_json(self.content_hash)]
        self.size = sum(len(chunk) for chunk in self.chunks())

    def chunks(self) -> Iterator[bytes]:
        """Yield the document as canonical JSON in UTF-8."""
        separator = b"{"
        for key in sorted(self._members):
            yield separator + canonical_json(key) + b":"
            for piece in self._members[key]:
                if isinstance(piece, Spool):
                    yield from piece.chunks()
                else:
                    yield piece
            separator = b","
        yield b"}"

    def close(self) -> None:
        """Free the temporary files."""
        for spool in self._spools:
            spool.close()


def document_id(campaign: CampaignFacts, case: CaseFacts) -> str:
    """Return the id of a case's document: the same for every export of the same campaign, subject, tier and label maps."""
    maps = "".join(f"/{identity}@{version}" for identity, version in campaign.label_map.maps) if campaign.label_map is not None else ""
    return str(uuid.uuid5(_NAMESPACE, f"{campaign.id}/{case.name}/{campaign.tier}{maps}"))


def build_document(case: CaseFacts, campaign: CampaignFacts) -> dict[str, Any]:
    """Return a small document as a dictionary. Raises DocumentError."""
    written = write_document(case, campaign)
    try:
        document: dict[str, Any] = json.loads(b"".join(written.chunks()))
    finally:
        written.close()
    return document


def write_document(case: CaseFacts, campaign: CampaignFacts) -> DocumentFile:
    """Write and check the document of one case.

    Raises DocumentError with the case and JSON pointers when a rule of the schema or of its semantics is broken: nothing
    is written then.
    """
    with ExitStack() as stack:
        spools = [stack.enter_context(Spool()) for _ in range(3)]
        try:
            members = _Writing(case, campaign).write(*spools)
            written = DocumentFile(document_id(campaign, case), members, spools)
        except CanonicalError as error:
            raise DocumentError([Problem("schema_violation", "", str(error))], case.name) from error
        stack.pop_all()  # the spools now belong to the file
    return written


class _Writing:
    """The making of one document: what has been named so far, and what it is checked against."""

    def __init__(self, case: CaseFacts, campaign: CampaignFacts) -> None:
        form = campaign.form
        self.case = case
        self.campaign = campaign
        self.forms: FormSchemas = {(form.id, form.version): form.schema} if form is not None else {}
        self.disclosed = campaign.tier in _DISCLOSED
        self.agents = AgentBook(campaign.society)
        if campaign.confirmed_by:
            self.agents.officer(campaign.confirmed_by)
        self.images = [image_member(image) for image in case.images]
        self.members = Members(self.images, self.agents.types)
        self.cited = {one.annotation_id for finding in case.findings for one in finding.cites}
        self.original_groups: dict[str, dict[str, Any]] = {}
        """Group id -> the label that a label map made another one of; groups have no extensions of their own."""

    def write(self, annotations: Spool, groups: Spool, extensions: Spool) -> dict[str, _Pieces]:
        """Fill the three spools and return the members of the document."""
        earliest = self._write_annotations(annotations)
        with_groups = self._write_groups(groups)
        with_extensions = self.campaign.tier != "third-party"
        if with_extensions:
            self._write_extensions(extensions)
        reports = self._reports()
        head: dict[str, Any] = {
            "schemaVersion": LATEST_VERSION,
            "documentId": document_id(self.campaign, self.case),
            "revision": 1 + sum(read.sequence for read in self.case.reads),
            "createdAt": instant(earliest),
            "disclosureTier": self.campaign.tier,
            "project": _project(self.campaign),
            "subject": _subject(self.case.subject),
            "images": self.images,
            "agents": self.agents.members(),
            "governance": {"consent": _CONSENT_UNKNOWN, **self.campaign.governance},
        }
        if reports:
            head["reports"] = reports
        if self.case.datasets:
            head["datasets"] = [_membership(each) for each in self.case.datasets]
        problems = validate_document(head | {"annotations": []})
        if problems:
            raise DocumentError(problems, self.case.name)
        pieces: dict[str, _Pieces] = {key: [canonical_json(member)] for key, member in head.items()}
        streams = {"annotations": annotations} | ({"annotationGroups": groups} if with_groups else {})
        return pieces | {key: [spool] for key, spool in (streams | ({"extensions": extensions} if with_extensions else {})).items()}

    def _write_annotations(self, spool: Spool) -> datetime:
        """Write the array of annotations, each one checked; return the earliest instant of the case."""
        instants = [read.opened_at for read in self.case.reads]
        index = -1
        # names of a release do not ascend; whoever gave them saw to the order of what they stand for
        rows = self.case.annotations if self.disclosed else in_order(self.case.annotations, self.case.name)
        for index, row in enumerate(chain(rows, map(self._resolved, self.case.findings))):
            pointer = f"/annotations/{index}"
            spool.write(b"," if index else b"[")
            spool.write(canonical_json(self._checked(row, pointer)))
            instants = [min([*instants, row.created_at])]
            if row.id in self.cited:
                self.members.marks[row.id] = row.image_id
        spool.write(b"[]" if index < 0 else b"]")
        return min(instants, default=self.case.registered_at)

    def _write_groups(self, spool: Spool) -> bool:
        """Write the array of packed groups; return whether there is any."""
        index = -1
        for index, group in enumerate(self.case.cells):
            spool.write(b"," if index else b"[")
            with self._located(f"/annotationGroups/{index}"):
                write_cell_group(group, self.campaign, self.agents, spool)
            if self.campaign.label_map is not None and group.original_label:
                self.original_groups[group.id] = self.campaign.label_map.originals[group.original_label].to_document()
        spool.write(b"]")
        return index >= 0

    def _reports(self) -> list[dict[str, Any]]:
        """Return the entries of the reports; who spoke of them is entered among the agents."""
        members = []
        for index, report in enumerate(self.case.reports):
            with self._located(f"/reports/{index}"):
                members.append(report_member(report, self.campaign, self.agents))
        return members

    def _resolved(self, finding: AnnotationFacts) -> AnnotationFacts:
        """Return a finding of the examination that cites no mark which the document lacks; the image of such a mark stays cited."""
        known = self.members.marks
        cites = (replace(one, annotation_id=one.annotation_id if one.annotation_id in known else "") for one in finding.cites)
        return replace(finding, cites=tuple(dict.fromkeys(cites)))

    def _checked(self, row: AnnotationFacts, pointer: str) -> dict[str, Any]:
        with self._located(pointer):
            member = annotation_member(row, self.campaign, self.agents)
            checks = (
                check_annotation_schema(member, tier=self.campaign.tier),
                check_annotation(member, self.members, self.forms, held_back=self.disclosed),
            )
            for check in checks:
                problems = [Problem(problem.code, problem.pointer, f"{row.id}: {problem.detail}") for problem in islice(check, 5)]
                if problems:
                    raise DocumentError(problems)
        return member

    def _write_extensions(self, spool: Spool) -> None:
        """Write what the schema has no place for: every decision on a suggestion, and the reads themselves."""
        spool.write(b"{" + canonical_json(DECISIONS_KEY) + b":[")
        for index, decision in enumerate(self.case.decisions):
            with self._located(f"/extensions/{DECISIONS_KEY}/{index}"):
                member = decision_member(decision, self.campaign, self.agents)
            spool.write((b"," if index else b"") + canonical_json(member))
        reads = [_read(read, self.agents) for read in sorted(self.case.reads, key=lambda read: read.id)]
        spool.write(b"],")
        if self.campaign.label_map is not None:
            spool.write(
                canonical_json(LABEL_MAP_KEY) + b":" + canonical_json(_applied(self.campaign.label_map, self.original_groups)) + b","
            )
        spool.write(canonical_json(READS_KEY) + b":" + canonical_json(reads) + b"}")

    @contextmanager
    def _located(self, pointer: str) -> Iterator[None]:
        """Say in a DocumentError where in which document it happened."""
        try:
            yield
        except DocumentError as error:
            problems = [Problem(problem.code, pointer + problem.pointer, problem.detail) for problem in error.problems]
            raise DocumentError(problems, self.case.name) from error


def _applied(applied: AppliedMapFacts, groups: Mapping[str, Any]) -> dict[str, Any]:
    """Return which label maps stand between what readers chose and the labels of the document."""
    source, target = ({"id": identity, "version": version} for identity, version in (applied.source, applied.target))
    maps = [{"id": identity, "version": version} for identity, version in applied.maps]
    return {"maps": maps, "source": source, "target": target} | ({"originalGroupLabels": dict(groups)} if groups else {})


def _read(read: ReadFacts, agents: AgentBook) -> dict[str, Any]:
    member = {
        "id": read.id,
        "imageId": read.image_id,
        "reader": agents.person(read.reader),
        "state": read.state,
        "openedAt": instant(read.opened_at),
        "activeSeconds": read.active_seconds,
    }
    return member | ({"submittedAt": instant(read.submitted_at)} if read.submitted_at is not None else {})


def _project(campaign: CampaignFacts) -> dict[str, Any]:
    project: dict[str, Any] = {
        "society": campaign.society,
        "code": campaign.code,
        "protocol": {"id": campaign.code, "version": campaign.protocol_version},
    }
    if campaign.society_other:
        project["societyOther"] = campaign.society_other
    if campaign.title:
        project["title"] = dict(campaign.title)
    if campaign.required_granularity:
        project["requiredGranularity"] = campaign.required_granularity
    return project


def _membership(membership: DatasetFacts) -> dict[str, Any]:
    return {
        "datasetId": membership.dataset_id,
        "version": membership.version,
        "split": membership.split,
        "assignment": membership.assignment,
        "locked": membership.locked,
    }


def _subject(subject: SubjectFacts) -> dict[str, Any]:
    pseudonym = {"scheme": subject.scheme, "value": subject.value} | ({"domain": subject.domain} if subject.domain else {})
    member: dict[str, Any] = {"pseudonyms": [pseudonym]}
    if subject.sex in {"M", "F", "O", "U"}:
        member["sex"] = subject.sex
    if subject.age_years is not None:
        age = {"value": min(subject.age_years, 90), "unit": "Y"}
        member["ageAtExam"] = age | ({"topCoded": True} if subject.age_years >= 90 else {})
    return member


def image_member(image: ImageFacts) -> dict[str, Any]:
    """Return the entry of an image; its file name stays out, because people write patients' names there."""
    matrix: dict[str, Any] = {"width": image.width_px, "height": image.height_px}
    if image.levels:
        matrix["levels"] = [{"width": width, "height": height, "downsample": factor} for width, height, factor in image.levels]
    if image.kind in {"frames", "video"} or image.frame_count > 1:
        matrix["frames"] = image.frame_count
    if image.frame_time_ms:
        matrix["frameRate"] = 1000 / image.frame_time_ms
    member: dict[str, Any] = {
        "id": image.id,
        "kind": image.kind,
        "modality": image.modality,
        "digest": f"sha256:{image.digest}",
        "pixelMatrix": matrix,
    }
    if image.spacing_um is not None:
        x_um, y_um = image.spacing_um
        member["spacing"] = {"x": x_um, "y": y_um, "unit": "um", "source": image.spacing_source or "file"}
    if image.dicom is not None:
        member["dicom"] = {
            "studyInstanceUID": image.dicom.study_uid,
            "seriesInstanceUID": image.dicom.series_uid,
            "instances": [
                {"sopClassUID": sop_class, "sopInstanceUID": sop, "numberOfFrames": frames}
                for sop_class, sop, frames in image.dicom.instances
            ],
            "uidsReplaced": True,
        }
    if image.acquisition:
        member["acquisition"] = _acquisition(dict(image.acquisition))
    return member


def _acquisition(parameters: dict[str, Any]) -> dict[str, Any]:
    member: dict[str, Any] = {}
    for name in ("manufacturer", "model"):
        if isinstance(parameters.get(name), str):
            member[name] = parameters.pop(name)
    return member | ({"parameters": parameters} if parameters else {})
