"""Makes marks of what was read of a file, in the reader's own reads: all of it in one transaction, or nothing; and takes it back."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotation.errors import refusal
from annotation.events import AnnotationsChanged, publish
from annotation.importers.process import marks_of
from annotation.locks import lock_read
from annotation.models import Annotation, ImportedAnnotation, ImportRun, Read, Revision
from annotation.schema.labels import BASIS_METHODS, BASIS_STATUSES, CERTAINTIES, GRANULARITY_KINDS, Granularity
from annotation.selectors.annotations import annotation_json
from annotation.selectors.reports import last_texts
from annotation.services.exam_marks import EXAM, Citation
from annotation.services.forms import check_form_data
from annotation.services.mark_checks import IMAGE_LEVEL, CampaignRules, CheckedMark, MarkRules, check_mark
from annotation.services.mark_imports import end, marks_path
from annotation.services.operation_input import Body
from annotation.services.reads import open_read
from annotation.services.report_marks import parse_span
from viewer.api.errors import ApiError
from viewer.models import Image

_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:mitate:import")
_BATCH: Final = 500
_MAX_SECONDS: Final = 1e7
_PREFERRED: Final = (Granularity.POINT, Granularity.BOX, Granularity.REGION, Granularity.CELL, Granularity.TISSUE)
_State = ImportRun.State


@dataclass(slots=True)
class _Told:
    """What a person hears afterwards, with counts by code: what was left out, and what was changed."""

    left_out: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Planned:
    """A mark that shall be there afterwards."""

    id: uuid.UUID
    checked: CheckedMark
    source: dict[str, Any]


@dataclass(slots=True)
class _Plan:
    """All marks of one read."""

    read: Read
    marks: list[_Planned] = field(default_factory=list)


def mark_id(*, read_id: uuid.UUID, digest: str, source_id: str) -> uuid.UUID:
    """Return the id of a mark: the same for the same file, mark of it, and read, whenever it is imported."""
    return uuid.uuid5(_NAMESPACE, f"{read_id}/{digest}/{source_id}")


def store_marks(*, run: ImportRun) -> None:
    """Import what was read: check every mark, then store them all and end the run in one transaction.

    Raises:
        ApiError: when a read is submitted or closed, or a mark is not valid; then nothing is stored.
        FileNotFoundError: when what was read is gone.
    """
    told = _Told()
    plans = _plan(run, told)
    with transaction.atomic():
        result: dict[str, Any] = {"created": 0, "restored": 0, "already_there": 0, "reads": []}
        for plan in sorted(plans, key=lambda plan: plan.read.pk):
            _store_read(run, plan, result, told)
        result |= {"left_out": dict(sorted(told.left_out.items())), "changed": dict(sorted(told.changed.items()))}
        if not end(run, _State.DONE, result=result):
            raise refusal("import_state")


def undo_import(*, run: ImportRun, user: User) -> ImportRun:
    """Delete exactly those marks that an import made and nobody changed since.

    Returns:
        The run; its result says under ``undone`` how many went, and under ``kept`` which were changed and stay.

    Raises:
        ApiError: ``import_state``, or ``read_submitted`` where one of the reads can no longer change; then nothing is deleted.
    """
    with transaction.atomic():
        if not ImportRun.objects.filter(pk=run.pk, state=_State.DONE).update(state=_State.UNDONE, finished_at=timezone.now()):
            raise refusal("import_state")
        rows = list(run.imported.select_related("annotation").order_by("annotation__read", "pk"))
        reads = {read_id: lock_read(read_id) for read_id in sorted({row.annotation.read_id for row in rows})}
        if any(read.state != Read.State.OPEN for read in reads.values()):
            raise refusal("read_submitted")
        kept, undone = list[str](), 0
        for read in reads.values():
            mine = [row for row in rows if row.annotation.read_id == read.pk and not row.annotation.deleted]
            kept += [str(row.annotation_id) for row in mine if row.annotation.revision != row.revision]
            same = [row.annotation for row in mine if row.annotation.revision == row.revision]
            undone += len(same)
            _write(read, user, same, "delete")
        run.refresh_from_db()
        run.result |= {"undone": undone, "kept": kept}
        run.save(update_fields=["result"])
    return run


def _plan(run: ImportRun, told: _Told) -> list[_Plan]:
    """Check every mark before anything is locked. Raises ApiError."""
    planning = _Planning(run, told)
    findings = []
    for number, mark in enumerate(marks_of(marks_path(run.pk)), 1):
        if number % _BATCH == 0:
            ImportRun.objects.filter(pk=run.pk, attempt=run.attempt).update(done_count=number)
        if mark["said"].get("cites"):
            findings.append(mark)
        else:
            planning.add(mark)
    # What they cite is known by now.
    for mark in findings:
        planning.add(mark)
    return list(planning.plans.values())


class _Planning:
    """Turns what was read into marks of reads, one after the other; findings of examinations come last."""

    def __init__(self, run: ImportRun, told: _Told) -> None:
        self.run = run
        self.told = told
        self.targets = {image["name"]: image["target"] for image in run.preview["images"] if image["target"]}
        self.plans: dict[str, _Plan] = {}
        self.rules: dict[str, MarkRules] = {}
        self.coming: dict[uuid.UUID, uuid.UUID] = {}
        """Id of each planned mark -> id of its image."""

    def add(self, mark: dict[str, Any]) -> None:
        """Plan a mark, or count why it is left out. Raises ApiError."""
        run, told = self.run, self.told
        target = self.targets.get(mark["image"])
        keys, span = mark["labels"] or [""], mark["said"].get("span") or {}
        if target is None or not (run.mapping.get(keys[0]) or span.get("coding")):
            told.left_out["image_not_chosen" if target is None else "label_not_mapped"] += 1
            return
        if target not in self.plans:
            self.plans[target] = _Plan(_read_of(run, target))
            self.rules[target] = MarkRules(self.plans[target].read)
            self.rules[target].coming = self.coming
        codes = list(dict.fromkeys(code for key in keys if (code := run.mapping.get(key))))
        cites = mark["said"].get("cites")
        if span:
            body = self._on_report(mark, codes, span, target)
        else:
            body = self._finding(mark, codes, cites, target) if cites else _body(mark, codes, self.rules[target], told)
        if body is None:
            return
        checked = check_mark(self.rules[target], body, f"{mark['place']}:")
        identity = self._mark_id(target, mark["source_id"])
        self.coming[identity] = uuid.UUID(target)
        self.plans[target].marks.append(_Planned(identity, checked, mark))

    def _mark_id(self, target: str, source_id: str) -> uuid.UUID:
        return mark_id(read_id=self.plans[target].read.pk, digest=self.run.digest, source_id=source_id)

    def _on_report(self, mark: dict[str, Any], codes: list[str], span: dict[str, Any], target: str) -> Body | None:
        """Return what is said of the report with the same words; None where there is none any more, or two that nothing tells apart."""
        texts = last_texts().filter(report__study__series__images=uuid.UUID(target), digest=span["digest"])
        same = [row.report for row in texts]
        told_apart = [report for report in same if (report.kind, report.issued_on) == (span["kind"], span["issued_on"])]
        chosen = told_apart if len(same) > 1 else same
        if len(chosen) != 1:
            self.told.left_out["report_not_here"] += 1
            return None
        placed = {name: span[name] for name in ("digest", "start", "end", "polarity")}
        value = placed | {"report_id": str(chosen[0].pk), "coding": span.get("coding")}
        said = _words(mark, codes, mark["said"]["granularity"])
        return replace(said, span=parse_span(value, f"{mark['place']}:/span"))

    def _finding(self, mark: dict[str, Any], codes: list[str], cites: list[dict[str, Any]], target: str) -> Body | None:
        """Return a finding of the examination that cites what came along; None where no image of it is taken as this examination's."""
        images = self.rules[target].exam_images
        found = []
        for cited in cites:
            chosen = self.targets.get(cited["imageId"], "")
            if not chosen or uuid.UUID(chosen) not in images:
                self.told.left_out["citation_left_out"] += 1
                continue
            wanted = self._mark_id(chosen, cited["annotationId"]) if "annotationId" in cited and chosen in self.plans else None
            known = wanted if wanted in self.coming else None
            if "annotationId" in cited and known is None:
                self.told.left_out["citation_left_out"] += 1
            found.append(Citation(uuid.UUID(chosen), cited.get("frame"), known))
        if not found:
            self.told.left_out["finding_left_out"] += 1
            return None
        return replace(_words(mark, codes, EXAM), cites=tuple(dict.fromkeys(found)))


