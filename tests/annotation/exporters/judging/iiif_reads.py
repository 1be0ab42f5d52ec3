"""iiif-prezi3 reads manifests and pages; prints what it found. Run by tests/annotation/exporters/judge.py."""

import json
import sys
from pathlib import Path

from iiif_prezi3 import AnnotationPage, Manifest

found = {}
for path in sorted(Path(sys.argv[1]).rglob("manifests/**/*.json")):
    body = json.loads(path.read_text("utf-8"))
    manifest = Manifest(**body)
    # The model takes a page within a canvas for a mere reference: each is read by itself.
    bodies = [page for canvas in body["items"] for page in canvas.get("annotations", [])]
    pages = [AnnotationPage(**page) for page in bodies]
    found[path.stem] = {
        "canvases": len(manifest.items),
        "annotations": sum(len(page.items) for page in pages),
    }
    broken = json.loads(json.dumps(bodies[0]))
    del broken["items"][0]["target"]
    body["items"][0]["type"] = "Canvass"
    refused = 0
    for model, value in ((Manifest, body), (AnnotationPage, broken)):
        try:
            model(**value)
        except ValueError:
            refused += 1
    found[path.stem]["refuses"] = refused == 2
print(json.dumps(found))
