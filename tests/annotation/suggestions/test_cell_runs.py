"""Layers of cells that a model answers with: its tensors, a file, or the address of one; once a run, and never without an origin."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from annotation.cells.layer import Layer
from annotation.cells.shelf import layer_path
from annotation.models import Campaign, CellLayer, ModelEndpoint, Suggestion, SuggestionRun
from annotation.selectors.cells import layer_json
from annotation.selectors.suggestions import list_runs
from annotation.services import cell_runs, suggestion_runs
from annotation.services.cell_layers import cells_folder, claim_layer, delete_layer, import_layer
from annotation.services.cell_runs import sweep_answers
from annotation.services.suggestion_runs import claim_run, execute_run, release_run
from annotation.services.suggestions import request_runs
from annotation.suggestions.limits import Limits
from tests.annotation.suggestions import objects
from viewer.api.errors import ApiError

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
CarryOut = Callable[[Campaign], list[SuggestionRun]]
CELLS = {"cells": True}


def campaign_with(url: str, image: Any, model: str = "m", code: str = "one", **parameters: Any) -> Campaign:
    asked = objects.endpoint(url, model, "segment", label_map={"nucleus": "CELL"}, parameters={"cells": True, **parameters})
    return objects.campaign([image], "nuclei", asked, code)


def imported() -> list[CellLayer]:
    done = []
    while (layer := claim_layer()) is not None:
        done.append(import_layer(layer=layer))
    return done


def outlines_of(layer: CellLayer) -> Layer:
    return Layer(layer_path(cells_folder(), layer.pk))


def test_the_reference_model_makes_a_layer_of_a_slide_square_by_square(reference_url: str, slide: Path, carried_out: CarryOut) -> None:
    image = objects.ingested(slide)
    campaign = campaign_with(reference_url, image, "he-nuclei", mpp=1.0, max_crops=4, threshold=0.3)
    (run,) = carried_out(campaign)
    assert (run.state, run.error_code, run.model_version, run.suggestion_count) == ("done", "", "1", 0)
    assert run.steps == run.steps_done > 1
    assert not Suggestion.objects.exists()
    (layer,) = imported()
    assert (layer.state, layer.run_id, layer.name) == ("ready", run.pk, "he-nuclei 1")
    assert layer.cell_count > 200
    assert layer.refused == {}
    assert [(label["name"], label["code"]) for label in layer.labels] == [("CELL", "CELL")]
    assert {key: layer.source[key] for key in ("model", "version", "endpoint")} == {
        "model": "he-nuclei",
        "version": "1",
        "endpoint": "he-nuclei",
    }
    told = layer_json(layer)
    assert (told["run_id"], told["source"]["version"]) == (str(run.pk), "1")
    for cells in outlines_of(layer).all_cells():
        assert (cells.scores >= round(0.3 * 255) - 1).all()
        for index in range(len(cells)):
            extent = cells.outline(index).max(axis=0) - cells.outline(index).min(axis=0)
            # Sent at half the slide's resolution: nuclei still have their size in level-0 px (1/8 px units).
            assert 2 * 8 < extent.max() < 80 * 8
    assert sorted(path.suffix for path in cells_folder().iterdir()) == [".cells"]


@pytest.mark.parametrize(("how", "version"), [("cells", "7"), ("cells-by-address", "8")])
def test_a_file_of_cells_or_the_address_of_one_is_placed_in_the_image(
    hostile_url: str, slide: Path, carried_out: CarryOut, how: str, version: str
) -> None:
    image = objects.ingested(slide)
    campaign = campaign_with(f"{hostile_url}/{how}", image, mpp=2.0, max_crops=1)
    (run,) = carried_out(campaign)
    assert (run.state, run.error_code, run.model_version) == ("done", "", version)
    (layer,) = imported()
    assert (layer.state, layer.cell_count, layer.refused) == ("ready", 3, {"geometry_outside_image": 1})
    assert [(label["name"], label["code"]) for label in layer.labels] == [("nucleus", "CELL"), ("dragon", "")]
    sides = [
        cells.outline(index).max(axis=0) - cells.outline(index).min(axis=0)
        for cells in outlines_of(layer).all_cells()
        for index in range(len(cells))
    ]
    scale = 2.0 / (image.spacing_x_um or 0)
    assert [abs(side[0] / 8 - 8 * scale) < 0.5 for side in sides] == [True] * 3


@pytest.fixture
def hasty(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a second for an endpoint, and take three megabytes."""
    monkeypatch.setattr(suggestion_runs, "CELL_LIMITS", Limits(connect_s=0.5, total_s=1.0))
    settings.UPLOAD_MAX_BYTES = 3 << 20


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    ("how", "outcome"),
    [
        ("cells-elsewhere", ("failed", "endpoint_not_allowed")),
        ("cells-in-a-local-file", ("failed", "endpoint_bad_url")),
        ("cells-redirected", ("failed", "endpoint_redirect")),
        ("cells-in-brotli", ("failed", "endpoint_bad_answer")),
        ("cells-cut-off", ("failed", "endpoint_bad_answer")),
        ("cells-endless", ("failed", "endpoint_too_large")),
        ("html", ("failed", "endpoint_bad_answer")),
        ("busy", ("queued", "endpoint_not_ready")),
        ("never", ("queued", "endpoint_timeout")),
    ],
)
def test_what_is_no_answer_ends_the_run_and_makes_no_layer(
    hostile_url: str, slide: Path, carried_out: CarryOut, how: str, outcome: tuple[str, str]
) -> None:
    campaign = campaign_with(f"{hostile_url}/{how}", objects.ingested(slide), max_crops=1)
    (run,) = carried_out(campaign)
    assert (run.state, run.error_code) == outcome
    assert not CellLayer.objects.exists()
    assert list(cells_folder().rglob("*.cells")) == []
    sweep_answers()
    # What waits to be tried again keeps what it has.
    assert len(list(cells_folder().iterdir())) == (1 if run.state == "queued" else 0)