def _read_of(run: ImportRun, image_id: str) -> Read:
    """Return the reader's own open read of an image, made now if there is none. Raises ApiError."""
    image = Image.objects.get(pk=image_id)
    read = open_read(campaign=run.campaign, image=image, user=run.created_by)
    if read.state != Read.State.OPEN:
        raise refusal("read_submitted", f"/images/{image.name}")
    return read


def _body(mark: dict[str, Any], codes: list[str], rules: MarkRules, told: _Told) -> Body | None:
    """Return what a mark shall say, or None after counting why it is left out."""
    said, geometry = mark["said"], mark["geometry"]
    granularity = granularity_for(kind_of(geometry), said.get("granularity", ""), codes[0], rules)
    if granularity is None:
        told.left_out["no_granularity"] += 1
        return None
    fitting = [code for code in codes if not rules.labels[code] or granularity in rules.labels[code]]
    if len(fitting) < len(codes):
        told.left_out["label_not_allowed"] += len(codes) - len(fitting)
    if geometry and geometry["type"] == "Rectangle" and granularity == Granularity.REGION:
        geometry = _outlined(geometry)
        told.changed["rectangle_as_outline"] += 1
    return replace(_words(mark, fitting, granularity), frame=mark["frame"], geometry=geometry, form=_form(said, rules, told))


