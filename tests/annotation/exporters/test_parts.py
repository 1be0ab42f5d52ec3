"""An archive whose making is broken off after any case and taken up again is the same, byte for byte, as one made in one go."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from annotation.exporters.package import Package
from annotation.exporters.parts import BY_CASE, Archive, journal_of
from annotation.exporters.registry import EXPORTERS
from annotation.schema.facts import CaseFacts
from tests.annotation.document import rows
from tests.annotation.exporters import cases

COUNT = 4


class Killed(BaseException):
    """What a kill is to the process."""


def some_cases(name: str) -> list[CaseFacts]:
    """Return four cases of their own images and marks; the second has cells."""
    base = cases.dicom_case(name) if name.startswith("dicom") else cases.full_case()
    found = []
    for number in range(COUNT):
        case = cases.with_cells(base) if number == 1 else base
        new = {image.id: rows.identity("image", f"{number}/{image.id}") for image in case.images}
        images = tuple(sorted((dataclasses.replace(image, id=new[image.id]) for image in case.images), key=lambda image: image.id))
        marks = sorted(
            (
                dataclasses.replace(row, id=rows.identity("annotation", f"{number}/{row.id}"), image_id=new[row.image_id])
                for row in case.annotations
            ),
            key=lambda row: (row.image_id, row.id),
        )
        reads = tuple(dataclasses.replace(read, image_id=new[read.image_id]) for read in case.reads)
        groups = [dataclasses.replace(group, image_id=new[group.image_id]) for group in case.cells]
        reports = tuple(dataclasses.replace(each, image_ids=tuple(new[key] for key in each.image_ids)) for each in case.reports)
        name = f"subject-{number:032x}"
        parts = {"annotations": marks, "reads": reads, "cells": groups, "reports": reports, "findings": ()}
        found.append(dataclasses.replace(case, name=name, images=images, **parts))
    return found


def attempt(name: str, path: Path, *, dies_after: int | None) -> int:
    """Make the archive or go on with it; return how many cases were made now."""
    archive = Archive(path, by_case=name in BY_CASE, every_s=0)
    made = 0

    def left() -> Iterator[CaseFacts]:
        nonlocal made
        for case in some_cases(name):
            if case.name not in archive.done_cases:
                archive.saw(case.name)
                made += 1
                yield case

    def after_case(count: int, _size: int) -> None:
        if count == dies_after:
            raise Killed

    begun = archive.begun if name in BY_CASE else None
    package = Package(EXPORTERS[name], cases.campaign(), left(), include_drafts=False, begun=begun)
    archive.write(package, after_case)
    return made


@pytest.mark.parametrize("name", EXPORTERS)
def test_an_archive_goes_on_where_it_was(name: str, tmp_path: Path) -> None:
    package = Package(EXPORTERS[name], cases.campaign(), some_cases(name), include_drafts=False)
    whole = b"".join(package.stream())
    path = tmp_path / "export.zip"
    for dies_after in (2, 3, 3):
        with pytest.raises(Killed):
            attempt(name, path, dies_after=dies_after)
        with path.open("ab") as file:
            file.write(b"half an entry")
    made = attempt(name, path, dies_after=None)
    assert made == (2 if name in BY_CASE else COUNT)
    assert path.read_bytes() == whole


def test_a_torn_line_of_the_journal_counts_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with pytest.raises(Killed):
        attempt("document", path, dies_after=3)
    journal = journal_of(path)
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(lines[0] + lines[1][:-20])
    assert attempt("document", path, dies_after=None) == COUNT - 1
    package = Package(EXPORTERS["document"], cases.campaign(), some_cases("document"), include_drafts=False)
    assert path.read_bytes() == b"".join(package.stream())


def test_an_archive_that_is_shorter_than_its_journal_says_is_cut_back(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with pytest.raises(Killed):
        attempt("qupath", path, dies_after=3)
    path.write_bytes(path.read_bytes()[:100])
    assert attempt("qupath", path, dies_after=None) == COUNT
