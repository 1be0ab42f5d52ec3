"""A receiver in its own process, and senders: pynetdicom, unchanged, and one that says what no honest sender would."""

import contextlib
import hashlib
import os
import resource
import shutil
import signal
import ssl
import struct
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from pydicom.errors import InvalidDicomError

from tests.viewer.catalogue.conftest import Site, migrated, stored_files  # noqa: F401  # one is a fixture
from tests.viewer.receiver.live import Running, associate, new_site, receiver, send
from tests.viewer.receiver.raw import EXPLICIT, SC, Raw, data, parts_of, pdu, request, store_command
from tests.waiting import wait_for

pytestmark = pytest.mark.filterwarnings("ignore")
MR = "1.2.840.10008.5.1.4.1.1.4"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, migrated: bytes) -> Site:  # noqa: F811
    return new_site(tmp_path_factory.mktemp("site"), migrated)


@pytest.fixture(scope="module")
def running(site: Site) -> Iterator[Running]:
    """One receiver for all tests that leave it alive; each sends instances of its own."""
    with receiver(site, "--max-instance-mib", "8") as started:
        yield started
        assert started.stop() == 0
        assert "Traceback" not in started.said()


def echoes(port: int) -> bool:
    association = associate(port)
    alive = association.is_established and association.send_c_echo().Status == 0
    association.release()
    return bool(alive)


def test_echo(running: Running) -> None:
    assert echoes(running.port)


SENT = [
    "dicom/ct/ct-3slice",
    "dicom/ct/one_slice_every_syntax",
    "dicom/us/acuson_doppler_8f_rgb.dcm",
    "dicom/dx/dx_monochrome1.dcm",
    "dicom/op/fundus_rgb_jpeg.dcm",
    "dicom/mr/MR_small_RLE.dcm",
    "dicom/mr/generic_jpegls",
    "dicom/ct/enhanced_ct_2f.dcm",
    *(f"wsi/dicom/he_pyramid_jpeg/level{level}.dcm" for level in range(3)),
]


def with_uid_of_its_own(body: bytes, syntax: str, uid: str, number: int) -> tuple[bytes, str]:
    """A data set under another SOP Instance UID of the same length; many of the test files share theirs."""
    fresh = f"{uid[:-3]}{number:03d}"
    deflated = syntax == "1.2.840.10008.1.2.1.99"
    plain = zlib.decompress(body, -15) if deflated else body
    changed = plain.replace(uid.encode(), fresh.encode())
    packer = zlib.compressobj(wbits=-15)
    return (packer.compress(changed) + packer.flush() if deflated else changed), fresh


@pytest.mark.parametrize("name", SENT)
def test_every_kind_is_stored_as_it_was_sent(running: Running, shared_data: Path, name: str) -> None:
    path = shared_data / name
    unread = {"JPEGProcess10_12.dcm", "JPEGProcess6_8.dcm"}
    for number, file in enumerate(sorted(path.rglob("*.dcm")) if path.is_dir() else [path]):
        syntax, body = parts_of(file)
        header = pydicom.dcmread(file, stop_before_pixels=True)
        if file.name in unread:
            assert associate(running.port, (header.SOPClassUID, syntax)).rejected_contexts[0].result == 4
            continue
        body, uid = with_uid_of_its_own(body, syntax, str(header.SOPInstanceUID), number)
        with Raw(running.port).associate(header.SOPClassUID, syntax) as sender:
            answer = sender.send(uid, body, header.SOPClassUID)
        assert (answer.Status, answer.MessageIDBeingRespondedTo) == (0, 7), answer
        (row,) = [row for row in running.stored() if row[0] == uid]
        (kept,) = [path for path in (running.site.folder / "images").rglob("*") if path.name.startswith(row[1])]
        assert parts_of(kept) == (syntax, body)
        assert hashlib.sha256(kept.read_bytes()).hexdigest() == row[1]
        assert f"stored {uid}" in running.said()


def test_another_program_sends(running: Running, shared_data: Path) -> None:
    path = shared_data / "dicom" / "mr" / "MR_small_implicit.dcm"
    assert [answer.Status for answer in send(running.port, path)] == [0]


def test_twice_is_a_success_and_told(running: Running, site: Site, shared_data: Path) -> None:
    """Also when the same instance came in as a file, under the head that its own maker wrote."""
    path = shared_data / "dicom" / "derm" / "dermoscopic_photography.dcm"
    assert site.manage("ingest", "--collection", "ours", str(path)).returncode == 0
    rows = running.stored()
    header = pydicom.dcmread(path)
    syntax, body = parts_of(path)
    for _time in range(2):
        with Raw(running.port).associate(header.SOPClassUID, syntax) as sender:
            assert sender.send(header.SOPInstanceUID, body, header.SOPClassUID).Status == 0
    assert running.stored() == rows
    assert f"duplicate {header.SOPInstanceUID}" in running.said()


