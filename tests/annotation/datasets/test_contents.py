"""What a version is made of: the query, the counts, the comparison, the datasheet, and what is cut out of a case."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from annotation.datasets.compare import compare
from annotation.datasets.counts import count_members
from annotation.datasets.datasheet import LANGUAGES, Source, Version, write_datasheet
from annotation.datasets.members import Member, make_members
from annotation.datasets.query import ImageRow, Query, ReadRow, select
from annotation.datasets.restrict import restricted_case
from annotation.datasets.sheet_texts import TEXTS
from annotation.schema.document import build_document
from annotation.schema.facts import DatasetFacts
from annotation.schema.label_maps import LabelRule
from annotation.schema.validate import validate_document
from tests.annotation.datasets.candidates import SHARES, candidate, recipe
from tests.annotation.exporters.cases import SLIDE, STACK, campaign, full_case

DAY = date(2027, 6, 1)


def said(diagnosis: str = "cancer", *labels: str, on: date = DAY) -> ReadRow:
    return ReadRow(f"read-{diagnosis}-{on}", on, diagnosis, frozenset(labels) | ({diagnosis} - {""}), len(labels), 2)


def row(*reads: ReadRow, **changes: Any) -> ImageRow:
    values: dict[str, Any] = {
        "campaign": "c",
        "image": "i",
        "subject": "s",
        "collection": "north",
        "modality": "SM",
        "manufacturer": "Maker",
        "model": "",
        "reads": reads,
    }
    return ImageRow(**(values | changes))


ROW = row(said(), said("cancer", "tumour"), said("adenoma"))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (Query(), True),
        (Query(campaigns=("c",), collections=("north", "south"), modalities=("SM",), manufacturers=("Maker",)), True),
        (Query(campaigns=("other",)), False),
        (Query(models=("X",)), False),
        (Query(labels=("tumour", "polyp")), True),
        (Query(labels=("polyp",)), False),
        (Query(excluded_labels=("tumour",)), False),
        (Query(left_out=("i",)), False),
        (Query(min_reads=3), True),
        (Query(min_reads=4), False),
        (Query(min_agreement=66), True),
        (Query(min_agreement=67), False),
        (Query(submitted_from=DAY, submitted_to=DAY), True),
        (Query(submitted_from=DAY + timedelta(days=1)), False),
        (Query(submitted_to=DAY - timedelta(days=1)), False),
    ],
)
def test_a_query_chooses(query: Query, found: bool) -> None:
    assert bool(list(select([ROW], query))) is found


def test_an_image_that_nobody_read_is_never_chosen() -> None:
    assert list(select([row()], Query(min_reads=0))) == []


def test_only_reads_of_the_days_asked_for_count() -> None:
    late = said("normal", "blurred", on=DAY + timedelta(days=9))
    (found,) = select([row(said(), late)], Query(submitted_to=DAY, excluded_labels=("blurred",)))
    assert (found.label, found.reads, found.labels, found.revision) == ("cancer", ("read-cancer-2027-06-01",), ("cancer",), 2)


def test_readers_are_compared_by_the_diagnosis_and_without_one_by_the_labels_of_their_marks() -> None:
    (found,) = select([row(said("", "b", "a"), said("", "a", "b"), said("", "a"))], Query(min_agreement=66))
    assert found.label == "a+b"
    (tie,) = select([row(said("x"), said("d"))], Query(min_agreement=50))
    assert tie.label == "d"


def test_labels_are_asked_for_as_readers_chose_them_and_counted_as_they_go_out() -> None:
    rules = {"a": LabelRule(("lesion",), "lesion"), "b": LabelRule(("lesion",), "lesion"), "blurred": LabelRule()}
    reads = (said("a", "b"), said("b"), said("", "blurred"))
    (found,) = select([row(*reads)], Query(labels=("b",)), {"c": rules})
    assert (found.label, found.labels) == ("lesion", ("lesion",))
    (plain,) = select([row(*reads)], Query(labels=("b",)), {"another campaign": rules})
    assert (plain.label, plain.labels) == ("a", ("a", "b", "blurred"))
    (nothing,) = select([row(said("", "blurred"))], Query(labels=("blurred",)), {"c": rules})
    assert (nothing.label, nothing.labels) == ("", ())


def version(*split: tuple[int, str], **changes: Any) -> list[Member]:
    return [Member(candidate(number, **changes), f"group-{number}", where, "drawn") for number, where in split]


def test_two_versions_are_compared() -> None:
    before = version((1, "train"), (2, "train"), (3, "test"), (5, "tune"))
    after = [*version((1, "train"), (4, "tune")), *version((3, "quarantine")), *version((5, "tune"), marks=9)]
    found = compare(before, after)
    assert [member.candidate.image for member in found.came] == ["image-0004"]
    assert [member.candidate.image for member in found.went] == ["image-0002"]
    assert [(old.split, new.split) for old, new in found.moved] == [("test", "quarantine")]
    assert [new.candidate.marks for _old, new in found.changed] == [9]
    assert found.same == 1


def test_counts_tell_images_persons_and_marks_apart() -> None:
    rows = [candidate(1, "a"), candidate(2, "a", labels=("polyp", "cancer")), candidate(3, "b", label="", labels=()), candidate(4, "c")]
    counts = count_members(make_members(rows, recipe(shares={"train": 100, "tune": 0, "test": 0}), links=[("a", "b")], kept={}))
    assert counts["total"] == {"images": 4, "subjects": 3, "persons": 2, "reads": 8, "marks": 12}
    assert counts["splits"]["train"] == counts["total"]
    assert counts["splits"]["test"]["images"] == 0
    assert counts["by"]["labels"]["cancer"]["train"]["images"] == 1
    assert counts["by"]["label"][""]["train"]["images"] == counts["without_label"] == 1


def sheet(**changes: Any) -> Version:
    names = {"ja": "大腸|ポリープ", "en": "Colon|polyps"}
    governance = {"consent": {"mode": "opt-out"}, "ethics": [{"committee": "IRB", "approvalNumber": "EX-1"}], "licence": "CC-BY-4.0"}
    labels = {"polyp": {"ja": "ポリープ", "en": "Polyp"}}
    values: dict[str, Any] = {
        "society": {"ja": "学会", "en": "Society"},
        "names": names,
        "dataset_id": "d-1",
        "number": 2,
        "frozen_on": DAY,
        "query": {"labels": ["polyp"], "min_agreement": 0, "collections": []},
        "shares": SHARES,
        "strata": ("label", "device"),
        "seed": "s-1",
        "counts": count_members(make_members([candidate(n, device="") for n in range(9)], recipe(), links=[], kept={})),
        "digest": "ab" * 32,
        "sources": [Source("campaign-1", names, "colon 1.0", labels, 3, governance)],
    }
    return Version(**(values | changes))


def test_a_datasheet_says_what_where_from_who_how_and_what_is_missing() -> None:
    text = write_datasheet(sheet(), "en")
    for part in (
        "version 2",
        "Colon\\|polyps",
        "Polyp (polyp)",
        "train 70 %",
        "Label, Device",
        "`s-1`",
        "CC-BY-4.0",
        "IRB EX-1",
        "ab" * 32,
    ):
        assert part in text
    assert "Of 9 images the file does not say which device" in text
    assert "not recorded: Ownership" in text
    assert "min_agreement" not in text
    assert {line.count(" | ") for line in text.splitlines() if line.startswith("| train ")} == {5}
    japanese = write_datasheet(sheet(), "ja")
    assert "第2版" in japanese
    assert "ポリープ (polyp)" in japanese
    assert "「所有権」が記録されていません" in japanese


def test_both_languages_of_the_datasheet_say_the_same_things() -> None:
    assert LANGUAGES == ("ja", "en")
    assert TEXTS["ja"].keys() == TEXTS["en"].keys()


def test_a_case_is_cut_down_to_the_images_and_reads_of_a_version() -> None:
    membership = DatasetFacts("d-1", "2", "train", "subject-hash", locked=False)
    whole = full_case()
    assert restricted_case(whole, {"elsewhere": []}, membership) is None
    first, second = (read.id for read in whole.reads if read.image_id == SLIDE.id)
    cut = restricted_case(whole, {SLIDE.id: [first]}, membership)
    assert cut is not None
    document = build_document(cut, campaign())
    assert validate_document(document) == []
    assert document["datasets"] == [{"datasetId": "d-1", "version": "2", "split": "train", "assignment": "subject-hash", "locked": False}]
    assert [image["id"] for image in document["images"]] == [SLIDE.id]
    assert document["annotations"]
    assert STACK.id not in str(document)
    assert second not in str(document)
    assert "datasets" not in build_document(full_case(), campaign())
