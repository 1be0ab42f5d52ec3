"""Slows down whoever guesses passwords: ten failures for one name from one address in 15 minutes, and no more.

Only that pair is shut out. The same person at another address, and everybody else at this one, sign in as ever.
"""

import hashlib
import ipaddress
import threading
import unicodedata
from typing import Final

from django.core.cache import cache

FAILURES: Final = 10
"""Attempts that may fail before the next one is refused unseen."""
WINDOW_S: Final = 15 * 60
"""How long a failure counts, in seconds."""
# A file cache looks and then writes; a shared Redis does both at once and needs no lock between processes.
_one_at_a_time = threading.Lock()


def admit_attempt(*, username: str, address: str) -> bool:
    """Count an attempt before its password is looked at, so that many at once find no gap; False: too many have failed."""
    with _one_at_a_time:
        return any(cache.add(place, True, WINDOW_S) for place in _places(username, address))


def forget_failures(*, username: str, address: str) -> None:
    """Begin to count anew, after the right password."""
    cache.delete_many(_places(username, address))


def _places(username: str, address: str) -> list[str]:
    """Return the keys of the failures that a pair may have; each is taken by one failure and free again when it is old."""
    name = unicodedata.normalize("NFKC", username).strip().casefold()
    pair = hashlib.blake2b(f"{name}\0{_network(address)}".encode(), digest_size=16).hexdigest()
    return [f"sign-in:{pair}:{number}" for number in range(FAILURES)]


def _network(address: str) -> str:
    """Return what one person holds: an IPv4 address, or the /64 in which an IPv6 host takes a new address whenever it likes."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((known, 64), strict=False)) if known.version == 6 else str(known)
