"""Suggestions where a test wants them: a later run of the model over one image, with as many nuclei as one field holds."""

import json
from typing import Any

from tests.browser.site import Site
from tests.browser.workbench import Workbench
from tests.waiting import wait_for

# A later finished run of the endpoint that looked at this image already; octagons in rows, scores rising from row to row.
_PLANT = """
import json, math
import shapely
from datetime import timedelta
from django.db import transaction
from annotation.models import Suggestion, SuggestionRun
order = json.loads(ORDER)
last = SuggestionRun.objects.filter(image_id=order["image"], campaign_id=order["campaign"], state="done").latest("created_at")
label, left, top, step, across = order["label"], order["left"], order["top"], order["step"], order["across"]
with transaction.atomic():
    run = SuggestionRun.objects.create(
        campaign=last.campaign, image=last.image, endpoint=last.endpoint, state="done", model_name="planted", model_version="1",
        finished_at=last.finished_at + timedelta(seconds=1), started_at=last.started_at)
    rows = []
    for at in range(order["count"]):
        x, y = left + (at % across + 0.5) * step, top + (at // across + 0.5) * step
        turns = [turn * math.pi / 4 for turn in range(8)]
        corners = [(round((x + 0.3 * step * math.cos(turn)) * 8) / 8, round((y + 0.3 * step * math.sin(turn)) * 8) / 8) for turn in turns]
        ring = shapely.Polygon(corners)
        min_x, min_y, max_x, max_y = ring.bounds
        rows.append(Suggestion(
            run=run, campaign=run.campaign, image=run.image, position=at, granularity=order["granularity"], geometry_kind="Polygon",
            geometry_wkb=shapely.to_wkb(ring, output_dimension=2, byte_order=1, flavor="iso"),
            min_x_px=min_x, min_y_px=min_y, max_x_px=max_x, max_y_px=max_y, labels=[label], score=round((at + 0.5) / order["count"], 4)))
    Suggestion.objects.bulk_create(rows)
    SuggestionRun.objects.filter(pk=run.pk).update(suggestion_count=len(rows))
"""


def plant_run(site: Site, read: dict[str, Any], where: dict[str, Any]) -> None:
    """Make a later run of the model that looked at the image of a read already.

    Args:
        where: left, top, step in level-0 px; count, across (in a row), label, granularity.
    """
    order = where | {"image": read["image_id"], "campaign": read["campaign"]["id"]}
    site.manage("shell", "--no-imports", "-c", _PLANT.replace("ORDER", repr(json.dumps(order))))


def plant(bench: Workbench, *, count: int, across: int, step: int, label: str, granularity: str) -> list[dict[str, object]]:
    """Put nuclei around the middle of the image in place of what a model proposed, show the field, and return them.

    Args:
        across: nuclei in a row.
        step: level-0 px from one to the next.
        label: code of the label that they have.
    """
    read = bench.read
    image = bench.get(f"/api/images/{read['image_id']}/")
    rows = -(-count // across)
    left, top = image["width"] / 2 - across * step / 2, image["height"] / 2 - rows * step / 2
    where = {"left": left, "top": top, "step": step, "across": across, "count": count, "label": label, "granularity": granularity}
    plant_run(bench.visit.site, read, where)
    bench.page.reload()
    bench.arrive()
    wait_for("the planted suggestions", lambda: len(bench.open_suggestions()) == count)
    return bench.open_suggestions()
