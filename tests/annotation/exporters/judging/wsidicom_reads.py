"""wsidicom reads bulk annotations; prints groups with their shapes. Run by tests/annotation/exporters/judge.py."""

import json
import sys
from pathlib import Path

from wsidicom.graphical_annotations import AnnotationInstance

found = []
for path in sorted(Path(sys.argv[1]).rglob("*.dcm")):
    for instance in AnnotationInstance.open([path]):
        for group in instance.groups:
            shapes = [one.geometry.to_coords() for one in group.annotations]
            found.append({"label": group.label, "type": type(group).__name__, "value": group.type_code.value, "shapes": shapes})
print(json.dumps(found))
