"""Which endpoint addresses may be spoken to, and the one network address that a name is pinned to.

A name is resolved once. Every address it gives is checked, and the connection goes to the very address that was
checked: a second look-up could answer differently.
"""

import ipaddress
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from annotation.suggestions.errors import EndpointError

DEFAULT_PORTS = {"http": 80, "https": 443}
IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class EndpointAddress:
    """The base address of an endpoint, taken apart.

    Attributes:
        scheme: http or https.
        host: Host name or literal address, lower case, without brackets.
        port: TCP port.
        path: Prefix before ``/v2``, without a slash at its end.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def base_url(self) -> str:
        """Return the address as a URL without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path}"


def parse_address(url: str) -> EndpointAddress:
    """Take a base URL apart.

    Raises:
        EndpointError: ``endpoint_bad_url`` for anything but plain http(s)://host[:port][/path].
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise EndpointError("endpoint_bad_url", "the address is not a URL") from error
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise EndpointError("endpoint_bad_url", "the address must begin with http:// or https:// and name a host")
    if parts.username or parts.password or parts.query or parts.fragment or "\\" in url or any(c.isspace() for c in url.strip()):
        raise EndpointError("endpoint_bad_url", "the address must not hold a user, a password, a query or spaces")
    return EndpointAddress(parts.scheme, parts.hostname.lower(), port or DEFAULT_PORTS[parts.scheme], parts.path.rstrip("/"))


def parse_file_url(url: str) -> tuple[EndpointAddress, str]:
    """Take the address of a file apart: where to connect, and the whole URL to ask for, which may have a query.

    Raises:
        EndpointError: ``endpoint_bad_url`` for anything but plain http(s)://host[:port]/path[?query].
    """
    base, mark, query = url.partition("?")
    address = parse_address(base)
    if not url.isascii() or any(c.isspace() or not c.isprintable() for c in url) or "#" in query or "\\" in query:
        raise EndpointError("endpoint_bad_url", "the address of the cells must be plain ASCII without a fragment")
    return address, f"{address.base_url}{mark}{query}"


def check_allowed(address: EndpointAddress, allowed: Sequence[str]) -> None:
    """Refuse an address whose host and port the site has not listed.

    An entry is ``host:port`` or ``host``; without a port it means the port that belongs to the scheme.

    Raises:
        EndpointError: ``endpoint_not_allowed``.
    """
    for entry in allowed:
        parts = urlsplit(f"//{entry.strip().lower()}")
        try:
            port = parts.port or DEFAULT_PORTS[address.scheme]
        except ValueError:
            continue
        if parts.hostname == address.host and port == address.port:
            return
    raise EndpointError("endpoint_not_allowed", f"{address.host}:{address.port} is not on the site's list of model hosts")


def resolve(address: EndpointAddress, *, timeout_s: float) -> str:
    """Return the one network address that a connection may go to.

    Raises:
        EndpointError: ``endpoint_unreachable`` if the name is unknown, ``endpoint_timeout`` if its resolver is silent,
            ``endpoint_not_allowed`` if it leads to an address that no listed name may lead to.
    """
    found = _look_up(address, timeout_s=timeout_s)
    for candidate in found:
        if not _may_lead_to(address.host, candidate):
            raise EndpointError("endpoint_not_allowed", "the host name leads to an address that model endpoints may not have")
    return str(found[0])


def _may_lead_to(host: str, found: IpAddress) -> bool:
    """Return whether this host may have this address.

    Private networks are where hospitals keep their model servers, and the host was listed. This machine itself must be
    named as such: a foreign name that suddenly means loopback is an attack. Link-local holds the clouds' key services.
    """
    mapped = getattr(found, "ipv4_mapped", None)
    if mapped is not None:
        return _may_lead_to(host, mapped)
    if found.is_link_local or found.is_multicast or found.is_unspecified:
        return False
    if found.is_loopback:
        return host == "localhost" or _literal(host) == found
    return not found.is_reserved


def _literal(host: str) -> IpAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _look_up(address: EndpointAddress, *, timeout_s: float) -> list[IpAddress]:
    """Return all addresses of the host; the resolver of the C library knows no time limit, so it runs in a thread."""
    literal = _literal(address.host)
    if literal is not None:
        return [literal]
    answer: list[IpAddress] = []
    failed = threading.Event()

    def ask() -> None:
        try:
            rows = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
            answer.extend(ipaddress.ip_address(str(row[4][0]).split("%", 1)[0]) for row in rows)
        except (OSError, UnicodeError, ValueError):
            failed.set()

    thread = threading.Thread(target=ask, name="resolve-endpoint", daemon=True)
    thread.start()
    thread.join(timeout_s)
    if thread.is_alive():
        raise EndpointError("endpoint_timeout", f"the name service did not answer within {timeout_s:g} s")
    if failed.is_set() or not answer:
        raise EndpointError("endpoint_unreachable", "the host name is unknown")
    return answer
