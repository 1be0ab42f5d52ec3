"""Words of label sets on pages: what a label is for, what it may mark, how a code relates to it."""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from annotation.schema.labels import Granularity

ROLES: Final = {
    "normality": _("normal or abnormal"),
    "diagnosis": _("diagnosis"),
    "differential": _("differential diagnosis"),
    "finding": _("finding"),
    "tissue": _("tissue"),
    "cell-type": _("cell type"),
    "grade": _("grade"),
    "stage": _("stage"),
    "site": _("site"),
    "procedure": _("procedure"),
    "quality": _("quality"),
    "emergency": _("emergency"),
    "artefact": _("artefact"),
}
GRANULARITIES: Final = {
    Granularity.PRESENCE: _("normal or abnormal"),
    Granularity.DIAGNOSIS: _("diagnosis of the image"),
    Granularity.TISSUE: _("tissue"),
    Granularity.POINT: _("points"),
    Granularity.BOX: _("boxes"),
    Granularity.REGION: _("regions"),
    Granularity.CELL: _("cell outlines"),
}
MAPPINGS: Final = {
    "exact": _("means the same"),
    "broader": _("is broader than the label"),
    "narrower": _("is narrower than the label"),
    "related": _("is related"),
}


def choices(words: dict[Any, Any]) -> list[dict[str, str]]:
    """Return words as choices: code and name in the language that is on."""
    return [{"code": str(code), "name": str(name)} for code, name in words.items()]
