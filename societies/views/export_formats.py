"""The export formats as the card of a campaign offers them: in groups, each with its name and what it is for."""

from typing import Any, Final, NamedTuple

from django.utils.translation import gettext_lazy as _

from annotation.exporters.fields import Held
from annotation.exporters.registry import EXPORTERS

__all__ = ["EXPORT_FORMATS", "export_groups"]

EXPORT_FORMATS: Final[tuple[tuple[Any, tuple[tuple[str, Any, Any], ...]], ...]] = (
    (
        _("Everything"),
        (
            ("document", _("Annotation documents"), _("JSON after the document schema: everything that is recorded")),
            ("csv", _("CSV table"), _("one row a mark, for spreadsheets and statistics")),
        ),
    ),
    (
        _("Machine learning"),
        (
            ("coco", _("COCO"), _("boxes and outlines for training")),
            ("voc", _("Pascal VOC"), _("boxes, one XML a picture")),
            ("yolo", _("YOLO"), _("boxes and outlines as text, one file a picture")),
            ("cvat", _("CVAT"), _("XML with tracks of stacks and videos")),
            ("mask-png", _("Label maps (PNG)"), _("pixels with the number of their label; images up to 268 megapixels")),
            ("mask-tiff", _("Label maps (TIFF)"), _("the same as tiled pyramids, also for whole slides")),
            ("label-studio", _("Label Studio"), _("tasks with annotations, predictions and labelling interface")),
        ),
    ),
    (
        _("Pathology tools"),
        (
            ("qupath", _("QuPath GeoJSON"), _("outlines for QuPath, one file an image")),
            ("histomicsui", _("HistomicsUI"), _("for HistomicsUI and the Digital Slide Archive, with everything recorded")),
            ("asap", _("ASAP"), _("outlines in groups; little else")),
            ("imagescope", _("ImageScope"), _("outlines with holes in layers, for Aperio ImageScope")),
        ),
    ),
    (
        _("Hospital and web"),
        (
            ("dicom-sr", _("DICOM SR"), _("structured reports (TID 1500), one of each reader; for DICOM images")),
            ("dicom-seg", _("DICOM SEG"), _("binary segmentations, one of each stack whose place is known; for DICOM images")),
            ("dicom-ann", _("DICOM ANN"), _("bulk annotations of whole slides; for DICOM slides")),
            ("fhir", _("FHIR R4"), _("an Observation for each mark and diagnosis, one Bundle a case")),
            ("web-annotation", _("Web Annotation"), _("W3C annotations on IIIF canvases")),
        ),
    ),
)
"""(group, ((format, name, what it is for), ...)); every format is in one group."""


class Offered(NamedTuple):
    """A format on the card; `lacks` names what it never holds, set apart by spaces."""

    format: str
    name: Any
    help: Any
    lacks: str


def export_groups() -> list[tuple[Any, list[Offered]]]:
    """Return the groups of the card."""
    return [(title, [Offered(name, label, text, _lacks(name)) for name, label, text in formats]) for title, formats in EXPORT_FORMATS]


def _lacks(name: str) -> str:
    return " ".join(field.value for field, held in EXPORTERS[name].holds.items() if held == Held.NO)