def test_a_broken_file_is_told_like_one_that_was_brought(hostile_url: str, slide: Path, carried_out: CarryOut) -> None:
    campaign = campaign_with(f"{hostile_url}/cells-broken", objects.ingested(slide), max_crops=1)
    (run,) = carried_out(campaign)
    assert run.state == "done"
    (layer,) = imported()
    assert (layer.state, layer.error_code) == ("failed", "bad_json")
    assert list(cells_folder().iterdir()) == []


def test_a_model_that_finds_nothing_makes_no_layer(hostile_url: str, slide: Path, carried_out: CarryOut) -> None:
    campaign = campaign_with(f"{hostile_url}/cells-none", objects.ingested(slide), max_crops=1)
    (run,) = carried_out(campaign)
    assert (run.state, run.error_code) == ("done", "")
    assert not CellLayer.objects.exists()
    assert list(cells_folder().iterdir()) == []


def test_a_run_that_is_asked_twice_or_interrupted_makes_one_layer(
    hostile_url: str, slide: Path, carried_out: CarryOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = objects.ingested(slide)
    campaign = campaign_with(f"{hostile_url}/cells", image, mpp=1.0, max_crops=3)
    (asked,) = request_runs(campaign=campaign, user=objects.user())
    assert request_runs(campaign=campaign, user=objects.user()) == []

    # The worker is told to stop when all is kept but the layer is not made.
    class Stopped(Exception):
        """Stands for the signal."""

    def stopped(*_arguments: object) -> None:
        raise Stopped

    with monkeypatch.context() as patched:
        patched.setattr(cell_runs, "_finish", stopped)
        run = claim_run()
        assert run is not None
        with pytest.raises(Stopped):
            execute_run(run=run)
        release_run(run=run)
    kept = {path.name: path.stat().st_mtime_ns for path in (cells_folder() / f"{asked.pk}.import").glob("*.cells")}
    assert len(kept) == 2
    run = claim_run()
    assert run is not None
    run = execute_run(run=run)
    assert (run.state, run.steps, run.steps_done) == ("done", 2, 2)
    assert kept == {path.name: path.stat().st_mtime_ns for path in (cells_folder() / f"{asked.pk}.import").glob("*.cells")}
    (layer,) = imported()
    assert (layer.pk, layer.cell_count) == (asked.pk, 6)

    # Asked for once more, the model says the same: the layer that is there is it.
    (again,) = carried_out(campaign)
    assert (again.state, again.pk != asked.pk) == ("done", True)
    assert imported() == []
    assert CellLayer.objects.count() == 1
    # Thrown away, it is made anew.
    delete_layer(layer=layer)
    ModelEndpoint.objects.update(enabled=True)
    carried_out(campaign)
    assert [one.cell_count for one in imported()] == [6]


def test_two_workers_make_one_layer(hostile_url: str, slide: Path) -> None:
    campaign = campaign_with(f"{hostile_url}/cells", objects.ingested(slide), max_crops=1)
    request_runs(campaign=campaign, user=objects.user())
    slow = claim_run(lease_s=0)
    fast = claim_run()
    assert slow is not None
    assert fast is not None
    assert execute_run(run=fast).state == "done"
    execute_run(run=slow)
    assert CellLayer.objects.count() == 1
    assert [one.cell_count for one in imported()] == [3]


def test_what_takes_no_cells_is_not_asked(hostile_url: str, photograph: Path, slide: Path, carried_out: CarryOut) -> None:
    boxes = objects.endpoint(f"{hostile_url}/cells", "m", "detect", label_map={"nucleus": "LESION"}, parameters=CELLS)
    (run,) = carried_out(objects.campaign([objects.ingested(photograph)], "boxes", boxes, "boxes"))
    assert (run.state, run.error_code) == ("failed", "nothing_to_ask")
    # Twenty layers are on it already.
    image = objects.ingested(slide)
    campaign = campaign_with(f"{hostile_url}/cells", image, max_crops=1)
    for number in range(20):
        CellLayer.objects.create(campaign=campaign, image=image, name=str(number), state="ready", created_by=objects.user())
    (run,) = carried_out(campaign)
    assert (run.state, run.error_code) == ("failed", "too_many_cell_layers")


def test_more_pictures_are_allowed_for_cells_alone() -> None:
    from annotation.services.endpoint_parameters import parse_parameters

    assert parse_parameters({"cells": True, "max_crops": 4096}).max_crops == 4096
    for wrong in ({"max_crops": 65}, {"cells": False, "max_crops": 65}, {"cells": True, "max_crops": 4097}, {"cells": 1}):
        with pytest.raises(ApiError):
            parse_parameters(wrong)


def test_the_campaign_is_told_how_far_a_run_is(hostile_url: str, slide: Path, carried_out: CarryOut, client: Client) -> None:
    campaign = campaign_with(f"{hostile_url}/cells", objects.ingested(slide), mpp=1.0, max_crops=2)
    carried_out(campaign)
    (told,) = list_runs(campaign)["runs"]
    assert (told["steps"], told["steps_done"], told["suggestion_count"]) == (2, 2, 0)
    shutil.rmtree(cells_folder())
    (layer,) = imported()
    assert (layer.state, layer.error_code) == ("failed", "import_file_gone")
