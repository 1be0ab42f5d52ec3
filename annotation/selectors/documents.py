"""The cases of a campaign as plain facts: what exports are made of, read from the database in bounded pieces."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from annotation.disclosure.cases import society_case
from annotation.models import Campaign, CampaignImage, Label, LabelSet, Read, Withdrawal
from annotation.schema.facts import CampaignFacts, CaseFacts, FormFacts
from annotation.schema.labels import QUERY_STRATEGIES, Coding, Granularity, LabelValue
from annotation.selectors.cell_groups import cell_groups, proposed_cells
from annotation.selectors.document_confirmations import sequences_then
from annotation.selectors.document_images import image_facts, subject_facts
from annotation.selectors.document_marks import annotations_of, decisions_of, findings_of, read_facts
from annotation.selectors.document_reports import report_facts
from annotation.selectors.people import People
from annotation.services.release_errors import release_refusal
from annotation.services.society_hops import hop_of_campaign
from viewer.api.errors import not_found
from viewer.models import Image

__all__ = ["People", "campaign_facts", "cases_of", "count_cases", "get_case", "label_values", "subject_key"]

CASES_AT_ONCE: Final = 2_000
_PSEUDONYM: Final = re.compile(r"[0-9a-f]{32,128}")


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
    campaign: Campaign,
    *,
    include_drafts: bool,
    until: datetime | None = None,
    of_facility: bool = False,
    pinned: QuerySet[Read] | None = None,
    with_planes: bool = False,
) -> Iterator[CaseFacts]:
    """Yield the cases that have a read, in the order of their pseudonyms on this site; the annotations of a case come while it is read.

    A case is every image of the campaign that shares a subject; an image without a subject is a case of its own. Subjects that
    withdrew have no case.

    Args:
        campaign: whose cases.
        include_drafts: count reads that are not submitted yet too.
        until: count only reads that were submitted, and images that were added, up to then.
        of_facility: with the pseudonyms of this site, which leave it under other names only; else those of the campaign.
        pinned: count only these reads; None: all of them.
        with_planes: say where the frames of images lie in the patient, which their files are asked for.
    """
    hop = None if of_facility else hop_of_campaign(campaign.pk)
    reads = _counted_reads(campaign, include_drafts=include_drafts, until=until)
    if pinned is not None:
        reads = reads.filter(pk__in=pinned.values("pk"))
    for pseudonym, image_ids in _members_of_cases(campaign, reads, until):
        case = _case(campaign, pseudonym, image_ids, reads, until, with_planes=with_planes)
        yield case if hop is None else society_case(case, hop)


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


def get_case(
    campaign: Campaign, *, image_id: UUID, include_drafts: bool, withdrawn_too: bool = False, of_facility: bool = False
) -> CaseFacts:
    """Return the case that an image of the campaign belongs to, also when nobody has read it yet; pseudonyms as in :func:`cases_of`.

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
    case = _case(campaign, pseudonym, image_ids, _counted_reads(campaign, include_drafts=include_drafts))
    return case if of_facility else society_case(case, hop_of_campaign(campaign.pk))


def _counted_reads(campaign: Campaign, *, include_drafts: bool, until: datetime | None = None) -> QuerySet[Read]:
    reads = Read.objects.filter(campaign=campaign)
    if until is not None:
        reads = reads.filter(submitted_at__lte=until)
    return reads if include_drafts else reads.filter(state=Read.State.SUBMITTED)


def _case(
    campaign: Campaign,
    pseudonym: str,
    image_ids: list[UUID],
    counted: QuerySet[Read],
    until: datetime | None = None,
    *,
    with_planes: bool = False,
) -> CaseFacts:
    images = list(Image.objects.filter(pk__in=image_ids).select_related("series__study").order_by("pk"))
    asked = list(CampaignImage.objects.filter(campaign=campaign, image_id__in=image_ids))
    strategies = {row.image_id: row.strategy for row in asked if row.strategy in QUERY_STRATEGIES}
    people = People(campaign.document_project["society"])
    reads = {read.pk: read_facts(read, people) for read in counted.filter(image_id__in=image_ids).order_by("pk")}
    if until is not None:
        reads |= {key: replace(reads[key], sequence=then) for key, then in sequences_then(reads, until).items()}
    was_read = {read.image_id for read in reads.values()}
    known = _PSEUDONYM.fullmatch(pseudonym) is not None
    return CaseFacts(
        name=f"subject-{pseudonym[:32]}" if known else f"image-{image_ids[0]}",
        subject=subject_facts(pseudonym if known else "", images),
        registered_at=min(row.added_at for row in asked),
        images=tuple(image_facts(image, was_read=str(image.pk) in was_read, with_planes=with_planes) for image in images),
        reads=tuple(reads.values()),
        annotations=annotations_of(reads, strategies, people, until),
        decisions=decisions_of(reads, people),
        cells=cell_groups(reads),
        findings=findings_of(reads, people, until),
        reports=report_facts(images, reads, until=until, pseudonym=people.pseudonym),
        proposed_cells=proposed_cells(campaign, image_ids, reads),
    )


def _label_value(label: Label, system: str, version: str) -> LabelValue:
    display = {"ja": label.display_ja, "en": label.display_en}
    own = Coding(system, label.code, version, display, "primary")
    others = tuple(
        Coding(entry["system"], entry["code"], entry.get("version", ""), dict(entry.get("display") or {}), entry.get("mapping", "related"))
        for entry in label.codings
    )
    return LabelValue(label.role, label.code, display, (own, *others), label.colour)
