"""The six packs as they ship, and what the loader refuses."""

import json
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom.sr._concepts_dict import concepts

from annotation.schema.label_checks import contrast
from societies.packs import PackError, load_pack, pack_slugs
from societies.packs.checks import check_form, check_pack
from societies.packs.loader import FOLDER

SLUGS = ["jda", "jges", "jos", "jrs", "jsp", "jsum"]
SHIPPABLE_SYSTEMS = {"http://snomed.info/sct"}


def test_there_is_a_pack_for_each_of_the_six_societies() -> None:
    assert pack_slugs() == SLUGS
    assert {load_pack(slug).society for slug in SLUGS} == {"JDA", "JGES", "JOS", "JRS", "JSP", "JSUM"}


@pytest.mark.parametrize("slug", SLUGS)
def test_a_pack_is_whole(slug: str) -> None:
    pack = load_pack(slug)
    assert check_pack(pack) == []
    assert len(pack.protocol["ja"]) > 200
    assert len(pack.protocol["en"]) > 200


@pytest.mark.parametrize("slug", SLUGS)
def test_marks_of_one_granularity_can_be_told_apart_by_colour(slug: str) -> None:
    pack = load_pack(slug)
    for granularity in pack.granularities:
        if granularity == "diagnosis":
            continue
        colours = [label.colour for label in pack.labels if granularity in label.granularities]
        assert len(colours) == len(set(colours))
        for index, first in enumerate(colours):
            for second in colours[index + 1 :]:
                distance = sum((int(first[i : i + 2], 16) - int(second[i : i + 2], 16)) ** 2 for i in (1, 3, 5)) ** 0.5
                assert distance > 60, (first, second)


def test_every_external_code_is_in_the_subset_that_may_ship() -> None:
    free = {code for meanings in concepts["SCT"].values() for code in meanings}
    listed = tomllib.loads((FOLDER / "codings.toml").read_text("utf-8"))
    assert set(listed["systems"].values()) == SHIPPABLE_SYSTEMS
    assert set(listed["SCT"]) <= free
    for slug in SLUGS:
        for label in load_pack(slug).labels:
            for coding in label.codings:
                assert coding["system"] in SHIPPABLE_SYSTEMS
                assert coding["code"] in free
                assert coding["mapping"] in {"exact", "broader", "narrower", "related"}


def test_ophthalmology_asks_for_a_diagnosis_and_nothing_drawn() -> None:
    pack = load_pack("jos")
    assert pack.tools == ()
    assert pack.granularities == ("diagnosis",)
    assert all(label.key for label in pack.labels), "one key a diagnosis"
    assert pack.form_schema["required"] == ["eye"]


def test_dermatology_cannot_be_submitted_without_age_sex_and_site() -> None:
    assert set(load_pack("jda").form_schema["required"]) == {"ageYears", "sex", "site"}


def test_confirmation_may_come_later_in_radiology_and_ultrasound() -> None:
    for slug in ("jrs", "jsum"):
        assert load_pack(slug).diagnosis["required"] is False
        assert "confirmedBy" not in load_pack(slug).form_schema["required"]


def test_an_unknown_pack_and_a_path_are_no_packs() -> None:
    for slug in ("nobody", "../packs/jsp", "jsp/"):
        with pytest.raises(KeyError):
            load_pack(slug)


def test_checks_name_every_fault_of_a_pack() -> None:
    pack = load_pack("jges")
    first, second, *rest = pack.labels
    broken = replace(
        pack,
        labels=(replace(first, ja="", colour="#202020"), replace(second, key=first.key, parent="nobody", granularities=("cell",)), *rest),
        tools=(),
        protocol={"ja": "…"},
        suggestions={"model": "m", "task": "guess", "label_map": {"a": "nobody"}, "parameters": {"granularity": "cell"}},
    )
    faults = " | ".join(check_pack(broken))
    for part in (
        "both languages",
        "cannot be seen",
        "chooses 2 labels",
        "parent must stand earlier",
        "granularities beyond",
        "tools:",
        "protocol:",
        "a model and a task",
        "leads to nobody",
        "do not mark at",
    ):
        assert part in faults


@pytest.mark.parametrize(
    ("schema", "ui", "fault"),
    [
        ({"type": "strange"}, {}, "not JSON Schema"),
        (
            {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False},
            {"order": [], "fields": {}},
            "exactly",
        ),
        (
            {"type": "object", "properties": {"a": {"enum": ["x"]}}, "additionalProperties": False},
            {"order": ["a"], "fields": {"a": {"ja": "あ", "en": "a"}}},
            "every option",
        ),
        ({"type": "object", "properties": {}, "required": ["b"], "additionalProperties": False}, {"order": [], "fields": {}}, "requires"),
    ],
)
def test_a_form_that_a_reader_could_not_fill_in_is_refused(schema: dict, ui: dict, fault: str) -> None:
    assert any(fault in problem for problem in check_form(schema, ui))


def test_a_code_that_may_not_ship_and_a_missing_file_are_pack_errors(tmp_path: Path) -> None:
    folder = tmp_path / "packs"
    shutil.copytree(FOLDER, folder)
    text = (folder / "jda" / "pack.toml").read_text("utf-8")
    (folder / "jda" / "pack.toml").write_text(text.replace("SCT 9014002 exact", "SCT 1 exact"), "utf-8")
    (folder / "jos" / "protocol.en.md").unlink()
    (folder / "jrs" / "form.schema.json").write_text(json.dumps({"type": "array"}), "utf-8")
    for slug in ("jda", "jos", "jrs"):
        with pytest.raises(PackError) as caught:
            load_pack(slug, folder)
        assert caught.value.problems


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
