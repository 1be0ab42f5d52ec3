"""The shapes of what is asked and answered about exports that the worker makes; for the schema of the API."""

from rest_framework import serializers

from annotation.exporters.fields import Field
from annotation.exporters.registry import EXPORTERS
from annotation.exporters.relabelling import Unmapped
from annotation.models import ExportJob

FORMATS = [*EXPORTERS, "crops"]


class CropOptionsSerializer(serializers.Serializer[object]):
    """What may be chosen of crops."""

    of = serializers.ChoiceField(["marks", "cells", "tiles"], required=False)
    labels = serializers.ListField(child=serializers.CharField(), required=False, help_text="Codes; empty: all")
    size_px = serializers.IntegerField(required=False, min_value=0, max_value=2048, help_text="0: as large as the mark and its margin")
    spacing_um = serializers.FloatField(required=False, help_text="Micrometres per pixel of the picture; 0: as scanned")
    margin_percent = serializers.IntegerField(required=False, min_value=0, max_value=400)
    most_cells = serializers.IntegerField(required=False, min_value=1, max_value=100_000)


class ExportJobRequestSerializer(serializers.Serializer[object]):
    """An export that is asked for."""

    request_id = serializers.UUIDField(help_text="Idempotency key: the same one gives the same export")
    format = serializers.ChoiceField(FORMATS)
    drafts = serializers.BooleanField(required=False)
    require = serializers.ListField(child=serializers.ChoiceField(list(Field)), required=False)
    options = CropOptionsSerializer(required=False, help_text="For crops only")
    label_map = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="id@version of each published label map, in their order"
    )
    unmapped = serializers.ChoiceField(list(Unmapped), required=False, help_text="Labels that the maps say nothing of; refuse if not said")


class AppliedMapSerializer(serializers.Serializer[object]):
    """A label map by its name and version."""

    id = serializers.CharField()
    version = serializers.CharField()


class ExportJobErrorSerializer(serializers.Serializer[object]):
    """Why there is no file."""

    code = serializers.CharField()
    message = serializers.CharField()
    hint = serializers.CharField()
    place = serializers.CharField()
    detail = serializers.CharField()


class ExportJobSerializer(serializers.Serializer[object]):
    """An export."""

    id = serializers.UUIDField()
    format = serializers.CharField()
    drafts = serializers.BooleanField()
    require = serializers.ListField(child=serializers.CharField())
    options = CropOptionsSerializer()
    label_maps = AppliedMapSerializer(many=True, help_text="In their order; empty: the labels that readers chose")
    unmapped = serializers.ChoiceField(list(Unmapped))
    state = serializers.ChoiceField(ExportJob.State.values)
    cases = serializers.IntegerField(help_text="0: not counted yet")
    done = serializers.IntegerField()
    size_bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    file_name = serializers.CharField()
    file_url = serializers.CharField(allow_null=True)
    removed_for = serializers.ChoiceField(ExportJob.Reason.values, allow_null=True)
    error = ExportJobErrorSerializer(allow_null=True)
    requested_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    kept_until = serializers.DateTimeField(allow_null=True)


class ExportJobListSerializer(serializers.Serializer[object]):
    """The newest exports of a campaign."""

    exports = ExportJobSerializer(many=True)
