"""Shapes of answers about cell layers."""

from typing import Any

from rest_framework import serializers

from annotation.models import CellLayer


class CellLabelSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="Class as the file calls it; empty: cells without one")
    code = serializers.CharField(help_text="In the campaign's label set; empty: not in there")


class CellLayerSerializer(serializers.Serializer[Any]):
    """A layer as a reader's browser needs it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=CellLayer.State.choices)
    source = serializers.DictField(help_text="{file, sha256, model?, version?, endpoint?}: where the outlines come from")  # type: ignore[assignment]
    run_id = serializers.UUIDField(allow_null=True, help_text="Pass of a model that outlined them; null: they came as a file")
    labels = CellLabelSerializer(many=True)
    cells = serializers.IntegerField()
    part_url = serializers.CharField(help_text="Address of a part, with a place for {part}: overview, squares, or column_row of a chunk")
    created_at = serializers.DateTimeField()


class CellLayersSerializer(serializers.Serializer[Any]):
    layers = CellLayerSerializer(many=True)
    grant_ttl_s = serializers.IntegerField(help_text="Seconds for which the parts are granted")


class ImportErrorSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    hint = serializers.CharField()
    detail = serializers.CharField()


class ManagedLayerSerializer(CellLayerSerializer):
    """A layer as those see it who manage its campaign."""

    image_id = serializers.UUIDField()
    image_name = serializers.CharField()
    refused = serializers.DictField(child=serializers.IntegerField(), help_text="Features that are no cells, by code")
    error = ImportErrorSerializer(allow_null=True)


class ManagedLayersSerializer(serializers.Serializer[Any]):
    layers = ManagedLayerSerializer(many=True)


class CellChangeSerializer(serializers.Serializer[Any]):
    """What a reader did to cells."""

    operation_id = serializers.UUIDField()
    layer_id = serializers.UUIDField()
    sequence = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=["relabel", "accept", "delete", "undo"])
    label = serializers.CharField()  # type: ignore[assignment]
    cells = serializers.ListField(child=serializers.IntegerField(), help_text="Runs: a gap and a length in turns")
    undoes = serializers.UUIDField(allow_null=True, help_text="The change that is taken back")
    created_at = serializers.DateTimeField()


class CellChangesSerializer(serializers.Serializer[Any]):
    sequence = serializers.IntegerField(help_text="The list revision up to which this is all")
    changes = CellChangeSerializer(many=True)
