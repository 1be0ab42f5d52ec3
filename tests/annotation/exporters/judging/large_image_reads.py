"""large_image's own schema judges annotations; prints the errors. Run by tests/annotation/exporters/judge.py.

Only the class that holds the schema is taken out of the source: the rest needs a Girder server.
"""

import ast
import copy
import importlib.util
import json
import sys
from pathlib import Path

import jsonschema

package = Path(importlib.util.find_spec("girder_large_image_annotation").submodule_search_locations[0])
source = (package / "models" / "annotation.py").read_text("utf-8")
wanted = ("AnnotationSchema", "extendSchema")
found = [node for node in ast.parse(source).body if getattr(node, "name", "") in wanted]
space = {"copy": copy}
exec(compile(ast.Module(found, []), "annotation.py", "exec"), space)  # noqa: S102  (the schema of the judge itself)
validator = jsonschema.Draft6Validator(space["AnnotationSchema"].annotationSchema)
errors, elements = [], 0
for path in sorted(Path(sys.argv[1]).rglob("annotations/**/*.json")):
    annotation = json.loads(path.read_text("utf-8"))
    elements += len(annotation["elements"])
    errors += [f"{path.name}: {list(error.path)}: {error.message[:200]}" for error in validator.iter_errors(annotation)]
    annotation["elements"][0]["unheard_of"] = 1
    refused = not validator.is_valid(annotation)
print(json.dumps({"errors": errors, "elements": elements, "refused": refused}))
