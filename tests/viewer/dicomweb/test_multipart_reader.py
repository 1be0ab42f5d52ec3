"""Multipart bodies in whatever pieces they come, right and wrong; no database."""

import io
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.dicomweb.multipart_reader import PIECE_BYTES, BrokenMultipart, parse_content_type, parts

HEAD = b"Content-Type: application/dicom\r\n\r\n"


def body(*contents: bytes, head: bytes = HEAD) -> bytes:
    return b"".join(b"--B\r\n" + head + content + b"\r\n" for content in contents) + b"--B--"


def in_pieces(whole: bytes, size: int) -> Callable[[int], bytes]:
    stream = io.BytesIO(whole)
    return lambda count: stream.read(min(count, size))


def read_all(whole: bytes, size: int = PIECE_BYTES, boundary: str = "B") -> list[tuple[str, bytes]]:
    return [(part.content_type.media_type, b"".join(part)) for part in parts(in_pieces(whole, size), boundary)]


@given(st.lists(st.binary(max_size=60) | st.sampled_from([b"\r\n--", b"\r\n--A", b"--B\r", b"\r\n-", b""]), max_size=4), st.integers(1, 40))
def test_what_was_written_is_read(contents: list[bytes], size: int) -> None:
    contents = [content for content in contents if b"\r\n--B" not in b"\r\n" + content + b"\r\n"]
    expected = [("application/dicom", content) for content in contents]
    if not contents:
        return
    assert read_all(body(*contents), size) == expected
    assert read_all(b"a preamble\r\n" + body(*contents) + b"\r\nan epilogue", size) == expected


@given(st.binary(max_size=300), st.integers(1, 40))
def test_nonsense_ends_in_one_kind_of_error(whole: bytes, size: int) -> None:
    for each in (whole, b"--B\r\n" + whole, body(b"x") + whole):
        try:
            read_all(each, size)
        except BrokenMultipart:
            continue


@pytest.mark.parametrize("cut", range(1, len(body(b"content"))))
def test_a_body_that_ends_early_is_never_taken_for_whole(cut: int) -> None:
    with pytest.raises(BrokenMultipart):
        read_all(body(b"content")[:-cut])


@pytest.mark.parametrize(
    "whole",
    [
        b"",
        b"x" * (1 << 20),
        b"--B\r\n" + b"x" * (1 << 20),
        b"--B" + b" " * 5000 + b"\r\n",
        b"--Bx\r\n\r\n--B--",
        body(*[b""] * 10_001),
    ],
)
def test_a_body_that_never_begins_or_has_no_end(whole: bytes) -> None:
    with pytest.raises(BrokenMultipart):
        read_all(whole)


@pytest.mark.parametrize("boundary", ["", "x" * 201, "a\r\nb", "ends with a blank ", "ü"])
def test_a_boundary_that_is_none(boundary: str) -> None:
    with pytest.raises(BrokenMultipart):
        read_all(body(b"x"), boundary=boundary)


def test_a_part_that_nobody_reads_is_passed_over() -> None:
    found = [part.content_type.media_type for part in parts(in_pieces(body(b"x" * 99, b"y"), 7), "B")]
    assert found == ["application/dicom"] * 2


def test_a_part_without_headers() -> None:
    assert read_all(body(b"content", head=b"\r\n")) == [("", b"content")]


def test_memory_stays_bounded() -> None:
    class Endless:
        """64 MiB of zeros between two boundaries."""

        def __init__(self) -> None:
            self.left = [b"--B\r\n" + HEAD, *[bytes(PIECE_BYTES)] * 256, b"\r\n--B--"]

        def read(self, count: int) -> bytes:
            return self.left.pop(0) if self.left else b""

    tracemalloc.start()
    taken = sum(len(piece) for part in parts(Endless().read, "B") for piece in part)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert taken == 64 << 20
    assert peak < 4 << 20


@pytest.mark.parametrize(
    ("text", "media_type", "boundary"),
    [
        ('multipart/related; type="application/dicom"; boundary="a b"', "multipart/related", "a b"),
        ("Multipart/Related;boundary=x;type=application/dicom", "multipart/related", "x"),
        ("", "", None),
        ("text/html", "text/html", None),
    ],
)
def test_content_types(text: str, media_type: str, boundary: str | None) -> None:
    found = parse_content_type(text)
    assert (found.media_type, found.parameters.get("boundary")) == (media_type, boundary)
