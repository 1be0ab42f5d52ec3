"""``manage.py doctor``: says whether this site is fit to work, and what to do where it is not."""

import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import DatabaseError

from viewer.readers.errors import ReaderError
from viewer.tiles.pool import PixelPool

_LEAST_FREE_SHARE = 0.05
_PROBE = Path(__file__).resolve().parents[3] / "samples" / "ophthalmology" / "normal_right_eye_600.jpg"


def _data_folder() -> str:
    """The data folder can be written, and its keys are nobody else's."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    probe = settings.DATA_DIR / ".doctor"
    probe.write_bytes(b"")
    probe.unlink()
    for key in settings.DATA_DIR.glob("*.key"):
        if stat.S_IMODE(key.stat().st_mode) & 0o077:
            raise CommandError(f"{key} can be read by others: chmod 600 {key}")
    return str(settings.DATA_DIR)


def _disk() -> str:
    """There is room: below 5 % imports are refused."""
    usage = shutil.disk_usage(settings.DATA_DIR)
    if usage.free < usage.total * _LEAST_FREE_SHARE:
        raise CommandError(f"only {usage.free >> 20} MiB are free: imports are refused until there is room")
    return f"{usage.free >> 30} GiB free"


def _database() -> str:
    """The database answers and has every migration."""
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        raise CommandError(f"the database does not answer ({error.__class__.__name__}): check MITATE_DATABASE_URL") from error
    if waiting:
        raise CommandError(f"{len(waiting)} migrations are missing: manage.py migrate")
    return connection.vendor


def _live_hints() -> str:
    """Redis answers, where the site uses it."""
    if not settings.ENV.redis_url:
        return "in this process"
    try:
        redis.Redis.from_url(settings.ENV.redis_url, socket_timeout=2).ping()
    except redis.RedisError as error:
        raise CommandError(
            f"Redis does not answer ({error.__class__.__name__}): readers still work, but see changes only every 10 s"
        ) from error
    return "Redis"


def _pixels() -> str:
    """A pixel worker starts and decodes."""
    pool = PixelPool(workers=1, memory_limit_bytes=settings.PIXEL_MEMORY_BYTES)
    try:
        found = pool.inspect(str(_PROBE))
    except ReaderError as error:
        raise CommandError(f"a pixel worker cannot decode ({error.code}): reinstall the packages with make run") from error
    finally:
        pool.close()
    return f"a worker opened a {found['width']} x {found['height']} photograph"


CHECKS: dict[str, Callable[[], str]] = {
    "data folder": _data_folder,
    "disk": _disk,
    "database": _database,
    "live hints": _live_hints,
    "pixels": _pixels,
}


def examine() -> Iterator[tuple[str, bool, str]]:
    """Yield name, whether it is well, and what was found, for each check."""
    for name, check in CHECKS.items():
        try:
            yield name, True, check()
        except (CommandError, OSError) as error:
            yield name, False, str(error)


class Command(BaseCommand):
    help = "Say whether this site is fit to work, and what to do where it is not."
    requires_migrations_checks = False

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each check; exit with 1 when one fails."""
        ill = 0
        for name, well, text in examine():
            ill += not well
            mark = self.style.SUCCESS("ok ") if well else self.style.ERROR("ill")
            self.stdout.write(f"{mark}  {name:12}  {text}")
        if ill:
            raise CommandError(f"{ill} of {len(CHECKS)} checks failed")
