"""Reading a site's own CSV: encodings, layouts, and every way in which a file can be wrong."""

import io
import tracemalloc

import pytest

from annotation.codes.reading import MAX_LINE, Row, RowsError, TableError, find_layout, read_rows, summarise
from annotation.codes.systems import BY_SLUG, SYSTEMS, Columns

NAMES = Columns("code", "ja", "kana", "en")
TEXT = "code,ja,kana,en\nT16,胃癌,イガン,Gastric cancer\nT25,胃潰瘍,イカイヨウ,Gastric ulcer\n"
ROWS = [Row("T16", "胃癌", "イガン", "Gastric cancer"), Row("T25", "胃潰瘍", "イカイヨウ", "Gastric ulcer")]


def read(content: bytes, named: Columns = NAMES, **more: object) -> list[Row]:
    file = io.BytesIO(content)
    return list(read_rows(file, find_layout(file, named=named, **more)))  # type: ignore[arg-type]


def refused(content: bytes, named: Columns = NAMES, **more: object) -> TableError:
    with pytest.raises(TableError) as caught:
        read(content, named, **more)
    return caught.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("separator", [",", "\t"])
def test_encodings_and_separators_are_found(encoding: str, newline: str, separator: str) -> None:
    content = TEXT.replace("\n", newline).replace(",", separator).encode(encoding)
    assert read(content) == ROWS
    layout = find_layout(io.BytesIO(content), named=NAMES)
    assert layout.encoding == ("cp932" if encoding == "cp932" else "utf-8-sig")
    assert summarise(iter(read(content))).digest == summarise(iter(ROWS)).digest


def test_signs_that_only_windows_has() -> None:
    assert read("1,①期 髙橋病\n".encode("cp932"), Columns("1", "2")) == [Row("1", "①期 髙橋病", "", "")]


def test_quoted_fields_and_blank_lines() -> None:
    content = b'code,en\n"A,1","Cancer, ""early"""\n\n,\nA2,Other\n'
    assert read(content, Columns("code", en="en")) == [Row("A,1", "", "", 'Cancer, "early"'), Row("A2", "", "", "Other")]


def test_columns_by_number() -> None:
    assert read(b"T16,Gastric\n", Columns("1", en="2")) == [Row("T16", "", "", "Gastric")]
    assert read(b"code,name\nT16,Gastric\n", Columns("1", en="2"), has_names=True) == [Row("T16", "", "", "Gastric")]


@pytest.mark.parametrize("has_names", [True, False])
def test_the_known_layout_with_names_and_without(has_names: bool) -> None:
    first = "変更区分,病名管理番号,病名表記,病名表記カナ,採択区分,病名交換用コード\n" if has_names else ""
    content = f"{first}0,00000001,見本病,ミホンビョウ,1,ZZZ1\n".encode("cp932")
    for slug, code in (("medis", "ZZZ1"), ("medis-number", "00000001")):
        known = BY_SLUG[slug]
        assert read(content, known.named, numbered=known.numbered) == [Row(code, "見本病", "ミホンビョウ", "")]


def test_only_a_documented_layout_is_known() -> None:
    assert [system.slug for system in SYSTEMS if system.named.code] == ["medis", "medis-number"]


def test_what_says_the_same_twice_is_taken_once_and_other_names_are_kept() -> None:
    content = b"code,en\nA,One\nA,One\nA,Uno\n"
    assert read(content, Columns("code", en="en")) == [Row("A", "", "", "One"), Row("A", "", "", "Uno")]


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"", "codes_empty", 0),
        ("code,ja,kana,en\n".encode("utf-16"), "codes_encoding", 1),
        (b"code,ja,kana,en\nA,\x81\xff\xff,b,c\n", "codes_encoding", 2),
        (b"code,ja,kana,en\nA,b,c,d\nB,\0,c,d\n", "codes_nul", 3),
        (b"code,ja,kana,en\nA," + b"x" * MAX_LINE + b",c,d\n", "codes_line", 2),
        (b'code,ja,kana,en\nA,"b,c,d\n' + b"e,f,g,h\n" * 30_000, "codes_quotes", 0),
        (b'code,ja,kana,en\nA,b,c,d\nA,"b"x,c,d\n', "codes_quotes", 3),
        (b"kode,ja,kana,en\nA,b,c,d\n", "codes_column", 1),
    ],
)
def test_a_file_that_is_no_table(content: bytes, code: str, line: int) -> None:
    error = refused(content)
    assert error.code == code
    assert line in (0, error.line)


def test_an_empty_table_and_columns_that_are_not_said() -> None:
    with pytest.raises(TableError, match="codes_empty"):
        summarise(iter(read(b"code,ja,kana,en\n")))
    assert refused(b"code,ja\nA,b\n", Columns("code")).code == "codes_column_missing"
    assert refused(b"code,ja\nA,b\n", Columns("", "ja")).code == "codes_column_missing"
    assert refused(b"A,b\n", Columns("1", "99")).detail == "99"


def test_every_bad_row_is_counted_and_the_first_are_named_by_their_lines() -> None:
    rows = [",b,c,d", "A,,c,", "A", "A" * 65 + ",b,c,d", f"A,{'b' * 401},c,d", "A,\x07,c,d", "A,b\u202ed,c,d", '"A\nB",b,c,d']
    error = refused(("code,ja,kana,en\nX,y,z,w\n" + "\n".join(rows) + "\n").encode())
    assert isinstance(error, RowsError)
    assert [(bad.line, bad.reason) for bad in error.bad] == [
        (3, "no_code"),
        (4, "no_name"),
        (5, "columns"),
        (6, "too_long"),
        (7, "too_long"),
        (8, "control"),
        (9, "control"),
        (11, "control"),
    ]
    many = refused(("code,ja,kana,en\n" + ",b,c,d\n" * 500).encode())
    assert isinstance(many, RowsError)
    assert (len(many.bad), many.count) == (20, 500)


def test_a_formula_is_a_text() -> None:
    assert read(b"code,en\n=1+1,@SUM(A1)\n", Columns("code", en="en")) == [Row("=1+1", "", "", "@SUM(A1)")]


def test_memory_does_not_grow_with_the_file() -> None:
    content = ("code,ja,kana,en\n" + "".join(f"C{at},胃癌{at},イガン,Gastric cancer {at}\n" for at in range(60_000))).encode()
    file = io.BytesIO(content)
    tracemalloc.start()
    try:
        assert summarise(read_rows(file, find_layout(file, named=NAMES))).entry_count == 60_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Eight bytes of each row are kept, to find what stands twice, with what Python takes for them.
    assert peak < 12 << 20
