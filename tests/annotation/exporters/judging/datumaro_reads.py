"""Datumaro reads a data set; prints item id -> its marks. Run by tests/annotation/exporters/judge.py."""

import json
import sys

import datumaro
from datumaro.components.annotation import AnnotationType

dataset = datumaro.Dataset.import_from(sys.argv[1], sys.argv[2])
names = dataset.categories()[AnnotationType.label]
found = {}
for item in dataset:
    marks = found.setdefault(item.id, [])
    for mark in item.annotations:
        points = [float(value) for value in getattr(mark, "points", [])]
        attributes = {key: value if isinstance(value, (str, int, float, bool)) else str(value) for key, value in mark.attributes.items()}
        frame = item.attributes.get("frame")
        marks.append(
            {
                "type": mark.type.name,
                "label": names[mark.label].name if mark.label is not None else None,
                "points": points,
                "area": float(mark.get_area()) if hasattr(mark, "get_area") else 0.0,
                "attributes": attributes,
                "frame": frame,
            }
        )
print(json.dumps(found))
