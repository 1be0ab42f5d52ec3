"""The shapes of marks, operations and reads in the API: built here, and described here for the OpenAPI file."""

from typing import Any

from django.contrib.auth.models import User
from rest_framework import serializers

from annotation.errors import Conflict
from annotation.models import Campaign, FormDefinition, Label, Read
from annotation.selectors.annotations import instant
from annotation.selectors.cells import layers_of
from annotation.selectors.exams import has_exam
from annotation.selectors.reads import can_write, shown_reader
from annotation.selectors.reports import has_reports
from annotation.services.endpoint_parameters import takes_prompts
from annotation.services.operations import OperationResult, OperationsResult


def _label_json(label: Label, codes: dict[int, str]) -> dict[str, Any]:
    return {
        "code": label.code,
        "role": label.role,
        "display": {"ja": label.display_ja, "en": label.display_en},
        "colour": label.colour,
        "key": label.key,
        "parent": codes[label.parent_id] if label.parent_id else None,
        "granularities": label.granularities,
    }


def _form_json(form: FormDefinition | None) -> dict[str, Any] | None:
    return None if form is None else {"id": form.slug, "version": form.version, "schema": form.schema, "ui": form.ui}


def campaign_json(campaign: Campaign) -> dict[str, Any]:
    """Return what a workbench needs to know of a campaign; one query for the labels."""
    labels = list(campaign.label_set.labels.all())
    codes = {label.pk: label.code for label in labels}
    return {
        "id": str(campaign.pk),
        "name": {"ja": campaign.name_ja, "en": campaign.name_en},
        "protocol": {"ja": campaign.protocol_ja, "en": campaign.protocol_en, "version": campaign.protocol_version},
        "granularities": campaign.granularities,
        "tools": campaign.tools,
        "label_set": {
            "id": campaign.label_set.slug,
            "version": campaign.label_set.version,
            "labels": [_label_json(label, codes) for label in labels],
        },
        "form": _form_json(campaign.form),
        "diagnosis": campaign.diagnosis,
        "suggestions": campaign.endpoint_id is not None,
        "prompts": takes_prompts(campaign.endpoint),
    }


def read_json(read: Read, *, user: User) -> dict[str, Any]:
    """Return a read with everything that a workbench needs to mark its image."""
    return {
        "id": str(read.pk),
        "state": read.state,
        "sequence": read.sequence,
        "can_write": can_write(user=user, read=read),
        "active_seconds": read.active_seconds,
        "opened_at": instant(read.opened_at),
        "submitted_at": instant(read.submitted_at) if read.submitted_at else None,
        "image_id": str(read.image_id),
        "reader": {"id": read.reader_id, "name": shown_reader(user=user, read=read)},
        "campaign": campaign_json(read.campaign),
        "has_cell_layers": layers_of(read).exists(),
        "has_reports": has_reports(read),
        "has_exam": has_exam(read),
    }


def result_json(result: OperationResult) -> dict[str, Any]:
    """Return what became of one operation, its error said in the language of the request."""
    return {
        "operation_id": result.operation_id,
        "status": result.status,
        "annotation": result.annotation,
        "error": result.error.body() | {"pointer": result.error.pointer} if result.error else None,
    }


def results_json(outcome: OperationsResult) -> dict[str, Any]:
    """Return what became of a list of operations."""
    return {"sequence": outcome.sequence, "results": [result_json(result) for result in outcome.results]}


def conflict_extra(result: OperationResult) -> dict[str, Any]:
    """Return what joins the error of a refused single change: for a conflict the mark as it is now."""
    return {"annotation": result.annotation} if isinstance(result.error, Conflict) else {}


class DisplaySerializer(serializers.Serializer[Any]):
    ja = serializers.CharField()
    en = serializers.CharField()


class ProtocolSerializer(DisplaySerializer):
    version = serializers.CharField()


class LabelSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    role = serializers.CharField()
    display = DisplaySerializer()
    colour = serializers.CharField(help_text="#rrggbb")
    key = serializers.CharField(help_text="The key that chooses it; empty: none")
    # The library takes declared fields off the class: these two hide no attribute of it.
    parent = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    granularities = serializers.ListField(child=serializers.CharField(), help_text="Empty: all that the campaign asks for")


class LabelSetSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    version = serializers.CharField()
    labels = LabelSerializer(many=True)


class FormSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    version = serializers.CharField()
    schema = serializers.JSONField(help_text="JSON Schema 2020-12")
    ui = serializers.JSONField(help_text="Titles, displays of options, order")


class DiagnosisAskedSerializer(serializers.Serializer[Any]):
    required = serializers.BooleanField()  # type: ignore[assignment]
    label_roles = serializers.ListField(child=serializers.CharField())
    ask_certainty = serializers.BooleanField()
    ask_basis = serializers.BooleanField()
    basis_methods = serializers.ListField(child=serializers.CharField())


class ReadCampaignSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = DisplaySerializer()
    protocol = ProtocolSerializer()
    granularities = serializers.ListField(child=serializers.CharField())
    tools = serializers.ListField(child=serializers.CharField())
    label_set = LabelSetSerializer()
    form = FormSerializer(allow_null=True)
    diagnosis = DiagnosisAskedSerializer()
    suggestions = serializers.BooleanField()
    prompts = serializers.BooleanField(help_text="The campaign's model outlines what a reader points at")


class ReaderSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField(help_text="A number stands for it to others where readers work independently")


class BesideRowSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField(help_text="A number stands for it where readers work independently")
    is_own = serializers.BooleanField()
    is_submitted = serializers.BooleanField()


class BesideSerializer(serializers.Serializer[Any]):
    reads = BesideRowSerializer(many=True)


class ReadSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=Read.State.values)
    sequence = serializers.IntegerField(help_text="List revision: grows by one with each applied operation")
    can_write = serializers.BooleanField()
    active_seconds = serializers.FloatField()
    opened_at = serializers.DateTimeField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    image_id = serializers.UUIDField()
    reader = ReaderSerializer()
    campaign = ReadCampaignSerializer()
    has_cell_layers = serializers.BooleanField(help_text="Whether there are outlines of cells to be opened")
    has_reports = serializers.BooleanField(help_text="Whether there are reports of the study to be read")
    has_exam = serializers.BooleanField(help_text="Whether the campaign has other images of the same subject")


class BasisSerializer(serializers.Serializer[Any]):
    method = serializers.CharField()
    status = serializers.CharField()


class SpanSerializer(serializers.Serializer[Any]):
    report_id = serializers.UUIDField()
    digest = serializers.CharField(help_text="SHA-256 of the text that the offsets are of")
    start = serializers.IntegerField(
        allow_null=True, required=False, help_text="Unicode code points from the start; null: the whole report"
    )
    end = serializers.IntegerField(allow_null=True, required=False, help_text="Behind the last code point")
    polarity = serializers.ChoiceField(choices=["positive", "negated", "suspected"], required=False)
    coding = serializers.JSONField(allow_null=True, required=False, help_text="{system, code, display?}: a code that the label set lacks")


class CitationSerializer(serializers.Serializer[Any]):
    image_id = serializers.UUIDField(help_text="An image of the same subject in the campaign")
    frame = serializers.IntegerField(allow_null=True, required=False, help_text="From 0")
    annotation_id = serializers.UUIDField(allow_null=True, required=False, help_text="A mark of the same reader on that image")


class CellPlaceSerializer(serializers.Serializer[Any]):
    layer_id = serializers.UUIDField()
    number = serializers.IntegerField(help_text="From 0")


