"""A society whose exporter makes datasets, with ten images that one reader has read."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from annotation.models import Campaign, Read
from annotation.services.operations import apply_operations
from societies.models import Society
from societies.services.worklist import claim_next, submit
from tests.factories import ADMIN, EXPORTER, READER, make_campaign, make_person, make_society, put_box, put_diagnosis

RECIPE: dict[str, Any] = {"query": {}, "shares": {"train": 60, "tune": 20, "test": 20}, "strata": ["label"], "seed": "fixed"}


@dataclass
class World:
    society: Society
    admin: User
    exporter: User
    readers: tuple[User, User]
    campaign: Campaign
    clients: dict[str, Client]

    def ask(self, path: str = "", body: Any = None, *, by: str = "exporter", method: str = "post") -> Any:
        address = f"/api/societies/{self.society.slug}/datasets/{path}"
        if body is None and method == "post":
            return self.clients[by].get(address)
        return getattr(self.clients[by], method)(address, json.dumps(body), content_type="application/json")

    def made(self, **changes: Any) -> str:
        answer = self.ask("", {"code": "colon", "name": {"en": "Colon"}, **RECIPE, **changes})
        assert answer.status_code == 201, answer.content
        return str(answer.json()["id"])

    def frozen(self, dataset: str) -> dict[str, Any]:
        answer = self.ask(f"{dataset}/versions/", {})
        assert answer.status_code == 201, answer.content
        found: dict[str, Any] = answer.json()
        return found

    def files(self, dataset: str, number: int = 1, *, by: str = "exporter", **asked: str) -> dict[str, Any]:
        answer = self.export(dataset, number, by=by, **asked)
        assert answer.status_code == 200, answer.content
        zipped = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
        return {name: json.loads(zipped.read(name)) for name in zipped.namelist() if name.endswith(".json")}

    def export(self, dataset: str, number: int = 1, *, by: str = "exporter", **asked: str) -> Any:
        address = f"/api/societies/{self.society.slug}/datasets/{dataset}/versions/{number}/export/"
        return self.clients[by].get(address, asked)


def images_in(files: dict[str, Any]) -> set[str]:
    return {image["id"] for document in documents(files) for image in document["images"]}


def documents(files: dict[str, Any]) -> list[dict[str, Any]]:
    return [content for content in files.values() if "documentId" in content]


def say(reader: User, campaign: Campaign, *diagnoses: str) -> list[Read]:
    """Read the next images of a campaign, with one diagnosis each."""
    reads = []
    for diagnosis in diagnoses:
        claimed = claim_next(user=reader, campaign=campaign)
        assert claimed is not None
        result = apply_operations(user=reader, read_id=claimed.read.pk, operations=[put_box(), put_diagnosis(diagnosis)])
        assert [each.status for each in result.results] == ["applied", "applied"]
        submit(user=reader, read_id=claimed.read.pk, sequence=result.sequence, active_seconds=3)
        reads.append(claimed.read)
    return reads


def make_world(settings: Any, tmp_path: Any, client_of: Callable[[User], Client]) -> World:
    """Make it."""
    settings.DATA_DIR = tmp_path
    society = make_society()
    admin, exporter = make_person(society, "admin", ADMIN), make_person(society, "exporter", EXPORTER)
    readers = make_person(society, "first", READER), make_person(society, "second", READER)
    campaign = make_campaign(society, admin, images=10, readers=readers, reads_per_image=2)
    clients = {"admin": client_of(admin), "exporter": client_of(exporter)}
    world = World(society, admin, exporter, readers, campaign, clients)
    say(readers[0], campaign, *(["adenoma"] * 5 + ["early-carcinoma"] * 5))
    return world
