"""What label sets, forms and label maps are refused for, and what is said at the place of each fault of a draft."""

from collections.abc import Iterable
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from rest_framework import status

from annotation.errors import Refusal
from annotation.schema.label_checks import ContentProblem
from viewer.api.errors import ApiError

__all__ = ["CONTENT_TEXTS", "REFUSALS", "problems_json", "vocabulary_refusal"]

_CHOOSE_MAP = _("Choose a map from the campaign's page; write it as id@version.")

REFUSALS: Final[dict[str, Refusal]] = {
    "draft_stale": Refusal(
        status.HTTP_412_PRECONDITION_FAILED,
        _("Somebody else saved this draft in the meantime."),
        _("Look at what they changed; nothing of yours is lost until you leave the page."),
    ),
    "draft_exists": Refusal(
        status.HTTP_409_CONFLICT, _("There is a draft already."), _("Go on with it, or discard it before you begin another one.")
    ),
    "draft_revision_missing": Refusal(
        status.HTTP_428_PRECONDITION_REQUIRED,
        _("The request does not say which state of the draft it was made on."),
        _("Send If-Match with the draft's revision in quotation marks."),
    ),
    "draft_invalid": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("The draft cannot be published as it is."),
        _("Correct what is marked, then publish it."),
    ),
    "draft_unchanged": Refusal(
        status.HTTP_409_CONFLICT, _("The draft says the same as the published version."), _("Change something, or discard the draft.")
    ),
    "version_malformed": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("This cannot be the name of a version."),
        _("Use up to 16 letters, digits, dots and hyphens, such as 1.1."),
    ),
    "version_taken": Refusal(
        status.HTTP_409_CONFLICT,
        _("There is a version of this name already."),
        _("Choose another name; a published version never changes."),
    ),
    "label_map_unknown": Refusal(status.HTTP_422_UNPROCESSABLE_ENTITY, _("There is no such label map."), _CHOOSE_MAP),
    "label_map_mismatch": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("The label map does not begin with the labels that it would be applied to."),
        _("Choose a map from the campaign's label set; of several, each one begins where the one before ends."),
    ),
    "label_not_mapped": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("A mark has the label %(label)s, of which the label map says nothing."),
        _("Publish a map that says what becomes of it, or export with unmapped=drop: it is left out then, and told in losses.json."),
    ),
    "label_map_incomplete": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("The label map says nothing of the label %(label)s."),
        _("Publish a map that says what becomes of every label, or choose to leave out labels that it does not name (unmapped: drop)."),
    ),
    "unmapped_malformed": Refusal(
        status.HTTP_400_BAD_REQUEST, _("The value of unmapped is neither refuse nor drop."), _("Send drop to leave such labels out.")
    ),
}

CONTENT_TEXTS: Final[dict[str, Any]] = {
    "name_missing": _("Write the name in both languages."),
    "set_empty": _("There is no label yet."),
    "set_too_large": _("A set holds at most 2,000 labels."),
    "code_malformed": _("Use 1 to 64 letters a to z, digits and . _ : -"),
    "code_taken": _("Another label has this code."),
    "role_unknown": _("Choose a role."),
    "display_missing": _("Write the name in both languages."),
    "colour_malformed": _("Write the colour as #rrggbb with small letters."),
    "colour_faint": _("This colour can hardly be seen on the viewer's dark ground."),
    "key_malformed": _("A key is one character."),
    "key_taken": _("This key chooses another label of the same granularity: %(detail)s."),
    "key_of_tools": _("Choose a digit; letters belong to tools."),
    "parent_unknown": _("The label above it is missing."),
    "granularity_unknown": _("There is no such granularity."),
    "coding_system": _("Write the system as a URI, such as http://snomed.info/sct."),
    "coding_code": _("Write the code."),
    "coding_mapping": _("Choose how the code relates to the label."),
    "form_not_object": _("A form is an object: type object, with properties."),
    "form_schema_broken": _("This is not JSON Schema 2020-12: %(detail)s"),
    "form_pattern": _("A form holds no regular expression: checking one can take for ever. Offer a list, or a length."),
    "form_reference": _("A reference leads out of the form, nowhere, or round in a circle: %(detail)s."),
    "form_too_large": _("With its references written out, the form is too large to be checked while people read."),
    "form_empty": _("There is no field yet."),
    "form_required_unknown": _("A field is required that the form does not have: %(detail)s."),
    "form_field_words": _("Write the title in both languages."),
    "form_option_words": _("Write every option in both languages."),
    "form_options_missing": _("There is no option to choose from yet."),
    "form_order": _("The order names a field that the form does not have: %(detail)s."),
    "map_empty": _("No label is mapped yet."),
    "map_set_unknown": _("Choose a published label set."),
    "map_source_unknown": _("The label set does not have this label: %(detail)s."),
    "map_target_unknown": _("The target set does not have this label: %(detail)s."),
    "map_target_repeated": _("A label is named twice."),
    "map_choice_missing": _("Say which of the labels the marks get."),
}
"""What is said at the place of a fault, by its code."""


def vocabulary_refusal(code: str, pointer: str = "", *, values: dict[str, str] | None = None, **extra: Any) -> ApiError:
    """Return the error of this code; `values` fill the text, `extra` joins the answer."""
    known = REFUSALS[code]
    text = known.text % values if values is not None else known.text
    return ApiError(code, text, known.hint, status_code=known.status_code, pointer=pointer, extra=extra)


def problems_json(problems: Iterable[ContentProblem]) -> list[dict[str, str]]:
    """Return faults as the API tells them, in the language of the request."""
    return [
        {"pointer": each.pointer, "code": each.code, "message": str(CONTENT_TEXTS[each.code]) % {"detail": each.detail}}
        for each in problems
    ]
