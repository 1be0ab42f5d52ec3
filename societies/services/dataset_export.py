"""Hands out a split of a version through the export formats: nothing of another split, nothing that was said later."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from annotation.datasets.restrict import restricted_case
from annotation.disclosure.cases import society_case
from annotation.exporters.base import Entry
from annotation.exporters.package import Package
from annotation.exporters.registry import EXPORTERS, takes_planes
from annotation.models import Campaign, ExportRun, Read
from annotation.schema.canonical import canonical_json
from annotation.schema.facts import CaseFacts, DatasetFacts
from annotation.selectors.documents import campaign_facts, cases_of
from annotation.services.export import Export
from annotation.services.society_hops import hop_of_dataset
from societies.errors import refusal
from societies.models import DatasetExport, DatasetMember, DatasetVersion
from societies.selectors.dataset_rows import withdrawn_subjects
from societies.selectors.datasets import leaks_today, torn_today
from societies.services.dataset_maps import relabelling_for

__all__ = ["export_split"]

DATASET_ENTRY: Final = "dataset.json"
_Split = DatasetMember.Split
_Purpose = DatasetExport.Purpose


def export_split(
    *, version: DatasetVersion, user: User, split: str, format_name: str, campaign_id: UUID | None, purpose: str, may_open_test: bool
) -> Export:
    """Start the export of one split of a version; the caller has checked that the user may have training splits.

    Args:
        version: the version.
        user: who takes it.
        split: train, tune or test.
        format_name: of EXPORTERS.
        campaign_id: whose part; None where the version is made of one campaign.
        purpose: training or evaluation; a test split is handed out for evaluation only.
        may_open_test: the user administers the society.

    Raises:
        ApiError: ``test_set_locked``, ``split_leaks``, ``test_set_elsewhere``, ``campaign_needed``.
    """
    locked = split == _Split.TEST
    if locked and not (may_open_test and purpose == _Purpose.EVALUATION):
        raise refusal("test_set_locked")
    if leaks_today(version):
        raise refusal("split_leaks")
    if not locked and any(split in leak.splits for leak in torn_today(version)):
        raise refusal("test_set_elsewhere")
    campaign = _campaign(version, campaign_id)
    relabelling = relabelling_for(campaign, version.recipe)
    membership = DatasetFacts(str(version.dataset_id), str(version.number), split, "subject-hash", locked)
    with transaction.atomic():
        maps = [] if relabelling is None else relabelling.named
        run = ExportRun.objects.create(campaign=campaign, requested_by=user, format=format_name, label_maps=maps)
        DatasetExport.objects.create(version=version, run=run, split=split, purpose=purpose)
    cases = _cases(version, campaign, _reads(version, campaign, split), membership, with_planes=takes_planes(format_name))
    extras = [_told(version, campaign, membership)]
    exporter, facts = EXPORTERS[format_name], campaign_facts(campaign)
    package = Package(exporter, facts, cases, include_drafts=False, extras=extras, relabelling=relabelling)
    export = Export(run, package)
    export.file_name = f"{version.dataset.code}-{version.number}-{split}-{campaign.code}-{format_name}.zip"
    return export


def _campaign(version: DatasetVersion, campaign_id: UUID | None) -> Campaign:
    """Return the campaign of which the part is asked for; the formats hold one campaign each, with its labels."""
    keys = [UUID(source["id"]) for source in version.sources]
    if campaign_id is None and len(keys) == 1:
        campaign_id = keys[0]
    if campaign_id not in keys:
        raise refusal("campaign_needed", "/campaign")
    return Campaign.objects.select_related("label_set", "form").get(pk=campaign_id)


def _reads(version: DatasetVersion, campaign: Campaign, split: str) -> Mapping[str, list[str]]:
    """Return image -> reads of a split, without the subjects who withdrew since."""
    gone = withdrawn_subjects(version.dataset.society)
    reads: dict[str, list[str]] = defaultdict(list)
    for member in version.members.filter(campaign=campaign, split=split).iterator(chunk_size=2_000):
        if member.subject not in gone:
            reads[str(member.image_id)] = member.facts["reads"]
    return reads


def _cases(
    version: DatasetVersion, campaign: Campaign, reads: Mapping[str, list[str]], membership: DatasetFacts, *, with_planes: bool
) -> Iterator[CaseFacts]:
    hop = hop_of_dataset(version.dataset_id, version.number)
    # cases without an image of the split are passed over by the database, not read and thrown away
    images = version.members.filter(campaign=campaign, split=membership.split).values("image")
    pinned = Read.objects.filter(campaign=campaign, image__in=images)
    until = version.frozen_at
    for case in cases_of(campaign, include_drafts=False, until=until, of_facility=True, pinned=pinned, with_planes=with_planes):
        cut = restricted_case(case, reads, membership)
        if cut is not None:
            yield society_case(cut, hop)


def _told(version: DatasetVersion, campaign: Campaign, membership: DatasetFacts) -> Entry:
    """Return the entry that says in every format which version and split the files are of."""
    dataset = version.dataset
    told = {
        "dataset": {"id": str(dataset.pk), "code": dataset.code, "name": {"ja": dataset.name_ja, "en": dataset.name_en}},
        "version": version.number,
        "digest": version.digest,
        "split": membership.split,
        "locked": membership.locked,
        "campaign": campaign.code,
        "recipe": version.recipe,
    }
    body = canonical_json(told)
    return Entry(DATASET_ENTRY, len(body), [body])
