"""The messages of the upper layer by themselves: against those of another implementation, and against nonsense."""

import contextlib
import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.filereader import read_dataset
from pynetdicom.pdu import A_ABORT_RQ, A_ASSOCIATE_AC, A_ASSOCIATE_RJ, A_RELEASE_RP, P_DATA_TF

from tests.viewer.receiver import raw
from viewer.receiver import dimse, head, pdu
from viewer.receiver.rules import Rules, caller, negotiated, refusal

RULES = Rules(title="MITATE", callers={"SCANNER": frozenset(), "HERE": frozenset({"192.0.2.7"})}, associations=2)
CT = "1.2.840.10008.5.1.4.1.1.2"


def parsed(message: bytes) -> pdu.Request:
    return pdu.parse_request(message[6:])


def test_an_answer_is_read_by_another_implementation() -> None:
    request = parsed(raw.request(contexts=3))
    assert (request.called, request.calling, request.max_bytes) == ("MITATE", "SCANNER", 16384)
    accepted = A_ASSOCIATE_AC()
    accepted.decode(pdu.accept(request, negotiated(request), 65536))
    assert [(each.context_id, each.result, str(each.transfer_syntax)) for each in accepted.presentation_context] == [
        (number, 0, raw.EXPLICIT) for number in (1, 3, 5)
    ]
    assert accepted.user_information.maximum_length == 65536
    assert (accepted.calling_ae_title, accepted.called_ae_title) == ("SCANNER", "MITATE")
    refused, aborted, released = A_ASSOCIATE_RJ(), A_ABORT_RQ(), A_RELEASE_RP()
    refused.decode(pdu.reject(2, 3, 2))
    aborted.decode(pdu.abort(2, 6))
    released.decode(pdu.release_reply())
    assert (refused.result, refused.source, refused.reason_diagnostic) == (2, 3, 2)
    assert (aborted.source, aborted.reason_diagnostic) == (2, 6)


def test_a_command_is_read_by_another_implementation() -> None:
    request = dimse.parse_command(raw.store_command("2.25.123", CT))
    assert request == dimse.Command(dimse.C_STORE, 7, CT, "2.25.123", has_data=True)
    message = P_DATA_TF()
    message.decode(pdu.command(3, dimse.answer(request, 0xA700, "disk_full: no room \\ は " + "x" * 99)))
    (value,) = message.presentation_data_value_items
    assert (value.presentation_context_id, value.presentation_data_value[0]) == (3, 3)
    found = read_dataset(io.BytesIO(value.presentation_data_value[1:]), is_implicit_VR=True, is_little_endian=True)
    assert (found.CommandField, found.Status, found.MessageIDBeingRespondedTo, found.CommandDataSetType) == (0x8001, 0xA700, 7, 0x0101)
    assert (found.AffectedSOPClassUID, found.AffectedSOPInstanceUID) == (CT, "2.25.123")
    assert found.ErrorComment.startswith("disk_full: no room ? ? xxx")
    assert len(found.ErrorComment) == 64
    assert found.CommandGroupLength == len(value.presentation_data_value) - 1 - 12


@pytest.mark.parametrize(
    ("options", "others", "told"),
    [
        ({}, 1, None),
        ({}, 2, (2, 3, 2)),
        ({"calling": "OTHER"}, 0, (1, 1, 3)),
        ({"called": "OTHER"}, 0, (1, 1, 7)),
        ({"calling": " SCANNER"}, 0, None),  # blanks around a title do not count
        ({"calling": "HERE"}, 0, (1, 1, 3)),
    ],
)
def test_who_is_let_in(options: dict[str, str], others: int, told: object) -> None:
    request = parsed(raw.request(**options))
    assert refusal(RULES, request, host="192.0.2.1", others=others) == told


def test_a_title_from_one_address_only() -> None:
    request = parsed(raw.request(calling="HERE"))
    assert refusal(RULES, request, host="192.0.2.7", others=0) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("CT01", ("CT01", "")),
        ("CT01@192.0.2.7", ("CT01", "192.0.2.7")),
        ("A B@::1", ("A B", "::1")),
        ("ct@home", ("ct@home", "")),
        ("", None),
        ("seventeen letters", None),
        (" CT", None),
        ("a\\b", None),
        ("日本", None),
        ("longer than sixteen@192.0.2.7", None),
    ],
)
def test_callers(text: str, found: tuple[str, str] | None) -> None:
    if found is None:
        with pytest.raises(ValueError, match="no AE title"):
            caller(text)
    else:
        assert caller(text) == found


@pytest.mark.parametrize(
    ("abstract", "syntaxes", "answer"),
    [
        (CT, ("1.2.840.10008.1.2", raw.EXPLICIT), (0, raw.EXPLICIT)),
        (CT, ("1.2.840.10008.1.2",), (0, "1.2.840.10008.1.2")),
        (CT, ("1.2.3", "1.2.840.10008.1.2.4.90", raw.EXPLICIT), (0, "1.2.840.10008.1.2.4.90")),
        (CT, ("1.2.840.10008.1.2.4.94",), (4, "1.2.840.10008.1.2.4.94")),
        ("1.2.840.10008.5.1.4.1.2.2.1", (raw.EXPLICIT,), (3, raw.EXPLICIT)),
        ("1.2.840.10008.1.1", ("1.2.840.10008.1.2",), (0, "1.2.840.10008.1.2")),
    ],
)
def test_what_is_negotiated(abstract: str, syntaxes: tuple[str, ...], answer: tuple[int, str]) -> None:
    request = pdu.Request(bytes(32), (pdu.Context(1, abstract, syntaxes),), 0)
    assert [(each.result, each.syntax) for each in negotiated(request)] == [answer]


@given(st.binary(max_size=400))
def test_nonsense_is_refused_and_nothing_else(body: bytes) -> None:
    for parse in (pdu.parse_request, dimse.parse_command, lambda each: list(pdu.parse_data(each))):
        with contextlib.suppress(pdu.ProtocolError):
            parse(body)
    head.read_meta(bytes(128) + b"DICM" + body)
    for syntax in ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"):
        head.identity(body, syntax)


@given(st.integers(0, 200), st.binary(max_size=3), st.booleans())
def test_a_request_with_a_broken_place(at: int, put: bytes, cut: bool) -> None:
    body = raw.request(contexts=2)[6:]
    broken = body[:at] + put if cut else body[:at] + put + body[at + len(put) :]
    with contextlib.suppress(pdu.ProtocolError):
        assert len(pdu.parse_request(broken).contexts) <= 128


def test_a_file_head_is_read_back() -> None:
    for uid in ("1.2.3", "1.2.34"):
        written = head.write_meta(CT, uid, raw.EXPLICIT)
        assert head.read_meta(written + b"\x08\x00") == head.Meta(CT, uid, raw.EXPLICIT, len(written))
        assert head.read_meta(written[:-4]) is None


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_identity_of_a_data_set(order: str) -> None:
    syntax = raw.EXPLICIT if order == "<" else "1.2.840.10008.1.2.2"

    def element(tag: int, value: bytes, vr: bytes = b"UI") -> bytes:
        return struct.pack(f"{order}HH2sH", 8, tag, vr, len(value)) + value

    whole = element(8, b"ORIGINAL", b"CS") + element(0x16, CT.encode() + b"\0") + element(0x18, b"1.2.3\0")
    assert head.identity(whole + element(0x20, b"20260101", b"DA") + bytes(12), syntax) == (CT, "1.2.3")
    assert head.identity(element(0x20, b"20260101", b"DA") + bytes(12), syntax) == ("", "")
    assert head.identity(whole, syntax) is None  # what comes behind could still be part of it
