"""Every spelling of what a client accepts, against what lies there; no database."""

import pytest

from viewer.dicomweb.accept import (
    Choice,
    NotAcceptable,
    choose_frames,
    choose_instances,
    choose_metadata,
    choose_pictures,
    choose_plain,
    parse_accept,
)

JPEG, J2K, JLS, HTJ2K, RLE = (f"1.2.840.10008.1.2.{end}" for end in ("4.50", "4.90", "4.80", "4.201", "5"))
NATIVE = "1.2.840.10008.1.2.1"
OCTETS = "application/octet-stream"

FRAMES = [
    ("", JPEG, Choice(True, "image/jpeg")),
    ("*/*", JPEG, Choice(True, "image/jpeg")),
    ("*/*", NATIVE, Choice(True, OCTETS, native=True)),
    ('multipart/related; type="image/jpeg"', JPEG, Choice(True, "image/jpeg")),
    ("multipart/related;type=image/jpeg", JPEG, Choice(True, "image/jpeg")),
    ("Multipart/Related; Type='image/jpeg'", JPEG, None),
    (f'multipart/related; type="image/jpeg"; transfer-syntax={JPEG}', JPEG, Choice(True, "image/jpeg")),
    (f'multipart/related; type="image/jpeg"; transfer-syntax="{JPEG}"', JPEG, Choice(True, "image/jpeg")),
    ('multipart/related; type="image/jpeg"; transfer-syntax=*', JPEG, Choice(True, "image/jpeg")),
    ('multipart/related; type="image/*"', JLS, Choice(True, "image/jls")),
    ("multipart/related", J2K, Choice(True, "image/jp2")),
    ("multipart/related; type=image/x-jls", JLS, Choice(True, "image/x-jls")),
    ("multipart/related; type=image/jph", HTJ2K, Choice(True, "image/jph")),
    ("multipart/related; type=image/jphc", HTJ2K, Choice(True, "image/jphc")),
    ("multipart/related; type=image/dicom-rle", RLE, Choice(True, "image/dicom-rle")),
    ("multipart/related; type=application/octet-stream", JPEG, Choice(True, OCTETS, native=True)),
    (f"multipart/related; type={OCTETS}; transfer-syntax={NATIVE}", JPEG, Choice(True, OCTETS, native=True)),
    (f"multipart/related; type={OCTETS}; transfer-syntax=*", JPEG, Choice(True, OCTETS)),
    (f"multipart/related; type={OCTETS}; transfer-syntax=*", NATIVE, Choice(True, OCTETS, native=True)),
    (f"multipart/related; type={OCTETS}; transfer-syntax={J2K}", JPEG, None),
    ("image/jpeg", JPEG, Choice(False, "image/jpeg")),
    ("image/jpeg", NATIVE, None),
    (OCTETS, NATIVE, Choice(False, OCTETS, native=True)),
    (f"{OCTETS}; transfer-syntax=*", JPEG, Choice(False, OCTETS)),
    ("image/jp2, multipart/related; type=image/jpeg", JPEG, Choice(True, "image/jpeg")),
    ("multipart/related; type=image/jpeg; q=0.2, application/octet-stream; q=0.8", JPEG, Choice(False, OCTETS, native=True)),
    ("multipart/related; type=image/jpeg; q=0, multipart/related; type=application/octet-stream", JPEG, Choice(True, OCTETS, native=True)),
    ("text/html", JPEG, None),
    (';;,,="', JPEG, None),
]


@pytest.mark.parametrize(("header", "stored", "wanted"), FRAMES)
def test_frames(header: str, stored: str, wanted: Choice | None) -> None:
    if wanted is None:
        with pytest.raises(NotAcceptable):
            choose_frames(header, stored, 1)
    else:
        assert choose_frames(header, stored, 1) == wanted


def test_several_frames_need_several_parts() -> None:
    with pytest.raises(NotAcceptable):
        choose_frames("image/jpeg", JPEG, 2)
    assert choose_frames("image/jpeg, multipart/related; type=image/jpeg", JPEG, 2) == Choice(True, "image/jpeg")


def test_instances() -> None:
    for header in (
        "",
        "*/*",
        'multipart/related; type="application/dicom"',
        "multipart/related; type=application/dicom; transfer-syntax=*",
    ):
        assert choose_instances(header, {JPEG, NATIVE}, 2) == Choice(True, "application/dicom")
    both = ", ".join(f"multipart/related; type=application/dicom; transfer-syntax={syntax}" for syntax in (JPEG, NATIVE))
    assert choose_instances(both, {JPEG, NATIVE}, 2) == Choice(True, "application/dicom")
    assert choose_instances("application/dicom", {JPEG}, 1) == Choice(False, "application/dicom")
    for header, stored, count in [("application/dicom", {JPEG}, 2), (both, {J2K}, 1), ("image/jpeg", {JPEG}, 1)]:
        with pytest.raises(NotAcceptable):
            choose_instances(header, stored, count)


def test_plain() -> None:
    assert choose_plain("image/png, image/jpeg", ("image/jpeg", "image/png")) == "image/png"
    assert choose_plain("image/webp, image/*;q=0.8", ("image/jpeg", "image/png")) == "image/jpeg"
    with pytest.raises(NotAcceptable):
        choose_plain("multipart/related; type=image/jpeg", ("image/jpeg",))


def test_a_long_header_is_cut() -> None:
    assert len(parse_accept("image/jpeg;q=0.5," * 100_000)) < 300


JSON, XML = "application/dicom+json", "application/dicom+xml"
METADATA = [
    ("", 3, Choice(False, JSON)),
    ("*/*", 3, Choice(False, JSON)),
    ("application/*", 3, Choice(False, JSON)),
    ("application/json", 3, Choice(False, "application/json")),
    (f"{JSON};charset=utf-8", 3, Choice(False, JSON)),
    (f'multipart/related; type="{XML}"', 1, Choice(True, XML)),
    (f"multipart/related;type={XML};boundary=x", 3, Choice(True, XML)),
    ("multipart/related", 3, Choice(True, XML)),
    (XML, 1, Choice(False, XML)),
    (XML, 3, None),
    (f"{XML}, {JSON};q=0.5", 3, Choice(False, JSON)),
    (f"multipart/related; type={XML};q=0.1, {JSON}", 3, Choice(False, JSON)),
    ("text/html", 1, None),
    (f'multipart/related; type="{JSON}"', 1, None),
]


@pytest.mark.parametrize(("header", "count", "wanted"), METADATA)
def test_metadata(header: str, count: int, wanted: Choice | None) -> None:
    if wanted is None:
        with pytest.raises(NotAcceptable):
            choose_metadata(header, count)
    else:
        assert choose_metadata(header, count) == wanted


PICTURES = [
    ("", 1, Choice(False, "image/jpeg")),
    ("*/*", 3, Choice(True, "image/jpeg")),
    ("image/png", 1, Choice(False, "image/png")),
    ("image/png", 3, None),
    ("image/*;q=0.5, image/png", 1, Choice(False, "image/png")),
    ('multipart/related; type="image/png"', 1, Choice(True, "image/png")),
    ("multipart/related; type=image/*", 3, Choice(True, "image/jpeg")),
    ("image/gif", 1, None),
]


@pytest.mark.parametrize(("header", "count", "wanted"), PICTURES)
def test_pictures(header: str, count: int, wanted: Choice | None) -> None:
    if wanted is None:
        with pytest.raises(NotAcceptable):
            choose_pictures(header, count)
    else:
        assert choose_pictures(header, count) == wanted