class BodySerializer(serializers.Serializer[Any]):
    granularity = serializers.CharField()
    frame = serializers.IntegerField(allow_null=True, required=False, help_text="From 0; null on images without frames")
    geometry = serializers.JSONField(
        allow_null=True,
        required=False,
        help_text="Point, Rectangle, Polygon, MultiPolygon, Mask or Track in level-0 pixels; null: the whole image",
    )
    labels = serializers.ListField(child=serializers.CharField(), help_text="Codes, the primary one first")
    text = serializers.CharField(required=False)
    form = serializers.JSONField(allow_null=True, required=False)
    certainty = serializers.CharField(allow_null=True, required=False)
    basis = BasisSerializer(many=True, required=False)
    origin = serializers.ChoiceField(choices=["manual", "suggestion", "import"], required=False)
    suggestion_id = serializers.UUIDField(allow_null=True, required=False)
    active_seconds = serializers.FloatField(required=False)
    span = SpanSerializer(allow_null=True, required=False, help_text="Of a mark on a report; granularity term or report")
    cites = CitationSerializer(
        many=True, allow_null=True, required=False, help_text="Of a finding of the whole examination, granularity exam: what shows it"
    )
    cell = CellPlaceSerializer(
        allow_null=True, required=False, help_text="Of a mark that is made of a cell of a layer; said when it is made, kept ever after"
    )


class AnnotationSerializer(BodySerializer):
    id = serializers.UUIDField()
    revision = serializers.IntegerField()
    sequence = serializers.IntegerField()
    deleted = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    created_by = serializers.IntegerField()


class AnnotationListSerializer(serializers.Serializer[Any]):
    sequence = serializers.IntegerField()
    annotations = AnnotationSerializer(many=True)
    next = serializers.IntegerField(
        required=False, allow_null=True, help_text="Of marks in a rectangle: what `after` names for more; null: these are all"
    )


class RevisionSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    sequence = serializers.IntegerField()
    verb = serializers.ChoiceField(choices=["create", "update", "delete", "restore", "confirm"])
    author = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    annotation = AnnotationSerializer()


class RevisionListSerializer(serializers.Serializer[Any]):
    revisions = RevisionSerializer(many=True)


class CellChangeInputSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=["relabel", "accept", "delete", "undo"])
    cells = serializers.ListField(
        child=serializers.IntegerField(), required=False, help_text="Runs: a gap and a length in turns; not for undo"
    )
    label = serializers.CharField(required=False, help_text="Code that the cells get; for relabel only")  # type: ignore[assignment]
    undoes = serializers.UUIDField(required=False, help_text="Operation id of the change to be taken back; for undo only")


class OperationSerializer(serializers.Serializer[Any]):
    operation_id = serializers.UUIDField(help_text="Made by the client; a repeated operation is answered, not repeated")
    verb = serializers.ChoiceField(choices=["put", "delete", "decide", "cells"])
    annotation_id = serializers.UUIDField(allow_null=True, required=False, help_text="Made by the client")
    base_revision = serializers.IntegerField(required=False, help_text="The revision that the change was made on; 0 makes a new mark")
    annotation = BodySerializer(allow_null=True, required=False)
    suggestion_id = serializers.UUIDField(allow_null=True, required=False)
    verdict = serializers.ChoiceField(choices=["accept", "edit", "relabel", "reject", "ignore", "undo"], allow_null=True, required=False)
    reason = serializers.CharField(required=False, max_length=500)
    layer_id = serializers.UUIDField(required=False, help_text="For the verb cells: the layer")
    change = CellChangeInputSerializer(required=False)


class OperationListSerializer(serializers.Serializer[Any]):
    operations = OperationSerializer(many=True)


class ProblemSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    hint = serializers.CharField()
    pointer = serializers.CharField()


class OperationResultSerializer(serializers.Serializer[Any]):
    operation_id = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(choices=["applied", "replayed", "conflict", "rejected"])
    annotation = AnnotationSerializer(allow_null=True)
    error = ProblemSerializer(allow_null=True)


class OperationResultListSerializer(serializers.Serializer[Any]):
    sequence = serializers.IntegerField()
    results = OperationResultSerializer(many=True)


class ExposuresSerializer(serializers.Serializer[Any]):
    suggestion_ids = serializers.ListField(child=serializers.UUIDField())
