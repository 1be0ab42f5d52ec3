"""Cell layers from the file to the reader and back: imported, granted, changed, undone, exported; and everything that is refused."""

from __future__ import annotations

import gzip
import io
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from annotation.cells.importing import import_file
from annotation.models import Campaign, CellChange, CellLayer, Read
from annotation.services.cell_layers import (
    MAX_ATTEMPTS,
    cells_folder,
    claim_layer,
    delete_layer,
    import_layer,
    receive_layer,
    release_layer,
    renew_layer_lease,
)
from annotation.services.operations import OperationsResult, apply_operations
from tests.annotation.cells.features import cell, collection, grid
from tests.annotation.marking.conftest import campaign, client_of, read  # noqa: F401  # fixtures
from tests.annotation.marking.objects import make_image, make_read, make_user
from viewer.api.errors import ApiError


@pytest.fixture(autouse=True)
def data_folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


def received(read: Read, raw: bytes, **values: Any) -> CellLayer:  # noqa: F811
    values = {"user": read.reader, "campaign": read.campaign, "image_id": read.image_id, "name": "nuclei", **values}
    return receive_layer(stream=io.BytesIO(raw), **values)


def imported(read: Read, raw: bytes, **values: Any) -> CellLayer:  # noqa: F811
    received(read, raw, **values)
    claimed = claim_layer()
    assert claimed is not None
    return import_layer(layer=claimed)


@pytest.fixture
def layer(read: Read) -> CellLayer:  # noqa: F811
    return imported(read, collection(grid(20, 10)))


def cells_operation(layer: CellLayer, kind: str, runs: list[int] | None = None, **members: Any) -> dict[str, Any]:
    change = {"kind": kind, **({} if runs is None else {"cells": runs}), **members}
    return {"operation_id": str(uuid.uuid4()), "verb": "cells", "layer_id": str(layer.pk), "change": change}


def done(read: Read, *operations: dict[str, Any]) -> OperationsResult:  # noqa: F811
    return apply_operations(user=read.reader, read_id=read.pk, operations=operations)


def statuses(result: OperationsResult) -> list[str]:
    return [one.error.code if one.error else one.status for one in result.results]


def exported(client: Client, read: Read, layer: CellLayer) -> bytes:  # noqa: F811
    answer = client.get(f"/api/reads/{read.pk}/cell-layers/{layer.pk}/geojson/")
    assert answer.status_code == 200
    return b"".join(answer)  # type: ignore[arg-type]


def test_a_file_becomes_a_layer_with_the_labels_of_the_campaign(read: Read) -> None:  # noqa: F811
    features = [cell(30, 30, "Tumour"), cell(60, 30, "間質"), cell(90, 30, "Macrophage"), cell(120, 30, "M2"), cell(9000, 30)]
    layer = imported(read, gzip.compress(collection(features)), label_map={"M2": "tumour"})
    assert (layer.state, layer.cell_count, layer.refused) == ("ready", 4, {"geometry_outside_image": 1})
    assert [(label["name"], label["code"]) for label in layer.labels] == [
        ("Tumour", "tumour"),
        ("間質", "stroma"),
        ("Macrophage", ""),
        ("M2", "tumour"),
        ("tumour", "tumour"),
    ]
    assert sorted(path.suffix for path in cells_folder().iterdir()) == [".cells"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"not json", "bad_json"),
        (collection(grid(3, 3))[:-80], "bad_json"),
        (gzip.compress(collection(grid(3, 3)))[:-9], "bad_gzip"),
        (b'{"type":"FeatureCollection","features":[]}', "no_features"),
        (collection([cell(-500, 5)]), "no_cells"),
        (b"[" * 200 + b"]" * 200, "json_too_deep"),
        (collection([cell(40, 40, f"class {number}") for number in range(300)]), "too_many_classes"),
    ],
)
def test_a_file_that_is_none_is_said_to_be_so_and_leaves_nothing(read: Read, raw: bytes, code: str) -> None:  # noqa: F811
    layer = imported(read, raw)
    assert (layer.state, layer.error_code) == ("failed", code)
    assert list(cells_folder().iterdir()) == []


@pytest.mark.parametrize("start", [b'[{"type":"Feature","geometry":null,"properties":{"a":"', b'[{"type":"Feature","geometry":', b"[1"])
def test_a_word_without_end_ends_the_import_soon(read: Read, start: bytes) -> None:  # noqa: F811
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as file:
        file.write(start)
        for _ in range(64):
            file.write(b"1" * (1 << 20))
    layer = imported(read, packed.getvalue())
    assert (layer.state, layer.error_code) == ("failed", "bad_json")


