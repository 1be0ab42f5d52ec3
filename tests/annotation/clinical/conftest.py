"""A submitted read whose diagnosis waits for its histopathology."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation.models import Annotation, Campaign, Read
from annotation.services.operations import apply_operations
from annotation.services.reads import submit_read
from tests.annotation.marking.objects import diagnosis, make_campaign, make_read, put

WAITING = [{"method": "CT", "status": "supports"}, {"method": "histopathology-biopsy", "status": "pending"}]
ASKED = {
    "required": True,
    "label_roles": ["diagnosis"],
    "ask_certainty": True,
    "ask_basis": True,
    "basis_methods": ["CT", "histopathology-biopsy", "histopathology-resection"],
}


def submitted(campaign: Campaign, *, reader: User | None = None, basis: list[dict[str, str]] | None = None) -> Annotation:
    """Return the diagnosis of a new reader's submitted read."""
    read = make_read(campaign, reader=reader)
    said = diagnosis(basis=WAITING if basis is None else basis)
    identity = uuid.uuid4()
    outcome = apply_operations(user=read.reader, read_id=read.pk, operations=[put(identity, said=said)])
    assert outcome.results[0].status == "applied", outcome.results[0].error
    submit_read(read=Read.objects.get(pk=read.pk), user=read.reader, sequence=outcome.sequence, active_seconds=5)
    return Annotation.objects.select_related("read__reader", "read__campaign").get(pk=identity)


@pytest.fixture
def campaign(db: None) -> Campaign:
    return make_campaign(diagnosis=ASKED)


@pytest.fixture
def waiting(campaign: Campaign) -> Annotation:
    return submitted(campaign)


@pytest.fixture
def client_of(settings: Any, tmp_path: Path) -> Callable[[User], Client]:
    """A browser that is signed in."""
    settings.STATIC_ROOT = tmp_path

    def signed_in(user: User) -> Client:
        client = Client(headers={"Accept-Language": "en"})
        client.force_login(user)
        return client

    return signed_in
