"""The cases of a campaign as plain facts: what exports are made of, read from the database in bounded pieces."""

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import groupby, islice
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from annotation.models import (
    Annotation,
    Campaign,
    CampaignImage,
    ImportedAnnotation,
    Label,
    LabelSet,
    Read,
    Withdrawal,
)
from annotation.schema.facts import (
    AnnotationFacts,
    CampaignFacts,
    CaseFacts,
    DicomFacts,
    FormFacts,
    ImageFacts,
    ImportedFacts,
    ReadFacts,
    SubjectFacts,
    SuggestionFacts,
)
from annotation.schema.labels import QUERY_STRATEGIES, Coding, Granularity, LabelValue
from annotation.selectors.cell_groups import cell_groups, proposed_cells
from annotation.selectors.document_confirmations import confirmation_facts, put_back, sequences_then
from annotation.selectors.document_reports import report_facts
from annotation.selectors.document_suggestions import decided, decisions, last_decisions
from annotation.selectors.geometry import shape_of
from annotation.selectors.people import People
from annotation.services.release_errors import release_refusal
from viewer.api.errors import not_found
from viewer.dicomweb.uids import uid_of
from viewer.models import Image, Instance
from viewer.services.frame_times import frame_seconds
from viewer.services.manifests import members_of
from viewer.services.pseudonym import facility_key

__all__ = ["People", "campaign_facts", "cases_of", "count_cases", "get_case", "label_values", "subject_key"]

ROWS_AT_ONCE: Final = 500
CASES_AT_ONCE: Final = 2_000
_MODALITY: Final = re.compile(r"[A-Z]{2,16}")
_DICOM_UID: Final = re.compile(r"[0-9]+(\.(0|[1-9][0-9]*))+")
_PSEUDONYM: Final = re.compile(r"[0-9a-f]{32,128}")
_LARGEST_INTEGER: Final = (1 << 53) - 1


def campaign_facts(campaign: Campaign) -> CampaignFacts:
    """Return what every document of a campaign shares; labels in their order. Two queries."""
    form = campaign.form
    finest = [granularity for granularity in Granularity if granularity in campaign.granularities][-1:]
    project = campaign.document_project
    return CampaignFacts(
        id=str(campaign.pk),
        code=campaign.code,
        society=project["society"],
        society_other=project.get("societyOther", ""),
        title={"ja": campaign.name_ja, "en": campaign.name_en},
        protocol_version=campaign.protocol_version,
        required_granularity=finest[0].value if finest else "",
        labels=label_values(campaign.label_set),
        form=FormFacts(form.slug, form.version, form.schema) if form is not None else None,
        governance=campaign.governance,
    )


def label_values(label_set: LabelSet) -> dict[str, LabelValue]:
    """Return the labels of a published set by code, in their order; one query."""
    system = f"urn:mitate:label-set:{label_set.slug}"
    return {label.code: _label_value(label, system, label_set.version) for label in label_set.labels.all()}


def cases_of(
    campaign: Campaign, *, include_drafts: bool, until: datetime | None = None, pinned: QuerySet[Read] | None = None
) -> Iterator[CaseFacts]:
    """Yield the cases that have a read, in the order of their names; the annotations of a case come while it is read.

    A case is every image of the campaign that shares a subject; an image without a subject is a case of its own. Subjects that
    withdrew have no case.

    Args:
        campaign: whose cases.
        include_drafts: count reads that are not submitted yet too.
        until: count only reads that were submitted, and images that were added, up to then.
        pinned: count only these reads; None: all of them.
    """
    reads = _counted_reads(campaign, include_drafts=include_drafts, until=until)
    if pinned is not None:
        reads = reads.filter(pk__in=pinned.values("pk"))
    for pseudonym, image_ids in _members_of_cases(campaign, reads, until):
        yield _case(campaign, pseudonym, image_ids, reads, until)


def count_cases(campaign: Campaign, *, include_drafts: bool) -> int:
    """Return how many cases :func:`cases_of` yields; two queries."""
    reads = _counted_reads(campaign, include_drafts=include_drafts)
    return sum(1 for _ in _members_of_cases(campaign, reads, None))


def _members_of_cases(campaign: Campaign, reads: QuerySet[Read], until: datetime | None) -> Iterator[tuple[str, list[UUID]]]:
    """Yield the pseudonym and the images of each case, in the order of their names."""
    withdrawn = set(Withdrawal.objects.filter(collection=campaign.collection_id).values_list("subject", flat=True))
    asked = CampaignImage.objects.filter(campaign=campaign)
    rows = (
        (asked if until is None else asked.filter(added_at__lte=until))
        .annotate(has_read=Exists(reads.filter(image_id=OuterRef("image_id"))))
        .order_by("image__series__study__subject_pseudonym", "image_id")
        .values_list("image__series__study__subject_pseudonym", "image_id", "has_read")
    )
    for _key, group in groupby(rows.iterator(chunk_size=CASES_AT_ONCE), key=lambda row: row[0] or row[1]):
        members = list(group)
        if (members[0][0] or str(members[0][1])) in withdrawn:
            continue
        if any(has_read for _, _, has_read in members):
            yield members[0][0], [image_id for _, image_id, _ in members]


