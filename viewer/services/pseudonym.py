"""Subjects without names: a keyed digest of the patient ID, the same within a site and meaningless outside it."""

import hashlib
import hmac
import secrets
import unicodedata
from pathlib import Path

from django.conf import settings

_KEY_BYTES = 32


def facility_key() -> bytes:
    """Return the site's pseudonym key (32 bytes), making and keeping it (mode 0600) on first use.

    It is not derived from the web secret: changing that one must not give every subject a new pseudonym.

    Raises:
        OSError: when the data folder cannot be written or the key was cut short.
    """
    path = Path(settings.DATA_DIR) / "facility.key"
    if not path.exists():
        _make_key(path)
    key = path.read_bytes()
    if len(key) != _KEY_BYTES:
        raise OSError(f"{path} must hold {_KEY_BYTES} bytes")
    return key


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{secrets.token_hex(4)}")
    fresh.touch(mode=0o600)
    try:
        fresh.write_bytes(secrets.token_bytes(_KEY_BYTES))
        # link, not rename: of two processes that start at once the first one's key stays.
        path.hardlink_to(fresh)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def subject_pseudonym(*, patient_id: str, digest: str) -> str:
    """Return the subject's pseudonym: HMAC-SHA-256, 64 hexadecimal digits.

    Args:
        patient_id: as the file has it; width, case and outer blanks do not make another subject. Empty where the file names nobody.
        digest: SHA-256 of the file, which stands in for the subject then.
    """
    subject = unicodedata.normalize("NFKC", patient_id).strip().upper()
    text = f"patient\0{subject}" if subject else f"file\0{digest}"
    return hmac.new(facility_key(), text.encode("utf-8", "backslashreplace"), hashlib.sha256).hexdigest()
