"""How long a reader waits for the acknowledgement of a saved outline of 60 vertices, alone and beside others."""

import math
import random
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any

import httpx

from bench.figures import spread_ms
from bench.people import sign_in
from tests.browser.site import Site

_SAVES = 150
_DRAWN = 40
_DRAWING_S = 1.0
"""From one mark to the next of somebody who draws faster than hands do: an outline takes two seconds and more."""
READERS = ["jsp-reader1", "jsp-reader2", "jges-reader1", "jges-reader2", "jrs-reader1", "jrs-reader2", "jsum-reader1", "jsum-reader2"]


def begin(url: str, user: str) -> tuple[httpx.Client, dict[str, Any]]:
    """Sign in and take the next image of the first campaign."""
    client = sign_in(url, user)
    campaign = client.get("/api/campaigns/").raise_for_status().json()["reading"][0]
    claim = client.post(f"/api/campaigns/{campaign['id']}/next/").raise_for_status().json()
    return client, client.get(f"/api/reads/{claim['read_id']}/").raise_for_status().json()


def mark(read: dict[str, Any], number: int) -> dict[str, Any]:
    """Return an operation that creates a mark the campaign allows, different for each number."""
    allowed = read["campaign"]["granularities"]
    granularity = next(name for name in ("region", "box", "point") if name in allowed)
    label = next(label["code"] for label in read["campaign"]["label_set"]["labels"] if granularity in label["granularities"])
    centre, radius = 100 + number % 40, 20 + number % 17
    ring = [
        [
            round((centre + radius * math.cos(step * math.tau / 60)) * 8) / 8,
            round((centre + radius * math.sin(step * math.tau / 60)) * 8) / 8,
        ]
        for step in range(60)
    ]
    geometry: dict[str, Any] = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    if granularity == "box":
        geometry = {"type": "Rectangle", "bbox": [centre, centre, radius, radius]}
    if granularity == "point":
        geometry = {"type": "Point", "coordinates": [centre, centre]}
    annotation = {
        "granularity": granularity,
        "frame": None,
        "geometry": geometry,
        "labels": [label],
        "text": "",
        "form": None,
        "certainty": None,
        "basis": [],
        "origin": "manual",
        "suggestion_id": None,
        "active_seconds": 1,
    }
    return {
        "operation_id": str(uuid.uuid4()),
        "verb": "put",
        "annotation_id": str(uuid.uuid4()),
        "base_revision": 0,
        "annotation": annotation,
    }


def _save_many(client: httpx.Client, read: dict[str, Any], frame: int | None, saves: int = _SAVES, drawing_s: float = 0) -> list[float]:
    """Save one mark after the other, each drawn in ``drawing_s`` seconds; return seconds to each acknowledgement."""
    waits = []
    for number in range(saves):
        time.sleep(drawing_s * random.uniform(0.5, 1.5))
        operation = mark(read, number)
        operation["annotation"]["frame"] = frame
        began = time.perf_counter()
        answer = client.post(f"/api/reads/{read['id']}/operations/", json={"operations": [operation]}).raise_for_status().json()
        waits.append(time.perf_counter() - began)
        assert answer["results"][0]["status"] == "applied", answer
    return waits


def _draw(client: httpx.Client, read: dict[str, Any], frame: int | None) -> list[float]:
    return _save_many(client, read, frame, _DRAWN, _DRAWING_S)


def first_frame(client: httpx.Client, read: dict[str, Any]) -> int | None:
    """Return 0 for images with frames."""
    return 0 if client.get(f"/api/images/{read['image_id']}/").raise_for_status().json()["frames"] else None


def run() -> list[tuple[str, str]]:
    """Measure one reader alone, then eight who draw, then eight who do nothing but save."""
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder))
        site.start()
        try:
            people = [begin(site.url, user) for user in READERS]
            frames = [first_frame(*person) for person in people]
            alone = _save_many(*people[0], frames[0])
            with ThreadPoolExecutor(len(people)) as pool:
                drawing = list(pool.map(_draw, *zip(*people, strict=True), frames))
                together = list(pool.map(_save_many, *zip(*people, strict=True), frames))
        finally:
            site.stop()
    return [
        ("save acknowledged, one reader, SQLite", spread_ms(alone)),
        (f"save acknowledged, {len(people)} readers drawing a mark a second each, SQLite", spread_ms(list(chain.from_iterable(drawing)))),
        (f"save acknowledged, {len(people)} readers without a pause, SQLite", spread_ms(list(chain.from_iterable(together)))),
    ]