def test_memory_and_time_of_an_import_have_limits(tmp_path: Path) -> None:
    ring = [[number % 90, number // 90] for number in range(1_500_000)]
    whole = tmp_path / "whole.geojson"
    whole.write_bytes(collection([{"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": {}}]))
    sizes = {"width_px": 9000, "height_px": 9000}
    assert import_file(whole, tmp_path / "a.cells", **sizes, memory_bytes=400 << 20).code == "import_crashed"
    assert import_file(whole, tmp_path / "a.cells", **sizes, seconds=0.05).code == "import_too_slow"
    assert not (tmp_path / "a.cells").exists()
    whole.write_bytes(collection(grid(3, 3)))
    assert import_file(whole, tmp_path / "a.cells", **sizes, memory_bytes=400 << 20).cells == 9


def test_what_cannot_be_taken_is_refused_before_anything_is_kept(read: Read, campaign: Campaign, settings: Any) -> None:  # noqa: F811
    whole = collection(grid(2, 2))
    stack = make_image(campaign.collection, kind="frames", frames=4)
    campaign.campaign_images.create(image=stack)
    refused: list[tuple[str, dict[str, Any], bytes]] = [
        ("image_not_in_campaign", {"image_id": uuid.uuid4()}, whole),
        ("cell_layer_invalid", {"name": " "}, whole),
        ("cell_layer_invalid", {"label_map": {"a": "nobody"}}, whole),
        ("cell_layer_invalid", {"image_id": stack.pk}, whole),
        ("cells_empty", {}, b""),
    ]
    for code, values, raw in refused:
        with pytest.raises(ApiError) as caught:
            received(read, raw, **values)
        assert caught.value.code == code
    settings.UPLOAD_MAX_BYTES = 100
    with pytest.raises(ApiError, match="cells_file_too_large"):
        received(read, whole)
    assert list(cells_folder().iterdir()) == []
    assert not CellLayer.objects.exists()


def test_an_import_whose_worker_dies_is_taken_over_and_given_up_in_the_end(read: Read) -> None:  # noqa: F811
    layer = received(read, collection(grid(3, 3)))
    for attempt in range(1, MAX_ATTEMPTS + 1):
        claimed = claim_layer(lease_s=-1)
        assert claimed is not None
        assert claimed.attempt == attempt
        assert not renew_layer_lease(layer_id=layer.pk, attempt=attempt - 1)
    assert claim_layer() is None
    layer.refresh_from_db()
    assert (layer.state, layer.error_code) == ("failed", "import_interrupted")


def test_a_worker_that_is_told_to_stop_gives_the_import_back(read: Read) -> None:  # noqa: F811
    received(read, collection(grid(3, 3)))
    claimed = claim_layer()
    assert claimed is not None
    assert claim_layer() is None
    release_layer(layer=claimed)
    again = claim_layer()
    assert again is not None
    assert (again.pk, again.attempt) == (claimed.pk, 1)
    assert import_layer(layer=again).state == "ready"


def test_changes_are_kept_in_order_and_exports_show_them(read: Read, layer: CellLayer, client_of: Any) -> None:  # noqa: F811
    client = client_of(read.reader)
    before = exported(client, read, layer)
    assert len(json.loads(before)["features"]) == 200
    relabel = cells_operation(layer, "relabel", [0, 100], label="stroma")
    delete = cells_operation(layer, "delete", [150, 20])
    accept = cells_operation(layer, "accept", [100, 10])
    result = done(read, relabel, delete, accept)
    assert statuses(result) == ["applied"] * 3
    assert result.sequence == 3
    after = json.loads(exported(client, read, layer))["features"]
    assert len(after) == 180
    told = {int(feature["properties"]["metadata"]["mitate:cell"]): feature["properties"] for feature in after}
    assert {told[number]["classification"]["name"] for number in range(100)} == {"stroma"}
    assert [told[number]["metadata"]["mitate:decided"] for number in (0, 105, 115)] == ["true", "true", "false"]
    undos = [cells_operation(layer, "undo", undoes=one["operation_id"]) for one in (accept, delete, relabel)]
    assert statuses(done(read, *undos)) == ["applied"] * 3
    assert exported(client, read, layer) == before
    redo = cells_operation(layer, "undo", undoes=undos[1]["operation_id"])
    assert statuses(done(read, redo)) == ["applied"]
    assert len(json.loads(exported(client, read, layer))["features"]) == 180


def test_what_is_exported_can_be_imported_and_is_the_same_again(read: Read, layer: CellLayer, client_of: Any) -> None:  # noqa: F811
    client = client_of(read.reader)
    once = exported(client, read, layer)
    again = exported(client, read, imported(read, once))
    assert again == once


def test_a_repeated_change_is_answered_and_a_used_id_refused(read: Read, layer: CellLayer) -> None:  # noqa: F811
    operation = cells_operation(layer, "relabel", [0, 5], label="stroma")
    assert statuses(done(read, operation, operation)) == ["applied", "replayed"]
    assert statuses(done(read, operation)) == ["replayed"]
    other = {**operation, "change": {**operation["change"], "label": "tumour"}}
    more = {**operation, "change": {**operation["change"], "cells": [0, 6]}}
    body = {"granularity": "point", "geometry": {"type": "Point", "coordinates": [5, 5]}, "labels": ["tumour"]}
    mark = {"operation_id": operation["operation_id"], "verb": "put", "annotation_id": str(uuid.uuid4()), "annotation": body}
    assert statuses(done(read, other, more, mark)) == ["operation_id_reused"] * 3
    assert CellChange.objects.count() == 1
    read.refresh_from_db()
    assert read.sequence == 1


def test_wrong_changes_are_refused_each_by_itself(read: Read, layer: CellLayer) -> None:  # noqa: F811
    foreign = make_read(read.campaign, reader=make_user("other"))
    theirs = cells_operation(layer, "accept", [0, 1])
    assert statuses(done(foreign, theirs)) == ["applied"]
    unknown = cells_operation(layer, "accept", [0, 1]) | {"layer_id": str(uuid.uuid4())}
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("cells_malformed", cells_operation(layer, "delete", [0, 201])),
        ("cells_malformed", cells_operation(layer, "delete", [])),
        ("cells_malformed", cells_operation(layer, "delete", [0, 1.5])),  # type: ignore[list-item]
        ("unknown_label", cells_operation(layer, "relabel", [0, 1], label="nobody")),
        ("label_not_allowed", cells_operation(layer, "relabel", [0, 1], label="carcinoma")),
        ("unknown_cell_change", cells_operation(layer, "undo", undoes=theirs["operation_id"])),
        ("unknown_cell_layer", unknown),
        ("operation_malformed", cells_operation(layer, "undo", [0, 1], undoes=theirs["operation_id"])),
        ("operation_malformed", cells_operation(layer, "relabel", [0, 1])),
        ("operation_malformed", cells_operation(layer, "explode", [0, 1])),
        ("operation_malformed", cells_operation(layer, "accept", [0, 1]) | {"annotation_id": str(uuid.uuid4())}),
        ("operation_malformed", cells_operation(layer, "accept", [0, 1]) | {"base_revision": False}),
        ("operation_malformed", cells_operation(layer, "accept", [0, 1]) | {"operation_id": "x"}),
    ]
    fine = cells_operation(layer, "accept", [0, 1])
    result = done(read, *(operation for _, operation in wrong), fine)
    assert statuses(result) == [*(code for code, _ in wrong), "applied"]
    read.state = Read.State.SUBMITTED
    read.save()
    assert statuses(done(read, fine, cells_operation(layer, "accept", [0, 1]))) == ["replayed", "read_submitted"]


def test_the_database_refuses_to_change_history(read: Read, layer: CellLayer) -> None:  # noqa: F811
    done(read, cells_operation(layer, "accept", [0, 1]))
    for statement in ("UPDATE annotation_cellchange SET label = 'x'", "DELETE FROM annotation_cellchange"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_layer_whose_file_is_gone_is_said_to_be_so(read: Read, layer: CellLayer, client_of: Any) -> None:  # noqa: F811
    (cells_folder() / f"{layer.pk}.cells").unlink()
    answer = client_of(read.reader).get(f"/api/reads/{read.pk}/cell-layers/{layer.pk}/geojson/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "cell_layer_unreadable")


def test_a_layer_that_somebody_worked_on_stays(
    read: Read,  # noqa: F811
    layer: CellLayer,
    django_capture_on_commit_callbacks: Any,
) -> None:
    done(read, cells_operation(layer, "accept", [0, 1]))
    with pytest.raises(ApiError, match="cell_layer_in_use"):
        delete_layer(layer=layer)
    other = imported(read, collection(grid(2, 2)))
    with django_capture_on_commit_callbacks(execute=True):
        delete_layer(layer=other)
    assert [path.stem for path in cells_folder().iterdir()] == [str(layer.pk)]


def test_opening_grants_the_parts_and_changes_are_told(read: Read, layer: CellLayer, client_of: Any) -> None:  # noqa: F811
    client = client_of(read.reader)
    assert client.get(f"/api/reads/{read.pk}/").json()["has_cell_layers"] is True
    answer = client.post(f"/api/reads/{read.pk}/cell-layers/open/")
    told = answer.json()["layers"][0]
    assert (told["id"], told["cells"], told["state"]) == (str(layer.pk), 200, "ready")
    cookie = answer.cookies[f"mitate_pixels_{layer.pk.hex}"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (f"/pixels/{layer.pk}", True, "Strict")
    one, two = cells_operation(layer, "relabel", [2, 3, 4, 5], label="stroma"), cells_operation(layer, "accept", [0, 200])
    done(read, one, two)
    url = f"/api/reads/{read.pk}/cell-changes/"
    all_of_them = client.get(url).json()
    assert all_of_them["sequence"] == 2
    assert [(change["operation_id"], change["cells"]) for change in all_of_them["changes"]] == [
        (one["operation_id"], [2, 3, 4, 5]),
        (two["operation_id"], [0, 200]),
    ]
    assert [change["operation_id"] for change in client.get(f"{url}?since=1").json()["changes"]] == [two["operation_id"]]
    assert client.get(f"{url}?since=x").json()["error"]["code"] == "since_malformed"
