"""Label Studio's SDK validates tasks; prints what it says of each. Run by tests/annotation/exporters/judge.py."""

import hashlib
import json
import sys
from pathlib import Path

from label_studio_sdk.converter.brush import decode_rle
from label_studio_sdk.label_interface import LabelInterface

folder = Path(sys.argv[1])
interface = LabelInterface((folder / "labelling.xml").read_text("utf-8"))
tasks = json.loads((folder / "tasks.json").read_text("utf-8"))
wrong = json.loads(json.dumps(tasks[0]["annotations"][0]))
for region in wrong["result"]:
    for key, value in region["value"].items():
        if key.endswith("labels") or key == "choices":
            region["value"][key] = ["no such label" for _ in value]
brushes = {}
for region in (region for task in tasks for one in task["annotations"] for region in one["result"] if region["type"] == "brushlabels"):
    pixels = decode_rle(region["value"]["rle"]).reshape(region["original_height"], region["original_width"], 4)
    brushes[region["id"]] = hashlib.sha256((pixels[:, :, 3] > 0).tobytes()).hexdigest()
print(
    json.dumps(
        {
            "brushes": brushes,
            "annotations": [interface.validate_annotation(one) for task in tasks for one in task["annotations"]],
            "predictions": [interface.validate_prediction(one) for task in tasks for one in task["predictions"]],
            "tasks": [interface.validate_task({"data": task["data"]}) for task in tasks],
            "wrong": interface.validate_annotation(wrong),
        }
    )
)