def subject_key(image: Image) -> str:
    """Return what stands for the subject of an image on this site: the pseudonym, or the image where it names nobody."""
    return image.series.study.subject_pseudonym or str(image.pk)


def get_case(campaign: Campaign, *, image_id: UUID, include_drafts: bool, withdrawn_too: bool = False) -> CaseFacts:
    """Return the case that an image of the campaign belongs to, also when nobody has read it yet.

    Raises:
        ApiError: ``not_found`` for an image that the campaign does not hold, ``subject_withdrawn`` unless asked for those too.
    """
    images = Image.objects.filter(campaign_images__campaign=campaign)
    image = images.filter(pk=image_id).select_related("series__study").first()
    if image is None:
        raise not_found()
    if not withdrawn_too and Withdrawal.objects.filter(collection=campaign.collection_id, subject=subject_key(image)).exists():
        raise release_refusal("subject_withdrawn")
    pseudonym = image.series.study.subject_pseudonym
    same = images.filter(series__study__subject_pseudonym=pseudonym) if pseudonym else images.filter(pk=image_id)
    image_ids = list(same.order_by("pk").values_list("pk", flat=True))
    return _case(campaign, pseudonym, image_ids, _counted_reads(campaign, include_drafts=include_drafts))


def _counted_reads(campaign: Campaign, *, include_drafts: bool, until: datetime | None = None) -> QuerySet[Read]:
    reads = Read.objects.filter(campaign=campaign)
    if until is not None:
        reads = reads.filter(submitted_at__lte=until)
    return reads if include_drafts else reads.filter(state=Read.State.SUBMITTED)


def _case(campaign: Campaign, pseudonym: str, image_ids: list[UUID], counted: QuerySet[Read], until: datetime | None = None) -> CaseFacts:
    images = list(Image.objects.filter(pk__in=image_ids).select_related("series__study").order_by("pk"))
    asked = list(CampaignImage.objects.filter(campaign=campaign, image_id__in=image_ids))
    strategies = {row.image_id: row.strategy for row in asked if row.strategy in QUERY_STRATEGIES}
    people = People(campaign.document_project["society"])
    reads = {read.pk: _read_facts(read, people) for read in counted.filter(image_id__in=image_ids).order_by("pk")}
    if until is not None:
        reads |= {key: replace(reads[key], sequence=then) for key, then in sequences_then(reads, until).items()}
    was_read = {read.image_id for read in reads.values()}
    known = _PSEUDONYM.fullmatch(pseudonym) is not None
    return CaseFacts(
        name=f"subject-{pseudonym[:32]}" if known else f"image-{image_ids[0]}",
        subject=_subject(pseudonym if known else "", images),
        registered_at=min(row.added_at for row in asked),
        images=tuple(_image_facts(image, was_read=str(image.pk) in was_read) for image in images),
        reads=tuple(reads.values()),
        annotations=_annotations(reads, strategies, people, until),
        decisions=decisions(reads, people),
        cells=cell_groups(reads),
        reports=report_facts(images, reads, until=until, pseudonym=people.pseudonym),
        proposed_cells=proposed_cells(campaign, image_ids, reads),
    )


def _subject(pseudonym: str, images: list[Image]) -> SubjectFacts:
    """Return the subject as its earliest study knows it; where no file names one, the image stands in, under a keyed digest."""
    studies = sorted((image.series.study for image in images), key=lambda study: (study.created_at, study.pk))
    ages = [study.subject_age_years for study in studies if study.subject_age_years is not None]
    sexes = [study.subject_sex for study in studies if study.subject_sex]
    value, scheme = pseudonym, "facility-hmac-sha256"
    if not pseudonym:
        value, scheme = hmac.new(facility_key(), f"image\0{images[0].pk}".encode(), hashlib.sha256).hexdigest(), "random"
    return SubjectFacts(scheme, value, sexes[0] if sexes else "", ages[0] if ages else None)


def _label_value(label: Label, system: str, version: str) -> LabelValue:
    display = {"ja": label.display_ja, "en": label.display_en}
    own = Coding(system, label.code, version, display, "primary")
    others = tuple(
        Coding(entry["system"], entry["code"], entry.get("version", ""), dict(entry.get("display") or {}), entry.get("mapping", "related"))
        for entry in label.codings
    )
    return LabelValue(label.role, label.code, display, (own, *others), label.colour)


def _image_facts(image: Image, *, was_read: bool) -> ImageFacts:
    inspection: dict[str, Any] = image.inspection
    spacing = (image.spacing_x_um, image.spacing_y_um) if image.spacing_x_um and image.spacing_y_um else None
    frame_time_ms = (inspection.get("frames") or {}).get("frame_time_ms")
    return ImageFacts(
        id=str(image.pk),
        kind=image.kind,
        modality=image.modality if _MODALITY.fullmatch(image.modality) else "OT",
        digest=image.digest,
        width_px=image.width_px,
        height_px=image.height_px,
        frame_count=image.frame_count,
        levels=tuple((level["width"], level["height"], level["downsample"]) for level in inspection.get("levels") or ()),
        spacing_um=spacing,
        spacing_source=re.sub(r"[^A-Za-z0-9._-]+", "-", image.spacing_source),
        frame_time_ms=frame_time_ms,
        dicom=_dicom_facts(image),
        acquisition={key: _plain(value) for key, value in (inspection.get("acquisition") or {}).items() if value is not None},
        was_read=was_read,
    )