def _words(mark: dict[str, Any], codes: list[str], granularity: str) -> Body:
    """Return what a mark says wherever it is."""
    said = mark["said"]
    basis = [one for one in said.get("basis", ()) if one.get("method") in BASIS_METHODS and one.get("status") in BASIS_STATUSES]
    return Body(
        granularity=granularity,
        frame=None,
        geometry=None,
        labels=codes,
        text=mark["text"],
        form=None,
        certainty=said["certainty"] if said.get("certainty") in CERTAINTIES else "",
        basis=basis,
        origin="import",
        active_seconds=min(max(float(said.get("active_seconds", 0)), 0.0), _MAX_SECONDS),
    )


def kind_of(geometry: dict[str, Any] | None) -> str:
    """Return the kind of shape that decides on the granularity: of a track that of its first shape; "" for none."""
    if geometry is None:
        return ""
    if geometry["type"] == "Track":
        return str(next(one["geometry"]["type"] for one in geometry["keyframes"] if "geometry" in one))
    return str(geometry["type"])


def granularity_for(kind: str, said: str, code: str, rules: CampaignRules) -> str | None:
    """Return how finely a mark speaks: as the file says if the campaign asks for it, else the first that suits shape and label."""
    allowed = rules.granularities & (rules.labels.get(code) or rules.granularities)
    if not kind:
        return next((one for one in (said, Granularity.DIAGNOSIS, Granularity.PRESENCE) if one in allowed and one in IMAGE_LEVEL), None)
    exact = [one for one in _PREFERRED if kind in GRANULARITY_KINDS[one]]
    as_outline = [Granularity.REGION] if kind == "Rectangle" else []
    return next((str(one) for one in ([said] if said in exact else []) + exact + as_outline if one in allowed), None)


def _outlined(rectangle: dict[str, Any]) -> dict[str, Any]:
    x, y, width, height = rectangle["bbox"]
    ring = [[x, y], [x, y + height], [x + width, y + height], [x + width, y], [x, y]]
    return {"type": "Polygon", "coordinates": [ring]}


