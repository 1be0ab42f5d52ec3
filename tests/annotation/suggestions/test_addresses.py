"""Which addresses may be spoken to, and that a connection goes where the check looked."""

import socket
from typing import Any

import pytest

from annotation.suggestions.addresses import check_allowed, parse_address, resolve
from annotation.suggestions.client import EndpointClient
from annotation.suggestions.errors import EndpointError
from annotation.suggestions.limits import Limits
from tests.annotation.suggestions import hostile


@pytest.mark.parametrize(
    "url",
    [
        "ftp://model.example",
        "file:///etc/passwd",
        "http://",
        "http://user:word@model.example",
        "http://model.example/?x=1",
        "http://model.example/#x",
        "http://model.example:99999",
        "http://model.example\\@evil.example",
        "http://model .example",
        "",
    ],
)
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(EndpointError) as caught:
        parse_address(url)
    assert caught.value.code == "endpoint_bad_url"


@pytest.mark.parametrize(
    ("url", "listed", "allowed"),
    [
        ("http://127.0.0.1:8500", ["127.0.0.1:8500"], True),
        ("http://127.0.0.1:8501", ["127.0.0.1:8500"], False),
        ("http://model.example", ["model.example"], True),
        ("https://MODEL.example/base/", ["model.example"], True),
        ("http://model.example:8080", ["model.example"], False),
        ("http://model.example.evil.example", ["model.example"], False),
        ("http://sub.model.example", ["model.example"], False),
        ("http://[::1]:8500", ["[::1]:8500"], True),
        ("http://model.example", [], False),
        ("http://model.example", ["model.example:notaport"], False),
    ],
)
def test_only_listed_hosts(url: str, listed: list[str], allowed: bool) -> None:
    address = parse_address(url)
    if allowed:
        check_allowed(address, listed)
        return
    with pytest.raises(EndpointError) as caught:
        check_allowed(address, listed)
    assert caught.value.code == "endpoint_not_allowed"


def _answers(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let the name service answer these addresses; count the questions."""
    asked: list[str] = []

    def look_up(host: str, port: int, *args: Any, **options: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET6 if ":" in item else socket.AF_INET, socket.SOCK_STREAM, 6, "", (item, port)) for item in addresses]

    monkeypatch.setattr("annotation.suggestions.addresses.socket.getaddrinfo", look_up)
    return asked


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["169.254.169.254"],
        ["0.0.0.0"],  # noqa: S104  # an address to be refused
        ["224.0.0.1"],
        ["240.0.0.1"],
        ["::1"],
        ["::"],
        ["fe80::1"],
        ["::ffff:127.0.0.1"],
        ["::ffff:169.254.169.254"],
        ["10.0.0.5", "127.0.0.1"],
    ],
)
def test_a_listed_name_may_not_lead_to_this_machine_or_to_link_local(monkeypatch: pytest.MonkeyPatch, addresses: list[str]) -> None:
    _answers(monkeypatch, *addresses)
    with pytest.raises(EndpointError) as caught:
        resolve(parse_address("http://model.example"), timeout_s=1)
    assert caught.value.code == "endpoint_not_allowed"


@pytest.mark.parametrize("address", ["10.1.2.3", "192.168.0.9", "203.0.113.7", "fd00::5"])
def test_a_listed_name_may_lead_to_the_hospital_s_network(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    _answers(monkeypatch, address)
    assert resolve(parse_address("http://model.example"), timeout_s=1) == address


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is asked for once: what it would answer the second time does not matter."""
    with hostile.running() as server:
        asked = _answers(monkeypatch, "127.0.0.1")
        client = EndpointClient(
            f"http://localhost:{server.port}/fine", allowed_hosts=[f"localhost:{server.port}"], limits=Limits(total_s=3)
        )
        client.infer("m", [], {})
        assert [name for name in asked if name != "127.0.0.1"] == ["localhost"]


def test_a_silent_name_service_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    over = threading.Event()
    monkeypatch.setattr("annotation.suggestions.addresses.socket.getaddrinfo", lambda *_a, **_o: over.wait(5) and [])
    with pytest.raises(EndpointError) as caught:
        resolve(parse_address("http://model.example"), timeout_s=0.1)
    over.set()
    assert caught.value.code == "endpoint_timeout"


def test_an_unknown_name_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_options: Any) -> None:
        raise socket.gaierror(-2, "unknown")

    monkeypatch.setattr("annotation.suggestions.addresses.socket.getaddrinfo", fail)
    with pytest.raises(EndpointError) as caught:
        resolve(parse_address("http://no.such.host.example"), timeout_s=1)
    assert caught.value.code == "endpoint_unreachable"
