"""Why a file or a part of it is not imported, what was changed on the way, and what to do: codes with English message ids."""

from __future__ import annotations

from typing import Final

from annotation.schema.problems import PROBLEM_TEXTS, ProblemText, gettext_noop

__all__ = ["IMPORT_PROBLEMS", "NOTES", "FileError", "problem_text"]

IMPORT_PROBLEMS: Final[dict[str, ProblemText]] = {
    # the file as a whole
    "file_empty": ProblemText(gettext_noop("The file is empty."), gettext_noop("Export it again.")),
    "file_too_large": ProblemText(
        gettext_noop("The file is too large to be taken as marks."),
        gettext_noop("Bring very many outlines as a cell layer, or split the file."),
    ),
    "format_unknown": ProblemText(
        gettext_noop("The file is of no format that is known here."),
        gettext_noop("Export it as QuPath GeoJSON, COCO or one of the other formats in the list."),
    ),
    "qupath_project": ProblemText(
        gettext_noop("This is a QuPath project; its .qpdata files can be read by QuPath only."),
        gettext_noop("In QuPath choose File, Export objects as GeoJSON, and import that file."),
    ),
    "archive": ProblemText(gettext_noop("This is an archive."), gettext_noop("Unpack it and choose the annotation files in it.")),
    "class_names": ProblemText(
        gettext_noop("This is a list of class names, without marks."),
        gettext_noop("Put the names into the field for class names of the YOLO file."),
    ),
    "text_encoding": ProblemText(
        gettext_noop("The text of the file is not UTF-8."), gettext_noop("Save the file as UTF-8 and choose it again.")
    ),
    "json_syntax": ProblemText(
        gettext_noop("The JSON breaks off or is not written correctly."), gettext_noop("Export the file again; it may be cut short.")
    ),
    "json_too_deep": ProblemText(
        gettext_noop("The JSON is nested more than 64 levels deep."),
        gettext_noop("Export the objects one by one, not in groups of groups."),
    ),
    "json_duplicate_key": ProblemText(
        gettext_noop("An object of the JSON has the same key twice."),
        gettext_noop("Remove one of the two; which one counts cannot be told."),
    ),
    "json_number_too_long": ProblemText(
        gettext_noop("A number of the JSON has more than 400 digits."), gettext_noop("Correct the number at the named place.")
    ),
    "xml_syntax": ProblemText(
        gettext_noop("The XML breaks off or is not written correctly."), gettext_noop("Export the file again; it may be cut short.")
    ),
    "xml_dtd": ProblemText(
        gettext_noop("The XML has a document type declaration; entities are not taken."),
        gettext_noop("Remove the DOCTYPE at the beginning of the file."),
    ),
    "xml_too_large": ProblemText(gettext_noop("The XML is nested too deeply or has too many elements."), gettext_noop("Split the file.")),
    "too_many_marks": ProblemText(
        gettext_noop("The file has more than 10,000 marks."), gettext_noop("Bring very many outlines as a cell layer, or split the file.")
    ),
    "reading_crashed": ProblemText(
        gettext_noop("The file could not be read to its end: it takes too much time or memory."),
        gettext_noop("Split the file, or export it again."),
    ),
    "dicom_malformed": ProblemText(
        gettext_noop("The DICOM file breaks off or is not written correctly."), gettext_noop("Send it again from its source.")
    ),
    "pixels_undecodable": ProblemText(
        gettext_noop("The pixels of the file cannot be decoded."),
        gettext_noop("Export the file again uncompressed, or as an 8-bit or 16-bit PNG."),
    ),
    "no_annotations": ProblemText(
        gettext_noop("This file holds no annotations of images."), gettext_noop("Choose the file that holds the marks.")
    ),
    "mask_elsewhere": ProblemText(
        gettext_noop("The pixels of this mark are in another file."), gettext_noop("Import that mask file by itself.")
    ),
    # what must be chosen
    "image_not_chosen": ProblemText(
        gettext_noop("It is not known which image of the campaign these marks belong to."), gettext_noop("Choose the image.")
    ),
    "image_size_differs": ProblemText(
        gettext_noop("The image in the file has another size than the image of the campaign."),
        gettext_noop("Choose the image yourself if the marks do belong to it; their coordinates are taken as they stand."),
    ),
    "y_axis_not_chosen": ProblemText(
        gettext_noop("In files of this kind y may run upwards from the lower edge of the image."),
        gettext_noop("Choose which way y runs, and look at the placement."),
    ),
    "spacing_unknown": ProblemText(
        gettext_noop("The file counts in nanometres, and the image does not say how large its pixels are."),
        gettext_noop("Export the marks in pixels, or import the slide with its resolution."),
    ),
    "offset_unknown": ProblemText(
        gettext_noop("The file counts from the middle of the glass, and the image does not say where it lies on it."),
        gettext_noop("Import the original NDPI slide, or export the marks in pixels."),
    ),
    # one mark
    "object_malformed": ProblemText(
        gettext_noop("This entry is not written as the format asks."), gettext_noop("Correct it at the named place, or leave it out.")
    ),
    "object_empty": ProblemText(
        gettext_noop("This entry has no shape."), gettext_noop("Nothing needs to be done if it was meant to be empty.")
    ),
    "line_not_taken": ProblemText(
        gettext_noop("Lines, arrows and rulers have no counterpart here."),
        gettext_noop("Draw a box or an outline around the place instead."),
    ),
    "shape_not_taken": ProblemText(gettext_noop("This kind of shape has no counterpart here."), gettext_noop("Export it as a polygon.")),
    "unknown_category": ProblemText(
        gettext_noop("The entry names a class that the file does not list."),
        gettext_noop("Add the class to the file, or correct its number."),
    ),
    "unknown_file_image": ProblemText(
        gettext_noop("The entry names an image that the file does not list."),
        gettext_noop("Add the image to the file, or correct its number."),
    ),
    "text_not_storable": ProblemText(
        gettext_noop("A text holds a character that cannot be stored."), gettext_noop("Correct the text at the named place.")
    ),
    "label_too_long": ProblemText(gettext_noop("The class name is longer than 200 characters."), gettext_noop("Shorten it.")),
    "text_too_long": ProblemText(gettext_noop("The text is longer than 10,000 characters."), gettext_noop("Shorten the text.")),
    "mask_size_invalid": ProblemText(
        gettext_noop("The run lengths do not fill the size that the mask says."), gettext_noop("Export the mask again.")
    ),
    "hole_without_outline": ProblemText(
        gettext_noop("A hole lies in no outline of its layer."), gettext_noop("Draw the outline around it, then export again.")
    ),
    "frame_required": ProblemText(
        gettext_noop("The image has several frames, and the file does not say on which one the mark lies."),
        gettext_noop("Export with frames, or draw the mark on its frame."),
    ),
    "referenced_image_unknown": ProblemText(
        gettext_noop("The mark refers to a DICOM instance that the campaign does not hold."),
        gettext_noop("Add the referenced series to the campaign, or choose the image."),
    ),
    "fractions_not_placed": ProblemText(
        gettext_noop("The file holds fractions, and does not say of which size."),
        gettext_noop("Export the marks in pixels, or as GeoJSON."),
    ),
    "space_not_taken": ProblemText(
        gettext_noop("The mark lies in patient space, and the image does not say where it is."),
        gettext_noop("Export the marks in image coordinates."),
    ),
    "fractional_not_taken": ProblemText(
        gettext_noop("This segmentation holds probabilities, not outlines."), gettext_noop("Set a threshold in the tool that made it.")
    ),
    # on storing
    "label_not_mapped": ProblemText(gettext_noop("No label of the campaign is chosen for this class."), gettext_noop("Choose a label.")),
    "no_granularity": ProblemText(
        gettext_noop("The campaign does not ask for this kind of shape with this label."),
        gettext_noop("Choose another label, or ask the admin of the campaign."),
    ),
    "diagnosis_there": ProblemText(
        gettext_noop("The read has a diagnosis of the image already."), gettext_noop("Change the diagnosis in the workbench.")
    ),
    "report_not_here": ProblemText(
        gettext_noop("No report of the image has these words here, so what was said of them has no place."),
        gettext_noop("Let the admin of the campaign attach the report in the same words, then import the file again."),
    ),
    "citation_left_out": ProblemText(
        gettext_noop("A finding of the examination cites an image or a mark that is not imported with it."),
        gettext_noop("Choose the image and a label for its marks, then import the file again."),
    ),
    "finding_left_out": ProblemText(
        gettext_noop("No image that a finding of the examination cites is of the same subject here."),
        gettext_noop("Choose the images of one subject."),
    ),
}
"""Codes of this package; shapes and documents add those of `PROBLEM_TEXTS`."""

