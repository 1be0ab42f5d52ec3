"""Nothing that ships holds codes of a system that each site must license itself."""

import re
import tomllib
from pathlib import Path

from annotation.codes.shipped import shipped_rows, shipped_systems
from annotation.codes.systems import BY_URI, SYSTEMS
from societies.packs.loader import load_pack, pack_slugs
from societies.services.shipped_codes import japanese_names

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = ("viewer", "annotation", "societies", "config", "static/js", "templates", "samples", "docs", "README.md", "CHANGELOG.md")
TEXTS = {".py", ".js", ".json", ".toml", ".md", ".html", ".csv", ".tsv", ".yaml", ".po", ".txt", ".xml", ".geojson", ".css"}
MAY_SHIP = {"bundle", "bundle-subset", "local-codes-only"}
LICENSED = [system for system in SYSTEMS if system.terms not in MAY_SHIP]
# Where licensed systems are named, without a single code of theirs.
NAMES_THEM = {"annotation/codes/systems.py", "docs/code-systems.md", "static/js/annotation/report/concept.js"}
# Object identifiers of the same systems, and old names of them in coded values.
OTHER_NAMES = ("1.2.392.200119.4.101", "1.2.392.200119.4.201", "1.2.392.200270.4", "2.16.840.1.113883.6.3", "2.16.840.1.113883.6.43")


def shipped_texts() -> list[Path]:
    found = [path for name in SHIPPED for path in ([ROOT / name] if (ROOT / name).is_file() else (ROOT / name).rglob("*"))]
    return [path for path in found if path.is_file() and path.suffix in TEXTS]


def test_licensed_systems_are_named_in_three_places_only() -> None:
    assert len(LICENSED) >= 9
    names = re.compile("|".join(re.escape(name) + r"(?![\d.])" for name in (*(system.uri for system in LICENSED), *OTHER_NAMES)))
    naming = {str(path.relative_to(ROOT)) for path in shipped_texts() if names.search(path.read_text("utf-8"))}
    assert naming == NAMES_THEM


def test_the_page_that_names_them_holds_no_code_of_theirs() -> None:
    """No line pairs a name with what looks like a code of ICD-10, ICD-O or the Japanese masters."""
    looks_like = re.compile(r"(?<![\w.])(?:[A-Z]\d\d(?:\.\d)|[89]\d{3}/\d|20\d{6}|Z2[A-Z]\d{5})(?![\w.])")
    for name in NAMES_THEM:
        assert looks_like.findall((ROOT / name).read_text("utf-8")) == [], name


def test_codings_of_packs_are_concepts_that_may_ship() -> None:
    may = {system.uri: {row.code for row in shipped_rows(system, {})} for system in shipped_systems()}
    codings = [coding for slug in pack_slugs() for label in load_pack(slug).labels for coding in label.codings]
    assert len(codings) > 30
    assert [coding for coding in codings if coding["code"] not in may.get(coding["system"], ())] == []
    listed = tomllib.loads((ROOT / "societies/packs/codings.toml").read_text("utf-8"))
    assert [code for code in listed["SCT"] if code not in may[listed["systems"]["SCT"]]] == []


def test_what_is_shipped_may_be() -> None:
    assert {system.terms for system in shipped_systems()} <= MAY_SHIP
    assert {system.slug for system in shipped_systems()} == {"dcm", "sct", "radlex", "ncit", "ucum"}
    for system in shipped_systems():
        rows = list(shipped_rows(system, {}))
        assert len({row.code for row in rows}) == len(rows) > 0
    names = japanese_names()
    assert set(names) <= {system.uri for system in shipped_systems()}
    assert names["http://snomed.info/sct"]["108369006"]


def test_samples_hold_no_table_of_codes() -> None:
    tables = [path for path in (ROOT / "samples").rglob("*") if path.suffix.lower() in {".csv", ".tsv", ".xls", ".xlsx", ".txt"}]
    assert [path for path in tables if re.search("icd|medis|jed|jj1017|byomei|nmain", path.name, re.IGNORECASE)] == []


def test_every_known_system_is_on_the_page_with_its_address() -> None:
    page = (ROOT / "docs/code-systems.md").read_text("utf-8")
    assert [system.uri for system in BY_URI.values() if f"`{system.uri}`" not in page] == []
    assert [system.slug for system in SYSTEMS if f"`{system.slug}`" not in page] == []
