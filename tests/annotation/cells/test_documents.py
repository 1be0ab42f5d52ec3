"""What documents hold of cell layers: whole layers that a reader touched, by label, packed, with what became of each cell."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from annotation.disclosure.cases import disclosed_campaign, disclosed_case
from annotation.disclosure.tiers import Hop, Tier
from annotation.models import CellLayer, ModelEndpoint, Read, SuggestionRun
from annotation.schema.document import build_document
from annotation.schema.problems import DocumentError
from annotation.schema.validate import validate_document
from annotation.selectors.documents import campaign_facts, get_case
from annotation.services.cell_layers import cells_folder
from annotation.services.import_targets import targets_of
from tests.annotation.cells.features import collection, grid
from tests.annotation.cells.test_layers_of_readers import cells_operation, done, exported, imported, statuses
from tests.annotation.importers.given import read as file_read
from tests.annotation.marking.conftest import campaign, client_of, read  # noqa: F401  # fixtures

COUNT = 200
KINDS = {"float32le": "<f4", "uint32le": "<u4", "uint8": "u1"}


@pytest.fixture(autouse=True)
def data_folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def layer(read: Read) -> CellLayer:  # noqa: F811
    return imported(read, collection(grid(20, 10, names=("tumour", "Macrophage of 山田", ""))))


def document_of(read: Read) -> dict[str, Any]:  # noqa: F811
    case = get_case(read.campaign, image_id=read.image_id, include_drafts=True)
    return build_document(case, campaign_facts(read.campaign))


def unpacked(packed: dict[str, str]) -> Any:
    return np.frombuffer(base64.b64decode(packed["base64"], validate=True), KINDS[packed["dtype"]])


def cells_of(document: dict[str, Any]) -> dict[int, tuple[str, list[list[float]], float, int]]:
    """Return number -> (label, ring, score, disposition) of every cell of a document, as a stranger would read it."""
    found = {}
    for group in document.get("annotationGroups", ()):
        vertices, starts = unpacked(group["coordinates"]).reshape(-1, 2), unpacked(group["offsets"]).tolist()
        columns = {name: unpacked(packed).tolist() for name, packed in group["perItem"].items()}
        assert {len(values) for values in (starts, *columns.values())} == {group["count"]}
        for index, (start, end) in enumerate(zip(starts, [*starts[1:], len(vertices)], strict=True)):
            said = (
                group["labels"][0]["coding"][0]["code"],
                vertices[start:end].tolist(),
                columns["score"][index],
                columns["disposition"][index],
            )
            assert found.setdefault(columns["number"][index], said) is said
    return found


def test_a_touched_layer_is_in_the_document_cell_by_cell(read: Read, layer: CellLayer, client_of: Any) -> None:  # noqa: F811
    result = done(
        read,
        cells_operation(layer, "relabel", [0, 3], label="stroma"),
        cells_operation(layer, "accept", [5, 2]),
        cells_operation(layer, "delete", [10, 1]),
    )
    assert statuses(result) == ["applied"] * 3
    document = document_of(read)
    assert validate_document(document) == []
    cells = cells_of(document)
    assert sorted(cells) == list(range(COUNT))
    assert [cells[number][3] for number in (0, 1, 2, 3, 5, 6, 7, 10)] == [2, 2, 2, 0, 1, 1, 0, 3]
    assert {cells[number][0] for number in (0, 1, 2)} == {"stroma"}
    assert {cell[0] for cell in cells.values()} == {"tumour", "stroma", "class-of-the-file", "unlabelled"}
    features = json.loads(exported(client_of(read.reader), read, layer))["features"]
    assert len(features) == COUNT - 1
    for feature in features:
        _label, ring, score, _disposition = cells[int(feature["properties"]["metadata"]["mitate:cell"])]
        assert [*ring, ring[0]] == feature["geometry"]["coordinates"][0]
        assert score == pytest.approx(feature["properties"]["measurements"]["Detection probability"], abs=1e-4)
    agents = {agent["id"]: agent for agent in document["agents"]}
    assert {agents[group["createdBy"]]["type"] for group in document["annotationGroups"]} == {"model"}
    assert document == document_of(read)
    targets = targets_of(read.campaign, with_instances=False)
    assert file_read(document, "document.json", *targets).losses["cells"] == COUNT


def test_a_layer_that_nobody_touched_is_no_part_of_it(read: Read, layer: CellLayer) -> None:  # noqa: F811
    assert layer.cell_count == COUNT
    assert "annotationGroups" not in document_of(read)


def test_a_release_holds_the_cells_and_no_word_of_the_file(read: Read, layer: CellLayer) -> None:  # noqa: F811
    done(read, cells_operation(layer, "accept", [0, 1]))
    Read.objects.filter(pk=read.pk).update(state=Read.State.SUBMITTED, submitted_at=timezone.now())
    hop = Hop(Tier.PLATFORM, "5f3c0000-0000-8000-8000-000000000001", bytes(range(32)))
    case = get_case(read.campaign, image_id=read.image_id, include_drafts=False)
    document = build_document(disclosed_case(case, hop), disclosed_campaign(campaign_facts(read.campaign), hop, pixels_confirmed_by=""))
    assert validate_document(document) == []
    assert len(cells_of(document)) == COUNT
    assert "山田" not in json.dumps(document, ensure_ascii=False)
    assert document["annotationGroups"][0]["review"]["events"][0]["at"].startswith("1970-01-01")
    document["annotationGroups"][0]["labels"][0]["text"] = {"ja": "山田"}
    assert validate_document(document)


def test_a_layer_whose_file_is_gone_stops_the_document(read: Read, layer: CellLayer) -> None:  # noqa: F811
    done(read, cells_operation(layer, "accept", [0, 1]))
    (cells_folder() / f"{layer.pk}.cells").unlink()
    with pytest.raises(DocumentError) as caught:
        document_of(read)
    assert caught.value.code == "cells_unreadable"


def test_cells_of_a_model_endpoint_name_the_model_and_the_run(read: Read, layer: CellLayer) -> None:  # noqa: F811
    endpoint = ModelEndpoint.objects.create(name="Nuclei", url="http://127.0.0.1:9", model_name="m", task="segment", created_by=read.reader)
    layer.run = SuggestionRun.objects.create(campaign=read.campaign, image=read.image, endpoint=endpoint)
    layer.source = {"file": "", "sha256": "", "model": "he-nuclei", "version": "7", "endpoint": "Nuclei"}
    layer.save()
    done(read, cells_operation(layer, "accept", [5, 2]))
    document = document_of(read)
    assert validate_document(document) == []
    agents = {agent["id"]: agent for agent in document["agents"]}
    for group in document["annotationGroups"]:
        assert group["suggestion"] == {"modelId": group["createdBy"], "runId": str(layer.run_id), "disposition": "pending"}
        assert (agents[group["createdBy"]]["name"], agents[group["createdBy"]]["version"]) == ("he-nuclei", "7")
    # Outside the society the run has another name, the same for all groups.
    Read.objects.filter(pk=read.pk).update(state=Read.State.SUBMITTED, submitted_at=timezone.now())
    case = get_case(read.campaign, image_id=read.image_id, include_drafts=False)
    hop = Hop(Tier.PLATFORM, "5f3c0000-0000-8000-8000-000000000001", bytes(range(32)))
    moved = build_document(disclosed_case(case, hop), disclosed_campaign(campaign_facts(read.campaign), hop, pixels_confirmed_by=""))
    assert validate_document(moved) == []
    names = {group["suggestion"]["runId"] for group in moved["annotationGroups"]}
    assert len(names) == 1
    assert names != {str(layer.run_id)}