NOTES: Final[dict[str, str]] = {
    "on_reports": gettext_noop("Terms and confirmed diagnoses go to the reports with the same words."),
    "spike_removed": gettext_noop("Repeated points and spikes without area were taken out of outlines."),
    "ellipse_as_outline": gettext_noop("Ellipses became outlines of 64 points."),
    "circle_as_outline": gettext_noop("Circles became outlines of 64 points."),
    "rotated_as_outline": gettext_noop("Rotated boxes became outlines."),
    "colour_unreadable": gettext_noop("Colours that cannot be read were left out."),
    "id_repeated": gettext_noop("Ids that stand twice in the file were replaced by their places."),
    "points_split": gettext_noop("Groups of points became one mark a point."),
    "level_taken": gettext_noop("Coordinates were taken as pixels of full resolution; the file does not say of which level they are."),
    "one_based": gettext_noop("Boxes count pixels from 1 to their last pixel; they were moved to the edges of the pixels."),
    "frames_of_image": gettext_noop("The image has one frame only; frame numbers were left out."),
    "y_flipped": gettext_noop("Shapes were turned upside down, as chosen."),
    "rectangle_as_outline": gettext_noop("Boxes became outlines, because the campaign asks for outlines with their label."),
    "rings_joined": gettext_noop("Parts of an outline that touch or overlap were joined."),
}
"""What was changed on the way, told with counts."""


class FileError(Exception):
    """The file as a whole cannot be read; `place` is a line, a byte or a JSON pointer, `detail` says more (not translated)."""

    def __init__(self, code: str, place: str = "", detail: str = "") -> None:
        super().__init__(f"{code} at {place or '?'}: {detail}")
        self.code, self.place, self.detail = code, place, detail


def problem_text(code: str) -> ProblemText:
    """Return what a code says, English message ids."""
    return IMPORT_PROBLEMS.get(code) or PROBLEM_TEXTS[code]
