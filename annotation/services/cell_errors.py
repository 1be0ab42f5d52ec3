"""What those who bring cells are told about files that make no layer."""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

_GEOJSON = _("Export the detections from QuPath as a GeoJSON FeatureCollection, and import that file.")
IMPORT_TEXTS: Final[dict[str, tuple[Any, Any]]] = {
    "bad_json": (_("The file is no JSON, or is cut short."), _GEOJSON),
    "bad_gzip": (_("The file is packed, but the packing is broken."), _("Send the file again.")),
    "json_too_deep": (_("The file is nested more deeply than GeoJSON is."), _GEOJSON),
    "no_features": (_("The file holds no feature."), _GEOJSON),
    "no_cells": (
        _("None of the file's features is a cell of this image."),
        _("Check that the file belongs to this image: each cell is a polygon of one ring, in pixels of level 0."),
    ),
    "too_many_cells": (_("The file holds more than 5,000,000 features."), _("Split it into several layers.")),
    "too_many_classes": (_("The file has more than 255 classes."), _("Take out the classes that nobody needs.")),
    "import_crashed": (_("The import needed more memory than it may have, or crashed."), _("Split the file into several layers.")),
    "import_too_slow": (_("The import took longer than an hour."), _("Split the file into several layers.")),
    "import_interrupted": (
        _("The import was interrupted three times and is given up."),
        _("Look for a crash of the worker in the site's log, then import the file again."),
    ),
    "import_file_gone": (_("The file that was to be imported is gone."), _("Import it again.")),
}


def say_import(code: str) -> tuple[str, str]:
    """Return the sentence and the next step for a code, in the language of the request; two empty texts for none."""
    text, hint = IMPORT_TEXTS[code] if code else ("", "")
    return str(text), str(hint)
