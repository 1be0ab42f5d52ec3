"""Societies in full swing: people in every role, real images, a campaign with reads in every state, a model, an export.

Everything is made through the services, as on a real site. The caller gives the data folder (``settings.DATA_DIR``) and lists
:data:`MODEL_HOST` in ``settings.MODEL_HOSTS``.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from django.contrib.auth.models import User
from django.utils import timezone

from annotation.models import (
    Annotation,
    Campaign,
    CellLayer,
    ExportJob,
    ExportRun,
    ImportRun,
    ModelEndpoint,
    Read,
    Release,
    Suggestion,
    SuggestionRun,
)
from annotation.services.cell_layers import claim_layer, import_layer, receive_layer
from annotation.services.endpoints import register_endpoint
from annotation.services.export import export_campaign
from annotation.services.export_job_work import claim_export, execute_export
from annotation.services.export_jobs import request_export
from annotation.services.import_work import claim_import, execute_import
from annotation.services.mark_imports import receive_import
from annotation.services.operations import apply_operations
from annotation.services.releases import approve_release, confirm_pixels, request_release, set_governance
from annotation.services.suggestion_runs import _finish, _store, claim_run
from annotation.services.suggestions import record_exposures, request_runs
from annotation.suggestions.proposals import Proposal, Reading
from societies.api.dataset_serializers import DatasetInputSerializer
from societies.models import Dataset, Society
from societies.services.campaigns import add_reader, create_campaign, remove_reader
from societies.services.datasets import create_dataset, freeze_dataset
from societies.services.societies import create_collection_for, create_society
from societies.services.vocabularies import begin_draft, create_vocabulary, publish_vocabulary, save_vocabulary
from societies.services.worklist import claim_next, submit
from tests.annotation.cells.features import cell, collection
from tests.annotation.marking.objects import diagnosis, put
from tests.factories import ADMIN, EXPORTER, READER, make_person
from viewer.models import Collection, Image
from viewer.services.ingest import ingest_file

SAMPLES: Final = Path(__file__).resolve().parents[2] / "samples"
PHOTOGRAPHS: Final = ("dermatology/ISIC_0000001.jpg", "dermatology/ISIC_0000000.jpg")
STACK: Final = "radiology/CT_small.dcm"
CLIP: Final = "endoscopy/polyp_pan.mp4"
MODEL_HOST: Final = "127.0.0.1:9"
"""Nobody listens there, so a check of the endpoint fails at once."""
FORM: Final[dict[str, Any]] = {"ageYears": 47, "sex": "F", "site": "back"}
RECIPE: Final[dict[str, Any]] = {"query": {}, "shares": {"train": 70, "tune": 15, "test": 15}, "strata": ["label"]}
PEOPLE: Final = {"admin": ADMIN, "exporter": EXPORTER, **dict.fromkeys(("reader", "colleague", "outsider", "leaver"), READER)}


@dataclass(frozen=True)
class Tenant:
    """A society with everything that is its own.

    Attributes:
        society: the society.
        people: by what they are: ``admin``, ``exporter``, ``reader`` and ``colleague`` (both in the campaign), ``outsider`` (a
            reader of the society who is not in the campaign) and ``leaver`` (a reader who was taken off it with an open read).
        collection: whose photographs the campaign asks for; it also holds a stack of frames and a video.
        photographs: the campaign's images.
        stack: an image with frames.
        clip: a video.
        campaign: asks three readers an image, and has a model.
        endpoint: the model's endpoint.
        reads: by person: ``reader`` and ``leaver`` hold theirs open, ``colleague`` has submitted.
        annotation: the diagnosis in the reader's read.
        suggestion: what the model proposed for the first photograph.
        cells: outlines on the first photograph.
        brought: a file of marks that the reader brought and has not confirmed yet.
        imported: one that they imported.
        export: a finished export.
        export_job: one that the worker made as a file.
        export_begun: one that a worker is at.
        release: an approved release to a third party.
        dataset: a dataset with one version.
        labels: short name of a label set with version 1.0.0 and a changed draft, and of a form and a label map with drafts;
            another set, ``settled``, has that version and no draft.
    """

    society: Society
    people: dict[str, User]
    collection: Collection
    photographs: list[Image]
    stack: Image
    clip: Image
    campaign: Campaign
    endpoint: ModelEndpoint
    reads: dict[str, Read]
    annotation: Annotation
    suggestion: Suggestion
    cells: CellLayer
    brought: ImportRun
    imported: ImportRun
    export: ExportRun
    export_job: ExportJob
    export_begun: ExportJob
    release: Release
    dataset: Dataset
    labels: str


def make_tenant(word: str, *, name_ja: str) -> Tenant:
    """Return a society in full swing; ``word`` is in every name that belongs to it."""
    society = create_society(slug=word, name_ja=name_ja, name_en=f"{word.title()} society")
    people = {person: make_person(society, person, role) for person, role in PEOPLE.items()}
    skin = create_collection_for(society=society, slug=f"{word}-skin", name=f"{word.title()} skin")
    photographs = [ingested(skin, SAMPLES / path, f"{word}-{number}.jpg") for number, path in enumerate(PHOTOGRAPHS)]
    endpoint = register_endpoint(
        user=people["admin"],
        owner=society.slug,
        name=f"{word} classifier",
        url=f"http://{MODEL_HOST}/{word}",
        model_name=f"{word}-model",
        task="classify",
    )
    campaign = create_campaign(
        user=people["admin"],
        society=society,
        collection=skin,
        pack_slug="jda",
        name={"ja": f"{name_ja}の調査", "en": f"{word.title()} survey"},
        reads_per_image=3,
        endpoint=endpoint,
    )
    stack = ingested(skin, SAMPLES / STACK, f"{word}-ct.dcm")
    clip = ingested(skin, SAMPLES / CLIP, f"{word}-clip.mp4")
    suggestion = suggested(campaign, photographs[0])
    reads = make_reads(campaign, people, suggestion, word)
    return Tenant(
        society=society,
        people=people,
        collection=skin,
        photographs=photographs,
        stack=stack,
        clip=clip,
        campaign=campaign,
        endpoint=endpoint,
        reads=reads,
        annotation=Annotation.objects.get(read=reads["reader"]),
        suggestion=suggestion,
        cells=outlined(campaign, photographs[0], word),
        brought=brought(campaign, people["reader"], word),
        imported=brought(campaign, people["reader"], word, done=True),
        export=exported(campaign, people["exporter"]),
        export_job=left_to_the_worker(campaign, people["exporter"]),
        export_begun=begun(campaign, people["exporter"]),
        release=released(campaign, people, word),
        dataset=frozen(society, people["exporter"], word),
        labels=edited(society, people["admin"], word),
    )


def ingested(collection: Collection, path: Path, name: str) -> Image:
    """Return the image that a file became in a collection."""
    result = ingest_file(collection=collection, path_or_stream=path, name=name)
    assert result.image is not None, result
    return result.image


def suggested(campaign: Campaign, image: Image) -> Suggestion:
    """Return a proposal from a finished run over an image, stored the way the worker stores it."""
    queued = request_runs(campaign=campaign, user=campaign.created_by, images=[image])
    run = claim_run()
    assert run is not None
    assert [run.pk] == [each.pk for each in queued]
    proposal = Proposal(granularity="diagnosis", shape=None, label="melanoma", score=0.7, uncertainty=0.6, frame=None)
    _store(run, 0, Reading(proposals=[proposal], uncertainty=0.6), "1.0", threshold=0.0)
    _finish(run, [0.6])
    assert SuggestionRun.objects.get(pk=run.pk).state == SuggestionRun.State.DONE
    return Suggestion.objects.get(run=run)


def outlined(campaign: Campaign, image: Image, word: str) -> CellLayer:
    """Return a layer of cells on an image, imported the way the worker does it."""
    stream = BytesIO(collection([cell(40, 40, word), cell(80, 40, "melanoma")]))
    receive_layer(user=campaign.created_by, campaign=campaign, image_id=image.pk, stream=stream, name=f"{word} nuclei")
    claimed = claim_layer()
    assert claimed is not None
    layer = import_layer(layer=claimed)
    assert layer.state == CellLayer.State.READY, layer.error_code
    return layer


def brought(campaign: Campaign, reader: User, word: str, *, done: bool = False) -> ImportRun:
    """Return an import by a reader that the worker has read; with ``done``, as if it had been confirmed and held nothing new."""
    file = BytesIO(json.dumps({"type": "Point", "coordinates": [5, 6]}).encode())
    receive_import(user=reader, campaign=campaign, stream=file, name=f"{word}-0.geojson", options={})
    claimed = claim_import()
    assert claimed is not None
    run = execute_import(run=claimed)
    assert run.state == ImportRun.State.READ, run.error_code
    if done:
        run.state, run.result = ImportRun.State.DONE, {"created": 0, "restored": 0, "already_there": 1, "reads": [], "left_out": {}}
        run.save()
    return run


def make_reads(campaign: Campaign, people: dict[str, User], suggestion: Suggestion, word: str) -> dict[str, Read]:
    """Return reads of the same image: one open with a diagnosis, one submitted, one of a reader who was taken off since."""
    reads = {}
    for person in ("reader", "colleague", "leaver"):
        add_reader(campaign=campaign, user=people[person])
        people[person] = User.objects.get(pk=people[person].pk)  # without the permissions that were looked up before
        claimed = claim_next(user=people[person], campaign=campaign)
        assert claimed is not None
        assert claimed.image_id == suggestion.image_id
        record_exposures(read=claimed.read, suggestion_ids=[suggestion.pk])
        diagnose(claimed.read, text=f"{word} words of the {person}")
        reads[person] = claimed.read
    submit(user=people["colleague"], read_id=reads["colleague"].pk, sequence=1, active_seconds=5.0)
    remove_reader(campaign=campaign, user=people["leaver"])
    people["leaver"] = User.objects.get(pk=people["leaver"].pk)
    return {person: Read.objects.get(pk=read.pk) for person, read in reads.items()}


def diagnose(read: Read, *, text: str = "") -> uuid.UUID:
    """Save a diagnosis of the image as the reader; return its id."""
    annotation_id = uuid.uuid4()
    said = diagnosis(text=text, form=FORM) | {"labels": ["melanoma"]}
    result = apply_operations(user=read.reader, read_id=read.pk, operations=[put(annotation_id, said=said)]).results[0]
    assert result.status == "applied", result.error and result.error.body()
    return annotation_id


def released(campaign: Campaign, people: dict[str, User], word: str) -> Release:
    """Return a release that one person asked for and another approved."""
    ends = timezone.localdate() + timedelta(days=365)
    governance = {
        "consent": {"mode": "opt-out", "withdrawn": False},
        "ethics": [{"committee": f"{word} board", "approvalNumber": "1", "expiresOn": ends.isoformat()}],
        "purposes": ["ai-research"],
        "thirdPartyProvision": {"allowed": True, "recipients": ["company"]},
        "ownership": {"images": word, "annotations": word, "dataset": word},
        "licence": "CC0-1.0",
    }
    set_governance(campaign=campaign, user=people["admin"], governance=governance)
    campaign.governance = governance
    release = request_release(
        campaign=campaign,
        user=people["exporter"],
        tier="third-party",
        format_name="document",
        recipient=f"{word} company",
        recipient_kind="company",
        purpose="ai-research",
        expires_on=ends,
    )
    confirm_pixels(release=release, user=people["admin"])
    return approve_release(release=release, user=people["admin"])


def frozen(society: Society, user: User, word: str) -> Dataset:
    """Return a dataset of everything that was read, with one version."""
    serializer = DatasetInputSerializer(data={"code": word, "name": {"en": f"{word} set"}, **RECIPE})
    serializer.is_valid(raise_exception=True)
    dataset = create_dataset(society=society, user=user, **serializer.validated_data)
    freeze_dataset(dataset=dataset, user=user)
    return dataset


def left_to_the_worker(campaign: Campaign, user: User) -> ExportJob:
    """Return an export of a campaign as a file, made the way the worker makes it."""
    request_export(campaign=campaign, user=user, request_id=uuid.uuid4(), format_name="document")
    claimed = claim_export()
    assert claimed is not None
    job = execute_export(job=claimed)
    assert job.state == ExportJob.State.DONE, job.error_code
    return job


def begun(campaign: Campaign, user: User) -> ExportJob:
    """Return an export that a worker holds and does not end."""
    job = request_export(campaign=campaign, user=user, request_id=uuid.uuid4(), format_name="csv")
    ExportJob.objects.filter(pk=job.pk).update(state=ExportJob.State.WORKING, lease_until=timezone.now() + timedelta(days=1))
    return job


def exported(campaign: Campaign, user: User) -> ExportRun:
    """Return a finished export of a campaign."""
    export = export_campaign(campaign=campaign, user=user, format_name="document", include_drafts=False)
    for _chunk in export.chunks():
        pass
    run = ExportRun.objects.get(pk=export.run.pk)
    assert run.state == ExportRun.State.DONE, run.error_code
    return run


def edited(society: Society, user: User, word: str) -> str:
    """Return the name of a label set with a version and a changed draft; a form and a label map have the same name, and drafts."""
    name = {"ja": word, "en": word}
    for kind in ("forms", "label-maps"):
        create_vocabulary(society=society, user=user, kind=kind, code="own", name=name)
    settled = create_vocabulary(society=society, user=user, kind="label-sets", code="settled", name=name, begin_with={"pack": "jda"})
    publish_vocabulary(society=society, user=user, draft=settled, version="1.0.0", revision=1)
    first = create_vocabulary(society=society, user=user, kind="label-sets", code="own", name=name, begin_with={"pack": "jda"})
    publish_vocabulary(society=society, user=user, draft=first, version="1.0.0", revision=1)
    draft = begin_draft(society=society, user=user, kind="label-sets", slug=first.slug, version="1.0.0")
    content = {**draft.content, "name": {"ja": f"{word}2", "en": f"{word} 2"}}
    save_vocabulary(society=society, user=user, draft=draft, content=content, revision=1)
    return first.slug