def test_what_is_there_is_never_replaced(running: Running, shared_data: Path) -> None:
    names = ("same_uid_two_patients_1.dcm", "same_uid_two_patients_2.dcm")
    bodies = [parts_of(shared_data / "malformed" / "dicom" / name)[1] for name in names]
    with Raw(running.port).associate() as sender:
        answers = [sender.send("2.25.9000112", body) for body in bodies]
    assert [answer.Status for answer in answers] == [0, 0xC000]
    assert answers[1].ErrorComment.startswith("sop_uid_conflict: Another file")
    assert len(answers[1].ErrorComment) <= 64


@pytest.mark.parametrize("name", ["huge_rows_columns", "truncated_80", "huge_number_of_frames", "palette_without_tables", "bad_vr"])
def test_a_bad_instance_is_refused_with_its_reason(running: Running, shared_data: Path, name: str) -> None:
    path = shared_data / "malformed" / "dicom" / f"{name}.dcm"
    body = path.read_bytes()
    body = parts_of(path)[1]
    uid = str(pydicom.dcmread(path, stop_before_pixels=True, force=True).SOPInstanceUID)
    before = running.stored()
    with Raw(running.port).associate() as sender:
        answer = sender.send(uid, body)
        if answer.Status != 0:
            assert 0xC000 <= answer.Status <= 0xCFFF
            assert ":" in answer.ErrorComment
            assert running.stored() == before
        assert sender.send("2.25.77", b"").Status in {0xA900, 0xC000}
    assert echoes(running.port)


def test_every_hostile_file_is_answered(tmp_path: Path, shared_data: Path, migrated: bytes) -> None:  # noqa: F811
    paths = sorted((shared_data / "malformed" / "dicom").iterdir())
    with receiver(new_site(tmp_path, migrated)) as running:
        for path in paths:
            try:
                syntax, body = parts_of(path)
                uid = str(pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["SOPInstanceUID"]).SOPInstanceUID)
            except (ValueError, struct.error, AttributeError, InvalidDicomError):
                continue  # what has no head or no UID cannot be announced
            with Raw(running.port) as sender:
                sender.say(request(syntax=syntax), data(store_command(uid), command=True), data(body[:200_000], command=False))
                assert sender.hear()[0] == 2
                kind, _ = sender.hear()
                assert kind in {4, 7}, path.name
        assert echoes(running.port)
        assert not list((tmp_path / "incoming").glob("*"))
        assert running.stop() == 0
        assert "Traceback" not in running.said()


def test_a_deflate_bomb_is_refused(running: Running, shared_data: Path) -> None:
    syntax, body = parts_of(shared_data / "malformed" / "dicom" / "deflate_bomb_300MB.dcm")
    with Raw(running.port).associate(syntax=syntax) as sender:
        assert sender.send("2.25.300", body).Status == 0xC000
    assert echoes(running.port)


def test_another_instance_than_announced(running: Running, shared_data: Path) -> None:
    _, body = parts_of(shared_data / "malformed" / "dicom" / "xss_in_names.dcm")
    with Raw(running.port).associate() as sender:
        answer = sender.send("2.25.9000199", body)
        assert (answer.Status, answer.ErrorComment[:12]) == (0xA900, "the data set")
        assert sender.send("2.25.9000100", body).Status == 0
    with Raw(running.port).associate(MR) as sender:
        assert sender.send("2.25.9000100", body, SC).Status == 0x0122


def test_too_large_is_told_and_the_association_goes_on(running: Running, shared_data: Path) -> None:
    with Raw(running.port).associate() as sender:
        answer = sender.send("2.25.8", bytes(9 << 20))
        assert (answer.Status, answer.ErrorComment[:9]) == (0xA700, "too_large")
        assert sender.send("2.25.9", b"nothing of the kind").Status in {0xA900, 0xC000}
    assert stored_files(running.site.folder / "incoming") == []


