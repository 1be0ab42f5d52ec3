"""Who may send, what is taken and how much of it: the whole policy of a receiver in plain values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from viewer.receiver.pdu import Answer, Request

VERIFICATION: Final = "1.2.840.10008.1.1"
_STORAGE: Final = re.compile(r"1\.2\.840\.10008\.5\.1\.4\.1\.1\.[0-9.]+")
_NATIVE: Final = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99")
_COMPRESSED: Final = ("50", "51", "57", "70", "80", "81", "90", "91", "92", "93", "201", "202", "203")
_VIDEO: Final = ("100", "101", "102", "103", "104", "105", "106", "107", "108")
SYNTAXES: Final = (*_NATIVE, "1.2.840.10008.1.2.5", *(f"1.2.840.10008.1.2.4.{end}" for end in (*_COMPRESSED, *_VIDEO)))
"""Transfer syntaxes that are taken in."""

TITLE: Final = re.compile(r"[!-\[\]-~](?:[ -\[\]-~]{0,14}[!-\[\]-~])?")
"""An AE title: 1 to 16 printable characters but the backslash, without blanks around it (PS3.5 6.2)."""

# Why an association is refused: result, source, reason (PS3.8 table 9-21).
UNKNOWN_CALLER: Final = (1, 1, 3)
UNKNOWN_CALLED: Final = (1, 1, 7)
TOO_MANY: Final = (2, 3, 2)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a receiver goes by.

    Attributes:
        title: AE title under which it is called.
        callers: AE titles that may call, compared as they are, as PS3.5 does; each with the addresses from which, none for any.
        associations: how many at a time; one more is told to come again.
        pdu_bytes: longest P-DATA-TF that is taken.
        instance_bytes: largest instance that is taken.
        request_s: how long a peer may take from the connection to its request, and for each message after its first byte.
        idle_s: how long an association may stay without a word.
        instance_s: how long one instance may take to arrive.
        grace_s: how long an instance on its way may go on when the receiver is told to stop.
    """

    title: str
    callers: Mapping[str, frozenset[str]]
    associations: int = 8
    pdu_bytes: int = 256 << 10
    instance_bytes: int = 4 << 30
    request_s: float = 30.0
    idle_s: float = 120.0
    instance_s: float = 1800.0
    grace_s: float = 20.0


def caller(text: str) -> tuple[str, str]:
    """AE title and address of ``TITLE`` or ``TITLE@ADDRESS``; the address is empty where none is named.

    Raises:
        ValueError: when the title is none.
    """
    title, _, address = text.rpartition("@")
    try:
        host = str(ip_address(address)) if title else ""
    except ValueError:  # a title may hold the sign itself
        host = ""
    title = title if host else text
    if not TITLE.fullmatch(title):
        raise ValueError(f"{title!r} is no AE title: 1 to 16 printable ASCII characters without backslash.")
    return title, host


def refusal(rules: Rules, request: Request, *, host: str, others: int) -> tuple[int, int, int] | None:
    """Why an association is refused; None for one that is accepted.

    Args:
        rules: of this receiver.
        request: the proposed association.
        host: address from which it comes.
        others: how many associations there are already.
    """
    if request.called != rules.title:
        return UNKNOWN_CALLED
    hosts = rules.callers.get(request.calling)
    if hosts is None or (hosts and host not in hosts):
        return UNKNOWN_CALLER
    return TOO_MANY if others >= rules.associations else None


def negotiated(request: Request) -> Iterator[Answer]:
    """Yield what becomes of each presentation context; of several transfer syntaxes that are read, the first that is proposed.

    Implicit VR is taken only where nothing better is proposed: it loses the types of attributes that no dictionary knows.
    """
    for each in request.contexts:
        wanted = [syntax for syntax in each.syntaxes if syntax in SYNTAXES]
        wanted.sort(key=lambda syntax: syntax == "1.2.840.10008.1.2")
        known = each.abstract == VERIFICATION or _STORAGE.fullmatch(each.abstract) is not None
        if not known:
            yield Answer(each.id, 3, each.syntaxes[0])
        elif not wanted:
            yield Answer(each.id, 4, each.syntaxes[0])
        else:
            yield Answer(each.id, 0, wanted[0])
