"""Write the part of ``docs/interchange.md`` on exports from the formats' own tables, or with ``--check`` fail when it differs."""

import json
import sys
from pathlib import Path
from typing import Final

from annotation.exporters.fields import Field, Held
from annotation.exporters.registry import EXPORTERS
from annotation.schema.facts import CampaignFacts

TARGET: Final = Path(__file__).resolve().parent.parent / "docs" / "interchange.md"
BEGIN: Final = "<!-- exports: begin -->"
END: Final = "<!-- exports: end -->"
_EMPTY: Final = CampaignFacts("", "", "", "", {}, "", "", {}, None, {})
_JUDGES: Final[dict[str, str]] = {
    "document": "ajv, jsonschema",
    "csv": "Python's csv",
    "qupath": "geojson, shapely",
    "coco": "pycocotools",
    "voc": "Datumaro",
    "yolo": "Datumaro",
    "cvat": "Datumaro",
    "label-studio": "label-studio-sdk",
    "histomicsui": "large_image's annotation schema",
    "asap": "read back by our own tests only",
    "imagescope": "read back by our own tests only",
    "mask-png": "Pillow",
    "mask-tiff": "tifffile, OpenSlide",
    "web-annotation": "iiif-prezi3",
    "fhir": "fhir.resources",
    "dicom-sr": "dciodvfy, dsrdump, dcmqi",
    "dicom-seg": "dciodvfy, dcmqi",
    "dicom-ann": "dciodvfy, wsidicom",
}
_INTRODUCTION: Final = """**yes**: as it is. **partly**: for some marks, or in another form; `losses.json` counts which. **-**: never.
An archive always holds `labels.json` with every label's codes, names and colour.
Whoever requires a field (`?require=holes&require=text`, the tick boxes under *Details* on the card, `manage.py export --require`)
gets no export that would lose it: a format that never holds it is refused before it begins, any other at the first mark that would
lose it, with the code `export_would_lose`.

The judges are programs of others, unchanged, run by the tests (`scripts/judges.sh`, `scripts/system_packages.sh`). One message of
dciodvfy is passed over: it misses CommonZCoordinateValue in ANN of two dimensions, where PS3.3 C.37.1.2 wants none. dcmqi reads
segmentations only of images whose files say where their frames lie in the patient: it asks for that. QuPath, ASAP, ImageScope, CVAT's
and Label Studio's servers and HL7's validator were not run. What each format writes is also read by our own importer and compared, label
by label (`tests/annotation/importers/test_formats_come_back.py`); CSV, Web Annotation and FHIR go out only, and are read back by the
tests of their own."""


def generate(page: str) -> str:
    """Return the page with its part on exports written anew. Raises ValueError for a page without the two marks."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return "\n".join([before + BEGIN, _INTRODUCTION, "", *_table(), "", *_notes(), END]) + after


def _table() -> list[str]:
    words = {Held.YES: "yes", Held.PARTLY: "partly", Held.NO: "-"}
    head = ["format", *(field.value for field in Field), "judged by"]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for name, exporter in EXPORTERS.items():
        cells = [f"`{name}`", *(words[exporter.holds[field]] for field in Field), _JUDGES[name]]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _notes() -> list[str]:
    """Return what each format always loses or changes, as its own `losses.json` says it."""
    lines = ["What a format always does to a mark, besides the fields that it never holds:", ""]
    for name, exporter in EXPORTERS.items():
        report = json.loads(exporter.begin(_EMPTY).losses.to_json())
        texts = [note["text"] for note in report["always"] if not note["code"].startswith("no_")]
        lines.append(f"- `{name}`: {' '.join(texts)}")
    return lines


if __name__ == "__main__":
    old = TARGET.read_text("utf-8")
    fresh = generate(old)
    if "--check" not in sys.argv:
        TARGET.write_text(fresh, "utf-8")
    elif fresh != old:
        sys.exit("docs/interchange.md is not what the formats say; write it with: .venv/bin/python -m scripts.interchange_doc")