def peak_mib(process_id: int) -> float:
    """The most memory a process has had at a time, in MiB."""
    (line,) = [line for line in Path(f"/proc/{process_id}/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def test_memory_does_not_grow_with_an_instance(site: Site) -> None:
    nameless = b"\x08\x00\x20\x00DA\x08\x0020260101"  # a study date where the UIDs would have come
    with receiver(site) as running:
        with Raw(running.port).associate() as sender:
            sender.send("2.25.5", nameless + bytes(1 << 20))
            before = peak_mib(running.process.pid)
            assert sender.send("2.25.6", nameless + bytes(96 << 20)).Status == 0xA900
        assert peak_mib(running.process.pid) - before < 8
        assert running.stop() == 0


def test_a_full_disk_is_told_and_small_things_still_go_in(site: Site, shared_data: Path) -> None:
    _, body = parts_of(shared_data / "malformed" / "dicom" / "newlines_header_injection.dcm")
    with receiver(site) as running:
        resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (3 << 20, 3 << 20))
        with Raw(running.port).associate() as sender:
            answer = sender.send("2.25.4", bytes(4 << 20))
            assert (answer.Status, answer.ErrorComment[:9]) == (0xA700, "disk_full")
            assert sender.send("2.25.9000105", body).Status == 0
        assert not list((site.folder / "incoming").glob("*"))
        assert running.stop() == 0


@pytest.mark.parametrize(
    ("options", "told"), [({"calling": "STRANGER"}, (1, 1, 3)), ({"called": "OTHER"}, (1, 1, 7)), ({"calling": "scanner"}, (1, 1, 3))]
)
def test_who_is_not_on_the_list_is_refused(running: Running, options: dict[str, str], told: tuple[int, int, int]) -> None:
    with Raw(running.port) as sender:
        sender.say(request(**options))
        kind, body = sender.hear()
        assert (kind, tuple(body[1:])) == (3, told)
        assert sender.hear() == (0, b"")


def test_what_is_not_taken_is_negotiated_away(running: Running) -> None:
    found = associate(
        running.port,
        ("1.2.840.10008.5.1.4.1.2.2.1", EXPLICIT),
        (SC, EXPLICIT),
        (MR, "1.2.840.10008.1.2.4.94"),
    )
    assert [str(each.abstract_syntax) for each in found.accepted_contexts] == [SC]
    assert sorted(each.result for each in found.rejected_contexts) == [3, 4]
    found.release()


def test_an_operation_that_is_not_offered(running: Running) -> None:
    with Raw(running.port).associate() as sender:
        sender.say(data(store_command("2.25.1", field=0x20), command=True), data(b"", command=False))
        assert sender.answer().Status == 0x0211


HOSTILE = {
    "no DICOM at all": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "data before any request": data(b"", command=True),
    "a request of 4 GB": b"\1\0\xff\xff\xff\xff",
    "an unknown type": b"\x99\0\0\0\0\1x",
    "an empty request": pdu(1, b""),
    "a request without contexts": request(contexts=0),
    "items longer than the message": request()[:-6] + b"\xff\xff" + request()[-4:],
}
LATER = {
    "data of 4 GB": b"\4\0\xff\xff\xff\xff",
    "a piece of 4 GB": pdu(4, b"\xff\xff\xff\xff\1\3"),
    "a piece without a head": pdu(4, b"\0\0\0\1\1"),
    "data that nothing announced": data(b"x", command=False),
    "a context that was not accepted": data(store_command("2.25.1"), command=True, context=9),
    "a command without end": b"".join(data(bytes(4000), command=True, last=False) for _ in range(4)),
    "a command that is none": data(b"\1\2\3", command=True),
    "a UID that is a path": data(store_command("../../etc/passwd"), command=True),
    "a second command instead of data": data(store_command("2.25.1"), command=True) * 2,
    "a second request": request(),
    "a release in the middle": data(store_command("2.25.1"), command=True) + pdu(5, bytes(4)),
}


@pytest.mark.parametrize("words", HOSTILE)
def test_what_is_no_request_ends_the_connection(running: Running, words: str) -> None:
    with Raw(running.port) as sender:
        sender.say(HOSTILE[words])
        assert sender.hear()[0] in {0, 7}
    assert echoes(running.port)


@pytest.mark.parametrize("words", LATER)
def test_what_breaks_the_protocol_aborts_the_association(running: Running, words: str) -> None:
    with Raw(running.port).associate() as sender:
        sender.say(LATER[words])
        assert sender.hear()[0] in {0, 7}
    assert echoes(running.port)
    assert not list((running.site.folder / "incoming").glob("*"))


def test_no_more_associations_than_permitted(site: Site) -> None:
    with receiver(site, "--associations", "2") as running:
        with Raw(running.port), Raw(running.port):  # who has not asked takes nobody's place
            first, second = Raw(running.port).associate(), Raw(running.port).associate()
            with Raw(running.port) as third:
                third.say(request())
                kind, body = third.hear()
                assert (kind, tuple(body[1:])) == (3, (2, 3, 2))
            first.socket.close()
            wait_for("the place of who left", lambda: is_accepted(running.port))
            second.socket.close()
        assert running.stop() == 0


def is_accepted(port: int) -> bool:
    with Raw(port) as sender:
        sender.say(request())
        return sender.hear()[0] == 2


def incoming(site: Site) -> list[Path]:
    return list((site.folder / "incoming").glob("*"))


def half_sent(running: Running, body: bytes, uid: str) -> Raw:
    """A sender in the middle of an instance, of which the first half has arrived."""
    sender = Raw(running.port).associate()
    sender.say(data(store_command(uid), command=True), data(body[: len(body) // 2], command=False, last=False))
    wait_for("the first half", lambda: incoming(running.site))
    return sender


def test_a_killed_receiver_leaves_nothing_half_stored(site: Site, shared_data: Path) -> None:
    _, body = parts_of(shared_data / "malformed" / "dicom" / "csv_formula_in_id.dcm")
    with receiver(site) as running:
        before = running.stored()
        half_sent(running, body, "2.25.9000101")
        os.kill(running.process.pid, signal.SIGKILL)
        running.process.wait()
        assert running.stored() == before
    with receiver(site) as running:
        with Raw(running.port).associate() as sender:
            assert sender.send("2.25.9000101", body).Status == 0
        assert len(running.stored()) == len(before) + 1
        running.stop()
    shutil.rmtree(site.folder / "incoming", ignore_errors=True)


def test_a_peer_that_leaves_in_the_middle_leaves_nothing(running: Running, shared_data: Path) -> None:
    _, body = parts_of(shared_data / "malformed" / "dicom" / "template_in_description.dcm")
    sender = half_sent(running, body, "2.25.9000103")
    sender.socket.close()
    wait_for("nothing left of it", lambda: not incoming(running.site))
    assert echoes(running.port)


def test_told_to_stop_it_finishes_what_is_on_its_way(site: Site, shared_data: Path) -> None:
    _, body = parts_of(shared_data / "malformed" / "dicom" / "sql_in_accession.dcm")
    with receiver(site) as running:
        sender = half_sent(running, body, "2.25.9000104")
        idle = Raw(running.port).associate()
        running.process.send_signal(signal.SIGTERM)
        assert idle.hear()[0] == 7
        sender.say(data(body[len(body) // 2 :], command=False))
        assert sender.answer().Status == 0
        assert sender.hear()[0] == 7
        assert running.process.wait(20) == 0
        assert "2.25.9000104" in {row[0] for row in running.stored()}
        assert "Traceback" not in running.said()


def certificate(folder: Path, name: str) -> tuple[str, str]:
    """A certificate that vouches for itself, and its key."""
    made = str(folder / f"{name}.pem"), str(folder / f"{name}.key")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    subprocess.run([*command, "-out", made[0], "-keyout", made[1]], check=True, capture_output=True)
    return made


def test_tls_and_who_has_a_certificate(site: Site, tmp_path: Path) -> None:
    ours, theirs = certificate(tmp_path, "receiver"), certificate(tmp_path, "scanner")
    tls = ssl.create_default_context(cafile=ours[0])
    tls.check_hostname = False
    options = ("--tls-certificate", ours[0], "--tls-key", ours[1], "--tls-callers", theirs[0])
    with receiver(site, *options) as running:
        with Raw(running.port) as plain:
            plain.say(request())
            assert plain.hear()[0] != 2
        with Raw(running.port) as nameless, contextlib.suppress(OSError), tls.wrap_socket(nameless.socket) as secured:
            secured.sendall(request())
            assert secured.recv(1) == b""
        tls.load_cert_chain(*theirs)
        association = associate(running.port, tls_args=(tls, None))
        assert association.is_established
        assert association.send_c_echo().Status == 0
        association.release()
        assert running.stop() == 0
        assert "Traceback" not in running.said()


def test_a_title_from_another_address(site: Site) -> None:
    with receiver(site, "--allow", "ELSEWHERE@192.0.2.1", "--allow", "HERE@127.0.0.1") as running:
        for title, kind in (("ELSEWHERE", 3), ("HERE", 2)):
            with Raw(running.port) as sender:
                sender.say(request(calling=title))
                assert sender.hear()[0] == kind


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--collection", "ours", "--allow", "A", "--tls-key", "/nowhere"], "TLS needs both"),
        (["--collection", "ours", "--allow", "A", "--tls-key", "/nowhere", "--tls-certificate", "/nowhere"], "cannot be used"),
        (["--collection", "nowhere", "--allow", "A"], "Collections: ours"),
        (["--collection", "ours"], "--allow"),
        (["--collection", "ours", "--allow", "longer than sixteen"], "no AE title"),
        (["--collection", "ours", "--allow", "A", "--bind", "192.0.2.1"], "Cannot listen"),
    ],
)
def test_a_wrong_command_says_what_is_wrong(site: Site, options: list[str], said: str) -> None:
    done = site.manage("dicom_receive", *options)
    assert done.returncode != 0
    assert said in done.stderr
