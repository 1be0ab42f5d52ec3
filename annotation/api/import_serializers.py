"""Shapes of requests and answers about imports of marks."""

from typing import Any

from rest_framework import serializers

from annotation.models import ImportRun


class CodeWarningSerializer(serializers.Serializer[Any]):
    """A coding whose code a table that the site loaded lacks; it hinders nothing."""

    pointer = serializers.CharField(help_text="Where the coding stands; the first place of several")
    system = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField(help_text="With the table, in the language of the request")


class ImportProblemSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    hint = serializers.CharField()


class PlacedProblemSerializer(ImportProblemSerializer):
    place = serializers.CharField(help_text="JSON pointer, line or item in the file")
    detail = serializers.CharField()


class CountedProblemSerializer(ImportProblemSerializer):
    count = serializers.IntegerField()


class ImportRowSerializer(serializers.Serializer[Any]):
    """An import in short."""

    id = serializers.UUIDField()
    file_name = serializers.CharField()
    size_bytes = serializers.IntegerField()
    format = serializers.CharField(help_text="Told by the content; empty until the file is read")
    format_title = serializers.CharField()
    state = serializers.ChoiceField(choices=ImportRun.State.choices)
    marks = serializers.IntegerField()
    done = serializers.IntegerField(help_text="Marks checked so far while importing")
    error = PlacedProblemSerializer(allow_null=True)
    created_at = serializers.DateTimeField()


class ImportListSerializer(serializers.Serializer[Any]):
    imports = ImportRowSerializer(many=True)


class ImportOptionsSerializer(serializers.Serializer[Any]):
    images = serializers.DictField(
        child=serializers.UUIDField(),
        required=False,
        help_text="Name of an image in the file, empty if it names none -> image",
    )
    classes = serializers.ListField(child=serializers.CharField(), required=False, help_text="Names of the class numbers of YOLO, in order")
    y_axis = serializers.ChoiceField(choices=["", "down", "up"], required=False, help_text="Which way y runs in a file of Cytomine")


class ImportImageSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="As the file calls it; empty: the file names none")
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    target = serializers.UUIDField(allow_null=True, help_text="Image of the campaign that its marks go to")
    proposed = serializers.UUIDField(allow_null=True, help_text="Image of the same name, where it must be chosen")
    code = serializers.CharField(help_text="Why it must be chosen: image_not_chosen or image_size_differs")
    message = serializers.CharField()
    marks = serializers.IntegerField()


class ImportLabelSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(help_text="What the mapping goes by; empty: marks without a label")
    text = serializers.CharField()
    code = serializers.CharField()
    system = serializers.CharField()
    colour = serializers.CharField()
    count = serializers.IntegerField()
    proposed = serializers.CharField(allow_null=True, help_text="Label of the campaign")
    why = serializers.CharField(help_text="chosen, remembered, code, name, or empty")


class ImportGroupSerializer(serializers.Serializer[Any]):
    """How many marks of a label have which kind of shape."""

    label = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.CharField()
    granularity = serializers.CharField()
    count = serializers.IntegerField()


class ImportNoteSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    count = serializers.IntegerField()
    places = serializers.ListField(child=serializers.CharField(), required=False)


class ImportSampleSerializer(serializers.Serializer[Any]):
    image = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    rings = serializers.JSONField(help_text="Rings of [x, y] in level-0 px, simplified; one position is a point")


class ImportedReadSerializer(serializers.Serializer[Any]):
    read = serializers.UUIDField()
    image = serializers.UUIDField()
    name = serializers.CharField()
    marks = serializers.IntegerField()


class ImportResultSerializer(serializers.Serializer[Any]):
    created = serializers.IntegerField()
    restored = serializers.IntegerField(help_text="Marks of an earlier import of this file that had been deleted")
    already_there = serializers.IntegerField()
    left_out = CountedProblemSerializer(many=True)
    changed = ImportNoteSerializer(many=True)
    reads = ImportedReadSerializer(many=True)
    undone = serializers.IntegerField(required=False)
    kept = serializers.ListField(child=serializers.UUIDField(), required=False, help_text="Marks that were changed since, and stay")


class ImportSerializer(ImportRowSerializer):
    """All that is known of an import."""

    options = ImportOptionsSerializer()
    needs = serializers.ListField(child=serializers.CharField(), help_text="What must be chosen: image, classes, y_axis")
    largest_shift_px = serializers.FloatField(help_text="By how much a vertex was moved onto the 1/8 px grid")
    images = ImportImageSerializer(many=True)
    labels = ImportLabelSerializer(many=True)
    groups = ImportGroupSerializer(many=True)
    warnings = CodeWarningSerializer(many=True)
    refused = PlacedProblemSerializer(many=True, help_text="The first 200")
    refused_counts = CountedProblemSerializer(many=True)
    notes = ImportNoteSerializer(many=True, help_text="What was changed on the way")
    losses = ImportNoteSerializer(many=True, help_text="What the file holds and a mark cannot")
    samples = ImportSampleSerializer(many=True)
    result = ImportResultSerializer(allow_null=True)


class ConfirmSerializer(serializers.Serializer[Any]):
    labels = serializers.DictField(
        child=serializers.CharField(allow_null=True), help_text="Label of the file -> code of the campaign's label set; null: left out"
    )
