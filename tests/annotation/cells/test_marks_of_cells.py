"""A mark that was made of a cell says which, for ever: in the API, in documents, outside the society under other names."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from annotation.disclosure.cases import disclosed_campaign, disclosed_case
from annotation.disclosure.tiers import Hop, Tier
from annotation.models import Annotation, CellLayer, Read
from annotation.schema.document import build_document
from annotation.schema.validate import validate_document
from annotation.selectors.documents import campaign_facts, get_case
from annotation.services.cell_layers import delete_layer
from annotation.services.import_targets import targets_of
from tests.annotation.cells.features import collection, grid
from tests.annotation.cells.test_layers_of_readers import cells_operation, done, imported, statuses
from tests.annotation.importers.given import read as file_read
from tests.annotation.marking.conftest import campaign, client_of, read  # noqa: F401  # fixtures
from tests.annotation.marking.objects import body, make_read, square
from viewer.api.errors import ApiError

CELL = "org.mitate.cell"


@pytest.fixture(autouse=True)
def data_folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def layer(read: Read) -> CellLayer:  # noqa: F811
    layer = imported(read, collection(grid(20, 10)))
    layer.source |= {"model": "nuclei", "version": "3"}
    layer.save(update_fields=["source"])
    return layer


def put(mark_id: str | None = None, base_revision: int = 0, **said: Any) -> dict[str, Any]:
    operation = {"operation_id": str(uuid.uuid4()), "verb": "put", "annotation_id": mark_id or str(uuid.uuid4())}
    return operation | {"base_revision": base_revision, "annotation": body(granularity="cell", **said)}


def of(layer: CellLayer, number: int = 3) -> dict[str, Any]:
    return {"layer_id": str(layer.pk), "number": number}


def test_it_is_said_when_the_mark_is_made_and_nothing_later_changes_it(read: Read, layer: CellLayer, client_of: Any) -> None:  # noqa: F811
    made = put(cell=of(layer))
    mark_id = made["annotation_id"]
    assert statuses(done(read, made, cells_operation(layer, "delete", [3, 1]))) == ["applied", "applied"]
    moved = put(mark_id, 1, geometry=square(300, 300))
    elsewhere = put(mark_id, 2, cell=of(layer, 7))
    assert statuses(done(read, moved, elsewhere)) == ["applied", "applied"]
    gone = {"operation_id": str(uuid.uuid4()), "verb": "delete", "annotation_id": mark_id, "base_revision": 3}
    assert statuses(done(read, gone, put(mark_id, 4))) == ["applied", "applied"]
    assert Annotation.objects.get(pk=mark_id).cell == of(layer)
    (told,) = client_of(read.reader).get(f"/api/reads/{read.pk}/annotations/").json()["annotations"]
    assert told["cell"] == of(layer)
    assert list(told["cell"]) == ["layer_id", "number"]
    assert statuses(done(read, made, moved)) == ["replayed", "replayed"]


def test_what_is_no_cell_of_the_image_is_refused_and_the_rest_is_saved(read: Read, layer: CellLayer) -> None:  # noqa: F811
    strange = make_read()
    other = imported(strange, collection(grid(2, 2)))
    wrong = [
        put(cell=of(layer, 200)),
        put(cell=of(other, 0)),
        put(cell={"layer_id": str(uuid.uuid4()), "number": 0}),
        put(cell={"layer_id": str(layer.pk), "number": -1}),
        put(cell={"layer_id": str(layer.pk), "number": True}),
        put(cell={"layer_id": str(layer.pk)}),
        put(cell=[str(layer.pk), 3]),
        put(cell=of(layer), geometry=None),
    ]
    unknown, malformed = "unknown_cell_layer", "operation_malformed"
    assert statuses(done(read, *wrong, put())) == [unknown, unknown, unknown, *[malformed] * 5, "applied"]
    assert Annotation.objects.filter(cell__isnull=False).count() == 0


def test_a_layer_of_which_a_mark_was_made_stays(read: Read, layer: CellLayer) -> None:  # noqa: F811
    done(read, put(cell=of(layer)))
    with pytest.raises(ApiError, match="cell_layer_in_use"):
        delete_layer(layer=layer)


def test_documents_name_the_model_and_the_cell(read: Read, layer: CellLayer) -> None:  # noqa: F811
    done(read, put(cell=of(layer)), put(geometry=square(300, 300)))
    facts = campaign_facts(read.campaign)

    def case() -> Any:
        return get_case(read.campaign, image_id=read.image_id, include_drafts=True)

    document = build_document(case(), facts)
    assert validate_document(document) == []
    (said,) = [mark["extensions"][CELL] for mark in document["annotations"] if CELL in mark.get("extensions", {})]
    (model,) = [agent for agent in document["agents"] if agent["id"] == said["modelId"]]
    assert (model["name"], model["version"]) == ("nuclei", "3")
    assert (said["layerId"], said["cell"]) == (str(layer.pk), 3)

    assert file_read(document, "document.json", *targets_of(read.campaign, with_instances=False)).losses["cell"] == 1

    hop = Hop(Tier.PLATFORM, "5f3c0000-0000-8000-8000-000000000001", bytes(range(32)))
    outside = build_document(disclosed_case(case(), hop), disclosed_campaign(facts, hop, pixels_confirmed_by=""))
    assert validate_document(outside) == []
    (told,) = [mark["extensions"][CELL] for mark in outside["annotations"] if CELL in mark.get("extensions", {})]
    assert told["cell"] == 3
    assert str(layer.pk) not in json.dumps(outside)
