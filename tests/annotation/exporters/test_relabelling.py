"""Every format under label maps: one that changes nothing, one after the other, and any that people may publish."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.exporters.fields import ExportWouldLoseError, Field
from annotation.exporters.package import Package
from annotation.exporters.registry import EXPORTERS
from annotation.exporters.relabelling import LABEL_MAP_ENTRY, LabelNotMappedError, PublishedMap, Relabelling, Unmapped
from annotation.schema.facts import CaseFacts
from annotation.schema.label_maps import LabelRule, compose, identity_rules
from annotation.schema.labels import LabelValue
from tests.annotation.document import rows
from tests.annotation.exporters import cases

SOURCE = cases.campaign().labels
TARGET = {code: rows.label(code, "finding", f"{code}の", f"label {code}", "#35c46a") for code in ("one", "two", "three")}
LAST = {code: rows.label(code, "finding", f"{code}の", f"label {code}", "#3fb8ff") for code in ("alpha", "beta")}
WITHOUT_PLACE = ("asap", "yolo", "mask-png", "mask-tiff", "dicom-seg", "dicom-ann")
"""Formats that have no place for the label before the map."""


def published(name: str, rules: dict[str, LabelRule], source: str = "first", target: str = "second") -> PublishedMap:
    return PublishedMap(name, "1.0", (source, "1.0"), (target, "1.0"), rules)


def exported(
    name: str, maps: Sequence[PublishedMap], labels: dict[str, LabelValue], unmapped: Unmapped = Unmapped.REFUSE, **more: Any
) -> dict[str, bytes]:
    chosen: list[CaseFacts] = [cases.dicom_case(name) if name.startswith("dicom") else cases.full_case()]
    relabelling = Relabelling(maps, labels, unmapped)
    package = Package(EXPORTERS[name], cases.campaign(), chosen, include_drafts=False, relabelling=relabelling, **more)
    zipped = zipfile.ZipFile(io.BytesIO(b"".join(package.stream())))
    return {info.filename: zipped.read(info) for info in zipped.infolist()}


def document(files: dict[str, bytes]) -> dict[str, Any]:
    (found,) = (json.loads(data) for name, data in files.items() if name.startswith("documents/"))
    return dict(found)


def rules_between(source: Sequence[str], target: Sequence[str], *, least: int = 0) -> st.SearchStrategy[dict[str, LabelRule]]:
    @st.composite
    def drawn(draw: st.DrawFn) -> dict[str, LabelRule]:
        rules = {}
        for code in draw(st.lists(st.sampled_from(source), unique=True, min_size=least)):
            to = draw(st.lists(st.sampled_from(target), unique=True))
            rules[code] = LabelRule(tuple(to), draw(st.sampled_from(to)) if to else "")
        return rules

    return drawn()


@pytest.mark.parametrize("name", list(EXPORTERS))
def test_under_a_map_that_changes_nothing_every_format_says_the_same(name: str) -> None:
    plain, mapped = cases.archive(name), exported(name, [published("same", identity_rules(list(SOURCE)))], dict(SOURCE))
    assert set(mapped) == {*plain, LABEL_MAP_ENTRY}
    assert cases.losses(mapped) == cases.losses(plain)
    assert mapped["labels.json"] == plain["labels.json"]
    if name in WITHOUT_PLACE:
        told = {"losses.json", "manifest.json"}
        assert {each: mapped[each] for each in plain if each not in told} == {each: plain[each] for each in plain if each not in told}
    if name == "document":
        before, after = document(plain), document(mapped)
        for row in after["annotations"]:
            original = (
                row["extensions"].pop("org.mitate.label-map", {"originalLabels": []}) if "extensions" in row else {"originalLabels": []}
            )
            assert original["originalLabels"] == row["labels"]
            if not row.get("extensions", True):
                del row["extensions"]
        assert after["annotations"] == before["annotations"]


@given(rules_between(list(SOURCE), list(TARGET)), rules_between(list(TARGET), list(LAST)))
@settings(deadline=None, max_examples=40)
def test_two_maps_one_after_the_other_are_the_map_that_they_make(first: dict[str, LabelRule], second: dict[str, LabelRule]) -> None:
    steps = [published("a", first), published("b", second, "second", "third")]
    stepwise = exported("document", steps, LAST, Unmapped.DROP)
    together = exported("document", [published("ab", compose(first, second), "first", "third")], LAST, Unmapped.DROP)
    assert document(stepwise)["annotations"] == document(together)["annotations"]
    assert cases.losses(stepwise) == cases.losses(together)


@given(rules_between(list(SOURCE), list(TARGET)))
@settings(deadline=None, max_examples=40)
def test_nothing_comes_out_but_labels_of_the_target_and_nothing_is_lost_untold(rules: dict[str, LabelRule]) -> None:
    plain = {row["id"]: row for row in document(cases.archive("document"))["annotations"]}
    files = exported("document", [published("any", rules)], TARGET, Unmapped.DROP)
    left = document(files)["annotations"]
    assert {label["coding"][0]["code"] for row in left for label in row["labels"]} <= set(TARGET)
    assert len(plain) - len(left) == cases.losses(files).get("mark_without_label", 0)
    for row in left:
        original = row.get("extensions", {}).get("org.mitate.label-map", {"originalLabels": []})["originalLabels"]
        assert original == plain[row["id"]]["labels"], "what the reader chose stays, with all its codes"
        assert row.get("geometry") == plain[row["id"]].get("geometry")


@pytest.mark.parametrize("name", list(EXPORTERS))
def test_every_format_refuses_a_label_of_which_the_map_says_nothing(name: str) -> None:
    used = {code for row in (cases.dicom_case(name) if name.startswith("dicom") else cases.full_case()).annotations for code in row.labels}
    forgotten = sorted(used)[0]
    rules = {code: LabelRule(("one",), "one") for code in SOURCE if code != forgotten}
    with pytest.raises(LabelNotMappedError) as refused:
        exported(name, [published("part", rules)], TARGET)
    assert refused.value.label == forgotten
    files = exported(name, [published("part", rules)], TARGET, Unmapped.DROP)
    assert cases.losses(files)[f"label_unmapped_{forgotten}"] > 0


def test_a_mark_that_would_be_left_out_stops_an_export_that_requires_anything() -> None:
    rules = {code: LabelRule() for code in SOURCE}
    with pytest.raises(ExportWouldLoseError):
        exported("document", [published("none", rules)], TARGET, required=frozenset({Field.HOLES}))
