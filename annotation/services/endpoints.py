"""Model endpoints: registered by a society's admin, checked on request, left alone for a while when they keep failing."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Protocol

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from annotation.models import ModelEndpoint
from annotation.services.endpoint_parameters import parse_parameters
from annotation.services.suggestion_errors import endpoint_invalid, endpoint_refusal, registration_forbidden
from annotation.suggestions.addresses import check_allowed, parse_address
from annotation.suggestions.client import EndpointClient
from annotation.suggestions.errors import EndpointError
from annotation.suggestions.limits import DEFAULT_LIMITS, Limits

FAILURES_BEFORE_BLOCK: Final = 5
FIRST_BLOCK: Final = timedelta(seconds=60)
LONGEST_BLOCK: Final = timedelta(minutes=15)
MAX_LABELS: Final = 1000
# An admin waits for the answer of a check; a reader never waits for anything here.
CHECK_LIMITS: Final = Limits(total_s=5.0, answer_bytes=1 << 20)


class EndpointOwners(Protocol):
    """Who owns endpoints, as the layer above decides: annotation knows no societies."""

    def may_register(self, *, user: User, owner: str) -> bool:
        """Return whether the user may register an endpoint for this owner."""

    def adopt(self, *, endpoint: ModelEndpoint, owner: str) -> None:
        """Note whose endpoint it is and grant the rights to it, in the caller's transaction."""


class _SiteOwner:
    """The rule of a workbench without societies: the superuser registers, and needs no grant."""

    def may_register(self, *, user: User, owner: str) -> bool:
        return user.is_superuser

    def adopt(self, *, endpoint: ModelEndpoint, owner: str) -> None:
        return None


_owners: EndpointOwners = _SiteOwner()


def use_owners(owners: EndpointOwners) -> None:
    """Let the layer above decide who registers and owns endpoints."""
    global _owners  # noqa: PLW0603  # one rule a process is the point of this function
    _owners = owners


def client_of(endpoint: ModelEndpoint, limits: Limits = DEFAULT_LIMITS) -> EndpointClient:
    """Return a client for the endpoint; raises ``EndpointError`` if the site may not speak to its address."""
    return EndpointClient(endpoint.url, allowed_hosts=settings.MODEL_HOSTS, limits=limits)


@transaction.atomic
def register_endpoint(
    *,
    user: User,
    owner: str,
    name: str,
    url: str,
    model_name: str,
    task: str,
    label_map: Mapping[str, str] | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> ModelEndpoint:
    """Register a model for an owner; nothing is sent to it yet.

    Args:
        user: Who registers it.
        owner: The society's short name; what it means is decided by the rule given to ``use_owners``.
        name: How it is called in lists.
        url: Base address; its host and port must be on the site's list.
        model_name: The model's name on that server.
        task: One of ``ModelEndpoint.Task``.
        label_map: Label the model says -> label code; empty: the same words.
        parameters: See ``EndpointParameters``.

    Raises:
        ApiError: ``registration_forbidden``, ``endpoint_invalid`` with a pointer, ``endpoint_bad_url`` or ``endpoint_not_allowed``.
    """
    if not _owners.may_register(user=user, owner=owner):
        raise registration_forbidden()
    parse_parameters(parameters or {})
    for pointer, usable in _usable(name, model_name, task, label_map or {}).items():
        if not usable:
            raise endpoint_invalid(pointer, _("See the guide to model endpoints for what it may be."))
    try:
        check_allowed(parse_address(url), settings.MODEL_HOSTS)
    except EndpointError as error:
        raise endpoint_refusal(error.code, pointer="/url") from error
    endpoint = ModelEndpoint.objects.create(
        name=name.strip(),
        url=url.strip(),
        model_name=model_name,
        task=task,
        label_map=dict(label_map or {}),
        parameters=dict(parameters or {}),
        created_by=user,
    )
    _owners.adopt(endpoint=endpoint, owner=owner)
    return endpoint


def check_endpoint(*, endpoint: ModelEndpoint) -> ModelEndpoint:
    """Ask the server whether its model is ready and which version it is; note the outcome on the endpoint.

    A success also lifts a block, so that an admin who repaired the server need not wait.
    """
    try:
        client = client_of(endpoint, CHECK_LIMITS)
        client.check_ready(endpoint.model_name)
        versions = client.model(endpoint.model_name).versions
    except EndpointError as error:
        ModelEndpoint.objects.filter(pk=endpoint.pk).update(last_checked_at=timezone.now(), last_state=error.code)
    else:
        note_success(endpoint=endpoint, version=versions[-1] if versions else "")
    endpoint.refresh_from_db()
    return endpoint


def note_success(*, endpoint: ModelEndpoint, version: str) -> None:
    """Note that the endpoint answered well: failures are forgotten, a block ends."""
    ModelEndpoint.objects.filter(pk=endpoint.pk).update(
        failures_in_a_row=0, blocked_until=None, last_checked_at=timezone.now(), last_state="ok", last_version=version[:64]
    )


def note_failure(*, endpoint: ModelEndpoint, code: str) -> None:
    """Note a failure; from the fifth in a row on the endpoint is left alone for 1 to 15 minutes."""
    now = timezone.now()
    rows = ModelEndpoint.objects.filter(pk=endpoint.pk)
    rows.update(failures_in_a_row=F("failures_in_a_row") + 1, last_checked_at=now, last_state=code)
    failures = rows.values_list("failures_in_a_row", flat=True).first() or 0
    if failures >= FAILURES_BEFORE_BLOCK:
        block = min(LONGEST_BLOCK, FIRST_BLOCK * 2 ** min(10, failures - FAILURES_BEFORE_BLOCK))
        rows.update(blocked_until=now + block)


def _usable(name: str, model_name: str, task: str, label_map: Mapping[str, str]) -> dict[str, bool]:
    texts = all(isinstance(text, str) and 0 < len(text) <= 200 for pair in label_map.items() for text in pair)
    return {
        "/name": 0 < len(name.strip()) <= 120,
        "/model_name": 0 < len(model_name) <= 120 and model_name not in {".", ".."},
        "/task": task in ModelEndpoint.Task.values,
        "/label_map": len(label_map) <= MAX_LABELS and texts,
    }
