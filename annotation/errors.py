"""Every refusal that marking can answer with: a stable code, a sentence, a next step, and the HTTP status it has on its own."""

from typing import Any, Final, NamedTuple

from django.utils.translation import gettext_lazy as _
from rest_framework import status

from annotation.schema.problems import PROBLEM_TEXTS, ShapeError
from viewer.api.errors import ApiError


class Refusal(NamedTuple):
    """How one code is said; both texts are lazy, so that they come out in the language of the request."""

    status_code: int
    text: Any
    hint: Any


_AGAIN = _("Correct the request and send it again.")
_PULL = _("Look at both versions and choose which one to keep.")
_PACK = _("Correct the society pack; nothing was stored.")

REFUSALS: Final[dict[str, Refusal]] = {
    # who and when
    "not_your_read": Refusal(
        status.HTTP_403_FORBIDDEN,
        _("Only its reader changes a read."),
        _("Open the image as a reader of the campaign to make your own read."),
    ),
    "reading_not_allowed": Refusal(
        status.HTTP_403_FORBIDDEN,
        _("You are no longer a reader of this campaign."),
        _("Ask your society's admin; your marks stay in this browser."),
    ),
    "read_submitted": Refusal(
        status.HTTP_409_CONFLICT,
        _("This read is submitted and can no longer change."),
        _("Ask your society's admin if something must be corrected."),
    ),
    "already_submitted": Refusal(status.HTTP_409_CONFLICT, _("This read is already submitted."), _("Go on with the next image.")),
    "campaign_closed": Refusal(
        status.HTTP_409_CONFLICT, _("The campaign is closed."), _("Choose another campaign, or ask its admin to open it again.")
    ),
    "unsaved_changes": Refusal(
        status.HTTP_409_CONFLICT,
        _("The server holds another state of this read than this page."),
        _("Wait until everything is saved, look at the marks once more, and submit again."),
    ),
    "diagnosis_missing": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY, _("The diagnosis of the image is missing."), _("Choose a diagnosis, then submit again.")
    ),
    "label_missing": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY, _("A mark has no label."), _("Choose a label for the mark, or delete it.")
    ),
    "reading_blind": Refusal(
        status.HTTP_403_FORBIDDEN,
        _("You read this image independently of the other readers."),
        _("Submit your read first; then you can look at the image together."),
    ),
    # one operation
    "stale_revision": Refusal(status.HTTP_412_PRECONDITION_FAILED, _("The mark was changed elsewhere in the meantime."), _PULL),
    "already_deleted": Refusal(status.HTTP_412_PRECONDITION_FAILED, _("The mark is deleted already."), _("Nothing more needs to be done.")),
    "not_found": Refusal(
        status.HTTP_404_NOT_FOUND, _("This read has no such mark."), _("Load the marks again; draw the mark anew if it is missing.")
    ),
    "operation_id_reused": Refusal(
        status.HTTP_409_CONFLICT,
        _("This operation id was already used for something else."),
        _("Make a new operation id for each new operation."),
    ),
    "operation_malformed": Refusal(status.HTTP_422_UNPROCESSABLE_ENTITY, _("The operation is not written as the API asks."), _AGAIN),
    "diagnosis_exists": Refusal(
        status.HTTP_409_CONFLICT,
        _("This read already has a diagnosis of the image."),
        _("Change the existing diagnosis instead of adding one."),
    ),
    "unknown_label": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY, _("The label is not in the campaign's label set."), _("Choose a label from the list.")
    ),
    "label_not_allowed": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY, _("The label is not meant for this kind of mark."), _("Choose another label or another tool.")
    ),
    "granularity_not_allowed": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("The campaign does not ask for this kind of mark."),
        _("Use one of the tools that are offered."),
    ),
    "frame_required": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY, _("A mark on this image belongs to a frame."), _("Draw the mark again on its frame.")
    ),
    "form_not_asked": Refusal(status.HTTP_422_UNPROCESSABLE_ENTITY, _("The campaign has no form."), _("Load the page again.")),
    "form_invalid": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY, _("A value of the form is missing or not allowed."), _("Correct the field that is named.")
    ),
    "unknown_certainty": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY, _("This certainty is not one of the list."), _("Choose a certainty from the list.")
    ),
    "unknown_basis": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY, _("This basis of diagnosis is not one of the list."), _("Choose a basis from the list.")
    ),
    "text_too_long": Refusal(status.HTTP_422_UNPROCESSABLE_ENTITY, _("The text is longer than 10,000 characters."), _("Shorten the text.")),
    # reports
    "cites_malformed": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("What a finding of the examination cites is not written as the interface asks, or it cites nothing."),
        _("Cite at least one image of the examination, each place once."),
    ),
    "cited_image_unknown": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("The finding cites an image that is not of this examination."),
        _("Cite images of the same subject that the campaign asks for."),
    ),
    "cited_mark_unknown": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("The finding cites a mark that you did not make on that image."),
        _("Cite the image itself, or a mark of your own on it that is saved."),
    ),
    "span_malformed": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("The place in the report is not written as the API asks."),
        _("Mark the words again; offsets count Unicode code points of the text."),
    ),
    "unknown_report": Refusal(
        status.HTTP_404_NOT_FOUND, _("There is no such report of this study."), _("Reload the page and look at the reports.")
    ),
    "report_changed": Refusal(
        status.HTTP_409_CONFLICT,
        _("The text of the report was changed in the meantime."),
        _("Reload the page, read the text again, and mark the words anew."),
    ),
    "unknown_code_system": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY, _("This system of codes is not one of the list."), _("Choose a system from the list.")
    ),
    "confirmed_without_basis": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("A confirmed diagnosis needs what it rests on."),
        _("Choose by which method it was confirmed, or that the result is pending."),
    ),
    "report_file_malformed": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("The file of reports cannot be read at the place that is named."),
        _("Send JSON or CSV with image, kind, issued_on and text, or a TXT with the name of an image; nothing was stored."),
    ),
    "report_file_too_large": Refusal(
        status.HTTP_413_REQUEST_ENTITY_TOO_LARGE, _("The file is larger than 20 MB."), _("Split it and send the parts.")
    ),
    "report_image_unknown": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("The place that is named belongs to no image of the campaign, or to several."),
        _("Name the image by its id or by a file name that only one has; nothing was stored."),
    ),
    # walks
    "walk_malformed": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("What was seen is not written as the API asks."),
        _("Reload the page; what this browser keeps of the walk is not lost."),
    ),
    "too_many_walks": Refusal(
        status.HTTP_409_CONFLICT,
        _("This read has 64 walks already."),
        _("Go on at a magnification that was walked at before, without starting again."),
    ),
    # late confirmation
    "confirmation_malformed": Refusal(status.HTTP_422_UNPROCESSABLE_ENTITY, _("The confirmation is not written as the API asks."), _AGAIN),
    "confirmation_date": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("The day does not fit."),
        _("Give the day of the result, at the latest today; for what is still pending, a day to come."),
    ),
    "confirmation_days": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY, _("The number of days does not fit."), _("Give a whole number from 1 to 3,650.")
    ),
    "read_not_submitted": Refusal(
        status.HTTP_409_CONFLICT, _("This read is not submitted yet."), _("Change the basis of the diagnosis in the read itself.")
    ),
    "basis_not_there": Refusal(
        status.HTTP_409_CONFLICT, _("The diagnosis does not rest on this method."), _("Load the list again and look at the diagnosis.")
    ),
    "diagnosis_not_yours": Refusal(
        status.HTTP_403_FORBIDDEN, _("Only its reader changes a diagnosis."), _("Enter the result without another diagnosis.")
    ),
    # suggestions
    "decision_required": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("A mark from a suggestion needs a decision on that suggestion."),
        _("Accept, edit or relabel the suggestion."),
    ),
    "unknown_suggestion": Refusal(
        status.HTTP_404_NOT_FOUND, _("There is no such suggestion for this image."), _("Load the suggestions again.")
    ),
    "already_decided": Refusal(
        status.HTTP_409_CONFLICT, _("This suggestion was already made into a mark."), _("Change that mark, or undo the decision first.")
    ),
    "verdict_mismatch": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("The mark differs from the suggestion in more than the decision says."),
        _("Decide to edit when the shape changed, to relabel when only the label changed."),
    ),
    # cells
    "unknown_cell_layer": Refusal(status.HTTP_404_NOT_FOUND, _("There is no such cell layer on this image."), _("Reload the page.")),
    "unknown_cell_change": Refusal(
        status.HTTP_404_NOT_FOUND, _("What is to be undone was never done in this read."), _("Reload the page.")
    ),
    "cells_malformed": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("The cells are not named as runs of numbers within the layer."),
        _("Send pairs of whole numbers, a gap and a length, at most 100,000."),
    ),
    "cell_layer_invalid": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("Cells are taken for a slide or a photograph, with a name, and with labels of the campaign."),
        _("Correct the value that is named; for an image with frames, use suggestions."),
    ),
    "too_many_cell_layers": Refusal(
        status.HTTP_409_CONFLICT, _("This image has 20 cell layers already."), _("Throw one away that is not used any more.")
    ),
    "cells_empty": Refusal(status.HTTP_422_UNPROCESSABLE_ENTITY, _("The file is empty."), _("Send the GeoJSON as the request's body.")),
    "cells_file_too_large": Refusal(
        status.HTTP_413_REQUEST_ENTITY_TOO_LARGE, _("The file is larger than this site takes."), _("Pack it with gzip, or split it.")
    ),
    "cell_layer_unreadable": Refusal(
        status.HTTP_409_CONFLICT,
        _("The file of this cell layer is gone or broken."),
        _("Ask the site's administrator to restore the folder cells of the data folder."),
    ),
    "cell_layer_in_use": Refusal(
        status.HTTP_409_CONFLICT, _("Readers have already worked on these cells."), _("Import a new layer beside this one.")
    ),
    # imports
    "import_malformed": Refusal(status.HTTP_422_UNPROCESSABLE_ENTITY, _("A choice for the import is not written as the API asks."), _AGAIN),
    "import_empty": Refusal(status.HTTP_422_UNPROCESSABLE_ENTITY, _("The file is empty."), _("Export it again.")),
    "import_too_large": Refusal(
        status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
        _("The file is too large to be taken as marks."),
        _("Bring very many outlines as a cell layer, or split the file."),
    ),
    "too_many_imports": Refusal(
        status.HTTP_409_CONFLICT, _("You have 200 unfinished imports in this campaign."), _("Confirm them or throw them away first.")
    ),
    "import_state": Refusal(
        status.HTTP_409_CONFLICT, _("This import is not at that step."), _("Look at its state; reload the page if it is an old one.")
    ),
    "import_nothing": Refusal(
        status.HTTP_409_CONFLICT,
        _("With these choices nothing would be imported."),
        _("Choose an image and a label for at least one class."),
    ),
    "import_choice_missing": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("For some classes of the file nothing is chosen."),
        _("Choose a label of the campaign for each class, or leave the class out."),
    ),
    # one request
    "batch_malformed": Refusal(status.HTTP_400_BAD_REQUEST, _("The request does not hold a list of operations."), _AGAIN),
    "too_many_operations": Refusal(
        status.HTTP_413_REQUEST_ENTITY_TOO_LARGE, _("The request holds more than 200 operations."), _("Send them in several requests.")
    ),
    "precondition_required": Refusal(
        status.HTTP_428_PRECONDITION_REQUIRED,
        _("A change needs the revision it was made on and a key of its own."),
        _("Send the headers If-Match with the revision and Idempotency-Key with a UUID."),
    ),
    "precondition_malformed": Refusal(
        status.HTTP_400_BAD_REQUEST,
        _("If-Match or Idempotency-Key cannot be read."),
        _("If-Match is the revision in quotation marks, Idempotency-Key is a UUID."),
    ),
    "since_malformed": Refusal(
        status.HTTP_400_BAD_REQUEST, _("The value of since is not a list revision."), _("Send a whole number from 0.")
    ),
    "bbox_malformed": Refusal(
        status.HTTP_400_BAD_REQUEST,
        _("The rectangle or the frame cannot be read."),
        _("Send bbox as min_x,min_y,max_x,max_y in level-0 pixels, and frame as a whole number from 0."),
    ),
    "ids_malformed": Refusal(status.HTTP_400_BAD_REQUEST, _("The request does not hold a list of at most 5,000 ids."), _AGAIN),
    # publishing
    "version_published": Refusal(
        status.HTTP_409_CONFLICT, _("This version is published with other content."), _("Give the changed content a new version.")
    ),
    "label_set_invalid": Refusal(status.HTTP_422_UNPROCESSABLE_ENTITY, _("The label set is not valid."), _PACK),
    "form_schema_invalid": Refusal(status.HTTP_422_UNPROCESSABLE_ENTITY, _("The form is not a valid JSON Schema."), _PACK),
    "campaign_invalid": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY, _("The campaign cannot be made as it is described."), _("Correct the value that is named.")
    ),
    "image_not_in_collection": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY, _("An image is not in the campaign's collection."), _("Choose images of one collection.")
    ),
}


def refusal(code: str, pointer: str = "", **extra: Any) -> ApiError:
    """Return the error of this code; ``pointer`` names the place in the request, ``extra`` joins the answer."""
    known = REFUSALS[code]
    return ApiError(code, known.text, known.hint, status_code=known.status_code, pointer=pointer, extra=extra)


def shape_refusal(error: ShapeError, prefix: str) -> ApiError:
    """Return what the document's own checks said, with the pointer seen from the request."""
    return problem_refusal(error.code, prefix + error.pointer)


def problem_refusal(code: str, pointer: str = "") -> ApiError:
    """Return the error of a code that belongs to the document schema."""
    said = PROBLEM_TEXTS[code]
    # The message ids are marked for translation where they stand.
    return ApiError(code, _(said.text), _(said.hint), pointer=pointer)


class Conflict(ApiError):
    """The mark is at another revision than the one a change was made on; ``current`` is the mark as the server holds it."""

    def __init__(self, code: str, current: dict[str, Any]) -> None:
        known = REFUSALS[code]
        super().__init__(code, known.text, known.hint, status_code=known.status_code)
        self.current = current