def _plain(value: Any) -> Any:
    """Return a parameter of the file as other programs can hold it: whole numbers beyond 2^53 as text."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _LARGEST_INTEGER:
        return str(value)
    if isinstance(value, list):
        return [_plain(member) for member in value]
    return value


def _dicom_facts(image: Image) -> DicomFacts | None:
    """Return the UIDs by which DICOMweb knows the objects behind an image, its files in the order of their frames; two queries."""
    stored = Instance.objects.filter(image=image).exclude(sop_instance_uid="")
    classes = dict(stored.values_list("id", "sop_class_uid"))
    members = members_of(image)
    if not members or not all(_DICOM_UID.fullmatch(classes.get(member.id, "")) for member in members):
        return None
    instances = tuple((classes[member.id], uid_of(member.id), member.frame_count) for member in members)
    return DicomFacts(uid_of(image.series.study_id), uid_of(image.series_id), instances)


def _read_facts(read: Read, people: People) -> ReadFacts:
    return ReadFacts(
        id=str(read.pk),
        image_id=str(read.image_id),
        reader=people.pseudonym(read.reader_id),
        state=read.state,
        sequence=read.sequence,
        opened_at=read.opened_at,
        submitted_at=read.submitted_at,
        active_seconds=read.active_seconds,
    )


def _annotations(
    reads: dict[UUID, ReadFacts], strategies: dict[UUID, str], people: People, until: datetime | None
) -> Iterator[AnnotationFacts]:
    """Yield the annotations of some reads by (image, id), with the decision behind each one that came from a suggestion."""
    if not reads:
        return
    rows = (
        Annotation.objects.filter(read_id__in=list(reads), deleted=False, report__isnull=True)
        .select_related("suggestion__run__endpoint")
        .order_by("read__image_id", "pk")
        .iterator(chunk_size=ROWS_AT_ONCE)
    )
    while batch := list(islice(rows, ROWS_AT_ONCE)):
        if until is not None:
            put_back(batch, until)
        verdicts, uids, imports = last_decisions(batch), _shared_uids(batch, reads), _imports(batch)
        confirmations = confirmation_facts(batch, until=until, pseudonym=people.pseudonym)
        for row in batch:
            suggestion = None
            if row.suggestion is not None:
                decision = verdicts.get((row.read_id, row.suggestion.pk))
                suggestion = decided(row.suggestion, decision, strategies.get(row.suggestion.image_id, ""), people)
            read = reads[row.read_id]
            facts = _annotation_facts(row, read, suggestion, uids.get((read.image_id, row.sop_instance_uid), ""))
            yield replace(facts, imported=imports.get(row.pk), confirmations=confirmations.get(row.pk, ()))


def _imports(batch: Iterable[Annotation]) -> dict[UUID, ImportedFacts]:
    """Return where imported marks came from, the last time where they were imported twice; at most one query."""
    asked = [row.pk for row in batch if row.origin == "import"]
    if not asked:
        return {}
    rows = ImportedAnnotation.objects.filter(annotation_id__in=asked).select_related("run").order_by("pk")
    return {row.annotation_id: ImportedFacts(row.run.format, row.run.digest, row.source_id, row.source_label) for row in rows}


def _shared_uids(batch: Iterable[Annotation], reads: dict[UUID, ReadFacts]) -> dict[tuple[str, str], str]:
    """Return (image, SOP Instance UID of the file) -> the UID that is told outside; at most one query."""
    named = {(reads[row.read_id].image_id, row.sop_instance_uid) for row in batch if row.sop_instance_uid}
    if not named:
        return {}
    images, uids = {image for image, _ in named}, {uid for _, uid in named}
    rows = Instance.objects.filter(image_id__in=images, sop_instance_uid__in=uids).values_list("image_id", "sop_instance_uid", "id")
    return {(str(image), uid): uid_of(key) for image, uid, key in rows}


def _annotation_facts(row: Annotation, read: ReadFacts, suggestion: SuggestionFacts | None, sop_instance_uid: str) -> AnnotationFacts:
    return AnnotationFacts(
        id=str(row.pk),
        revision=row.revision,
        image_id=read.image_id,
        read=read,
        granularity=row.granularity,
        shape=shape_of(row),
        labels=tuple(row.labels),
        created_at=row.created_at,
        updated_at=row.updated_at,
        frame=row.frame,
        last_frame=row.last_frame,
        frame_s=None if row.frame is None else frame_seconds(UUID(read.image_id), row.frame),
        sop_instance_uid=sop_instance_uid,
        text=row.text,
        form_data=row.form_data,
        certainty=row.certainty,
        basis=tuple(row.basis),
        suggestion=suggestion,
        active_seconds=row.active_seconds,
    )
