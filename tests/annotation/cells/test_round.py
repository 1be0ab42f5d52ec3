"""Many cells imported, exported, worked on, taken back and exported again: the two exports are the same, byte for byte."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from annotation.models import CellLayer, Read
from annotation.services.cell_layers import claim_layer, import_layer, receive_layer
from annotation.services.export import export_campaign
from bench.bulk import FORMATS, content
from bench.bulk_site import apply, change, make_site, work
from tests.annotation.cells.features import collection, grid

COLUMNS, ROWS = 200, 100
pytestmark = [pytest.mark.django_db]


@pytest.fixture
def read(settings: Any, tmp_path: Path) -> Read:
    settings.DATA_DIR = tmp_path
    return make_site("bulk")


@pytest.fixture
def layer(read: Read) -> CellLayer:
    raw = collection(grid(COLUMNS, ROWS, names=("tumour", "cell", "Macrophage", "")))
    receive_layer(user=read.reader, campaign=read.campaign, image_id=read.image_id, stream=io.BytesIO(raw), name="many", label_map={})
    claimed = claim_layer()
    assert claimed is not None
    return import_layer(layer=claimed)


def exported(read: Read, format_name: str, folder: Path) -> Path:
    export = export_campaign(campaign=read.campaign, user=None, format_name=format_name, include_drafts=True)
    target = folder / f"{format_name}.zip"
    target.write_bytes(b"".join(export.chunks()))
    return target


def test_what_is_taken_back_leaves_no_trace_in_exports(read: Read, layer: CellLayer, tmp_path: Path) -> None:
    assert layer.cell_count == COLUMNS * ROWS
    apply(read, [change(layer, "accept", [0, 5000])])
    before = {name: exported(read, name, tmp_path).read_bytes() for name in FORMATS}
    contents = {name: content(tmp_path / f"{name}.zip") for name in FORMATS}
    back = work(read, layer, relabelled=2000, deleted=20)
    during = {name: content(exported(read, name, tmp_path)) for name in FORMATS}
    assert all(during[name] != contents[name] for name in FORMATS)
    apply(read, back)
    for name in FORMATS:
        path = exported(read, name, tmp_path)
        assert content(path) == contents[name]
        assert name == "document" or path.read_bytes() == before[name]


def test_a_layer_of_which_everything_was_taken_back_is_a_proposal(read: Read, layer: CellLayer, tmp_path: Path) -> None:
    untouched = content(exported(read, "coco", tmp_path))
    accepted = change(layer, "accept", [0, 10])
    apply(read, [accepted])
    assert content(exported(read, "coco", tmp_path)) != untouched
    apply(read, [change(layer, "undo", undoes=accepted["operation_id"])])
    assert content(exported(read, "coco", tmp_path)) == untouched
