"""Makes a site in MITATE_DATA_DIR with a DICOM slide and a reader, and does to its cells what readers do: `... {site|work|undo}`."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from annotation.models import CellLayer, Read

WIDTH_PX, HEIGHT_PX = 40_960, 30_720
_WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"


def make_site(code: str) -> Read:
    """Make the slide, the campaign over it and a read that is submitted later; return the read."""
    from django.contrib.auth.models import User  # noqa: PLC0415  # after Django is set up

    from societies.services.grants import grant_reading  # noqa: PLC0415
    from tests.annotation.document import objects  # noqa: PLC0415
    from viewer.models import Collection  # noqa: PLC0415

    collection = Collection.objects.create(slug=code, name="Bulk")
    slide = objects.image(collection, "a" * 64, width_px=WIDTH_PX, height_px=HEIGHT_PX)
    slide.instances.update(sop_class_uid=_WHOLE_SLIDE, sop_instance_uid="1.2.3.4.5.6", frame_count=4)
    campaign = objects.campaign(collection, [slide], code=code, form=None, diagnosis={"required": False, "label_roles": []})
    reader = User.objects.create_user("bulk-reader")
    grant_reading(campaign=campaign, user=reader)
    return objects.read(campaign, slide, reader, submitted=False)


def change(layer: CellLayer, kind: str, runs: Sequence[int] | None = None, **members: Any) -> dict[str, Any]:
    """Return an operation on cells."""
    said = {"kind": kind, **({} if runs is None else {"cells": list(runs)}), **members}
    return {"operation_id": str(uuid.uuid4()), "verb": "cells", "layer_id": str(layer.pk), "change": said}


def work(read: Read, layer: CellLayer, *, relabelled: int, deleted: int) -> list[dict[str, Any]]:
    """Relabel many, turn one into a mark of its own, delete some; return what takes each of that back, the last one first."""
    from tests.annotation.marking.objects import put  # noqa: PLC0415

    square = {"type": "Polygon", "coordinates": [[[50, 50], [60, 50], [60, 60], [50, 60], [50, 50]]]}
    drawn = put(said={"granularity": "cell", "geometry": square, "labels": ["cell"]})
    changes = [
        change(layer, "relabel", [0, relabelled], label="cell"),
        change(layer, "delete", [relabelled, 1]),
        change(layer, "delete", [relabelled + 1, deleted]),
    ]
    results = apply(read, [*changes[:2], drawn, changes[2]])
    back = [change(layer, "undo", undoes=one["operation_id"]) for one in reversed(changes)]
    mark = results[2].annotation
    gone = {"operation_id": str(uuid.uuid4()), "verb": "delete", "annotation_id": mark["id"], "base_revision": mark["revision"]}
    return [back[0], gone, *back[1:]]


def apply(read: Read, operations: Sequence[dict[str, Any]]) -> list[Any]:
    """Apply operations as the reader; all of them must be taken."""
    from annotation.services.operations import apply_operations  # noqa: PLC0415

    results = apply_operations(user=read.reader, read_id=read.pk, operations=list(operations)).results
    refused = [result.error for result in results if result.status != "applied"]
    if refused:
        raise AssertionError(refused)
    return list(results)


def main(step: str) -> None:
    """Do one step; `site` prints the image."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django  # noqa: PLC0415

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    from annotation.models import CellLayer, Read  # noqa: PLC0415

    if step == "site":
        call_command("migrate", verbosity=0)
        print(make_site("bulk").image_id)
        return
    layer, read = CellLayer.objects.get(), Read.objects.select_related("reader", "campaign").get()
    if step == "accept":
        apply(read, [change(layer, "accept", [0, layer.cell_count // 2])])
    elif step == "round":
        apply(read, work(read, layer, relabelled=layer.cell_count // 10, deleted=layer.cell_count // 1000))


if __name__ == "__main__":
    main(sys.argv[1])
