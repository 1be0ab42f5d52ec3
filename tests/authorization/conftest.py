"""Builds the two societies once; every test changes them in a transaction that is undone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import override_settings

from tests.authorization.everybody import FIRST, SECOND, Everybody
from tests.authorization.tenants import MODEL_HOST, make_tenant


@pytest.fixture(scope="package")
def _two_societies(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everybody]:
    folder = tmp_path_factory.mktemp("authorization")
    (folder / "static").mkdir()
    own = override_settings(DATA_DIR=folder, STATIC_ROOT=folder / "static", MODEL_HOSTS=[MODEL_HOST], UPLOADS_UNFINISHED=1000)
    with own, django_db_blocker.unblock(), transaction.atomic():
        first, second = make_tenant(FIRST, name_ja="琥珀学会"), make_tenant(SECOND, name_ja="白樺学会")
        yield Everybody(first, second, User.objects.create_user("nobody"), User.objects.create_superuser("operator"))
        transaction.set_rollback(True)


@pytest.fixture
def world(_two_societies: Everybody, db: None) -> Everybody:
    """Two societies in full swing, as they were built."""
    return _two_societies
