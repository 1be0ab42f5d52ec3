"""Refuses combinations of settings that would lose work or leak it without a word."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # Django's own name for it

_LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}


@register()
def one_process_or_shared_services(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Several web processes need a database and a message layer that they share."""
    if settings.ENV.web_workers == 1:
        return []
    found: list[CheckMessage] = []
    if not settings.ENV.redis_url:
        found.append(
            Error(
                "Several web processes without Redis lose live hints: each process would only tell its own readers.",
                hint="Set MITATE_REDIS_URL, or MITATE_WEB_WORKERS=1.",
                id="mitate.E001",
            )
        )
    if not settings.ENV.database_url:
        found.append(
            Error(
                "Several web processes on one SQLite file make readers wait for each other.",
                hint="Set MITATE_DATABASE_URL to a PostgreSQL address, or MITATE_WEB_WORKERS=1.",
                id="mitate.E002",
            )
        )
    return found


@register(deploy=True)
def tls_outside_this_machine(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A site reached from other machines needs TLS, or session cookies cross the network in the clear."""
    if settings.ENV.https or set(settings.ALLOWED_HOSTS) <= _LOOPBACK:
        return []
    return [
        Warning(
            "The site answers to other machines without TLS: passwords and session cookies cross the network readable.",
            hint="Put a TLS proxy in front and set MITATE_HTTPS=true.",
            id="mitate.W001",
        )
    ]
