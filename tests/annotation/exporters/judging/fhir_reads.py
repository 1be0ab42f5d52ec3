"""fhir.resources (R4B) reads bundles; prints what it found. Run by tests/annotation/exporters/judge.py."""

import json
import sys
from pathlib import Path

from fhir.resources.R4B.bundle import Bundle

found = {}
for path in sorted(Path(sys.argv[1]).rglob("bundles/*.json")):
    body = json.loads(path.read_text("utf-8"))
    bundle = Bundle.model_validate(body)
    kinds = {}
    for entry in bundle.entry:
        kind = type(entry.resource).__name__
        kinds[kind] = kinds.get(kind, 0) + 1
    found[path.stem] = kinds
    for entry in body["entry"]:
        if entry["resource"]["resourceType"] == "Observation":
            del entry["resource"]["status"]
    try:
        Bundle.model_validate(body)
    except ValueError:
        found[path.stem]["refuses"] = True
print(json.dumps(found))
