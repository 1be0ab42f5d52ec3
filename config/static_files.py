"""Collects static files again only when one of them changed, so that a second start costs nothing."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command


def _fingerprint() -> str:
    """Return a digest over name, size and time of every source file."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            facts = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def collect_if_changed() -> bool:
    """Bring the served copies up to date; return whether there was anything to do."""
    mark = Path(settings.STATIC_ROOT) / ".fingerprint"
    fingerprint = _fingerprint()
    if mark.exists() and mark.read_text("utf-8") == fingerprint:
        return False
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    mark.write_text(fingerprint, "utf-8")
    return True
