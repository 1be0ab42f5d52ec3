"""Two complete societies and everyone who might ask for something of the first one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from tests.factories import Tenant, make_tenant

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ROLES = ("anonymous", "reader", "other_reader", "admin", "exporter", "their_reader", "their_admin", "their_exporter", "superuser")
FOREIGN = ("their_reader", "their_admin", "their_exporter")


@dataclass(frozen=True)
class World:
    """What the table is asked about: ``ours`` is what routes name, ``theirs`` only asks."""

    ours: Tenant
    theirs: Tenant
    users: dict[str, User | None]

    def client(self, role: str) -> Client:
        """A browser of this role, set to English."""
        client = Client(headers={"Accept-Language": "en"})
        user = self.users[role]
        if user is not None:
            client.force_login(User.objects.get(pk=user.pk))
        return client

    def arguments(self) -> dict[str, Any]:
        """What the places of every route are filled with."""
        ours = self.ours
        return {
            "collection_id": ours.collection.pk,
            "image_id": ours.image.pk,
            "read_id": ours.read.pk,
            "annotation_id": ours.annotation_id,
            "campaign_id": ours.campaign.pk,
            "endpoint_id": ours.endpoint.pk,
            "user_id": ours.other_reader.pk,
            "slug": ours.society.slug,
            "role": "reader",
            "version": "1.0.0",
        }


def make_world(samples: Path) -> World:
    """Make both societies."""
    photographs = sorted((samples / "dermatology").glob("ISIC_*.jpg"))
    ours, theirs = make_tenant("ours", photographs[0]), make_tenant("theirs", photographs[1])
    users: dict[str, User | None] = {
        "anonymous": None,
        "reader": ours.reader,
        "other_reader": ours.other_reader,
        "admin": ours.admin,
        "exporter": ours.exporter,
        "their_reader": theirs.reader,
        "their_admin": theirs.admin,
        "their_exporter": theirs.exporter,
        "superuser": User.objects.create_superuser("root"),
    }
    return World(ours, theirs, users)


@dataclass(frozen=True)
class Route:
    """One address of the site."""

    pattern: str
    name: str
    arguments: tuple[str, ...]


def routes_of(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[Route]:
    """Yield every address that the URL conf serves, once."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes_of(pattern.url_patterns, route)
        else:
            yield Route(route, pattern.name or "", tuple(pattern.pattern.converters))


def ask(world: World, role: str, route: Route, method: str, body: dict[str, Any] | None) -> tuple[int, bytes]:
    """Send one request of a role and take back whatever it changed; return status and body."""
    address = reverse(route.name, kwargs={name: value for name, value in world.arguments().items() if name in route.arguments})
    with transaction.atomic():
        client = world.client(role)
        sent: dict[str, Any] = dict(body or {})
        files, headers = sent.pop("files", None), sent.pop("headers", {})
        if files is not None:
            opened = {name: path.open("rb") for name, path in files.items()}
            response = client.generic("GET", address) if method == "GET" else client.post(address, opened)
            for stream in opened.values():
                stream.close()
        elif method == "GET":
            response = client.get(address, sent)
        else:
            response = getattr(client, method.lower())(address, sent, content_type="application/json", headers=headers)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        transaction.set_rollback(True)
    return response.status_code, content