def _form(said: dict[str, Any], rules: MarkRules, told: _Told) -> dict[str, Any] | None:
    """Return the form's data if the campaign's form takes them."""
    data = said.get("form")
    if data is None:
        return None
    try:
        if rules.campaign.form is None:
            raise refusal("form_not_asked")
        check_form_data(rules.campaign.form, data, complete=False, pointer="")
    except ApiError as error:
        told.left_out[error.code] += 1
        return None
    return dict(data)


def _store_read(run: ImportRun, plan: _Plan, result: dict[str, Any], told: _Told) -> None:
    """Store the marks of one read; those that are there stay as they are. Raises ApiError."""
    read = lock_read(plan.read.pk)
    if read.state != Read.State.OPEN:
        raise refusal("read_submitted", f"/images/{read.image.name}")
    known = Annotation.objects.filter(read=read).in_bulk([one.id for one in plan.marks])
    has_diagnosis = read.annotations.filter(deleted=False, geometry_kind="", granularity__in=IMAGE_LEVEL).exists()
    new, again, sources = list[Annotation](), list[Annotation](), dict[uuid.UUID, dict[str, Any]]()
    for one in plan.marks:
        there = known.get(one.id)
        if there is not None and not there.deleted:
            result["already_there"] += 1
            continue
        if one.checked.is_image_level:
            if has_diagnosis:
                told.left_out["diagnosis_there"] += 1
                continue
            has_diagnosis = True
        row = there or Annotation(id=one.id, read=read, revision=0, created_at=timezone.now(), origin="import")
        for column, value in one.checked.columns.items():
            setattr(row, column, value)
        row.deleted = False
        (again if there else new).append(row)
        sources[one.id] = one.source
    _write(read, run.created_by, new, "create")
    _write(read, run.created_by, again, "restore")
    _note_sources(run, [*new, *again], sources)
    result["created"] += len(new)
    result["restored"] += len(again)
    result["reads"].append({"read": str(read.pk), "image": str(read.image_id), "name": read.image.name, "marks": len(new) + len(again)})


def _note_sources(run: ImportRun, rows: list[Annotation], sources: dict[uuid.UUID, dict[str, Any]]) -> None:
    made = [
        ImportedAnnotation(
            run=run,
            annotation=row,
            revision=row.revision,
            source_id=sources[row.id]["source_id"],
            source_label=(sources[row.id]["labels"] or [""])[0],
            source_author=sources[row.id]["author"],
        )
        for row in rows
    ]
    ImportedAnnotation.objects.bulk_create(made, batch_size=_BATCH)


def _write(read: Read, user: User, rows: list[Annotation], verb: str) -> None:
    """Store new, restored or deleted marks with a revision each; the caller holds the lock of the read."""
    if not rows:
        return
    now = timezone.now()
    for row in rows:
        read.sequence += 1
        row.revision += 1
        row.sequence, row.updated_at, row.deleted = read.sequence, now, verb == "delete"
    if verb == "create":
        Annotation.objects.bulk_create(rows, batch_size=_BATCH)
    else:
        # One by one: making Django's one statement for many rows takes four times as long.
        changed = ["revision", "sequence", "updated_at", "deleted"] if verb == "delete" else None
        for row in rows:
            row.save(force_update=True, update_fields=changed)
    revisions = _revisions(read, user, rows, verb)
    while part := list(islice(revisions, _BATCH)):
        Revision.objects.bulk_create(part)
    read.save(update_fields=["sequence"])
    publish(AnnotationsChanged(read_id=read.pk, campaign_id=read.campaign_id, sequence=read.sequence))


def _revisions(read: Read, user: User, rows: list[Annotation], verb: str) -> Iterator[Revision]:
    for row in rows:
        yield Revision(
            annotation=row,
            read=read,
            number=row.revision,
            sequence=row.sequence,
            verb=verb,
            operation_id=uuid.uuid4(),
            author=user,
            body=annotation_json(row, reader_id=read.reader_id),
            created_at=row.updated_at,
        )
