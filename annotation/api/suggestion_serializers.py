"""Shapes of requests and answers about endpoints, runs and suggestions; they check types, services check meaning."""

from typing import Any

from rest_framework import serializers

from annotation.models import ModelEndpoint, SuggestionRun


class EndpointInputSerializer(serializers.Serializer[Any]):
    """What registers an endpoint."""

    society = serializers.CharField(max_length=64, help_text="Short name of the society that will own it")
    name = serializers.CharField(max_length=120)
    url = serializers.CharField(max_length=300, help_text="Base address without /v2; its host and port must be on the site's list")
    model_name = serializers.CharField(max_length=120)
    task = serializers.ChoiceField(choices=ModelEndpoint.Task.choices)
    label_map = serializers.DictField(child=serializers.CharField(max_length=200), default=dict)
    parameters = serializers.DictField(default=dict)


class EndpointSerializer(serializers.Serializer[Any]):
    """An endpoint and how it fares."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    url = serializers.CharField()
    model_name = serializers.CharField()
    task = serializers.ChoiceField(choices=ModelEndpoint.Task.choices)
    label_map = serializers.DictField(child=serializers.CharField())
    parameters = serializers.DictField()
    enabled = serializers.BooleanField()
    last_state = serializers.CharField(help_text="Empty: never asked; ok; or the code of the last error")
    last_version = serializers.CharField()
    last_checked_at = serializers.DateTimeField(allow_null=True)
    failures_in_a_row = serializers.IntegerField()
    blocked_until = serializers.DateTimeField(allow_null=True)
    message = serializers.CharField(help_text="What the last state means, in the language of the request")
    hint = serializers.CharField()
    can_manage = serializers.BooleanField()


class EndpointListSerializer(serializers.Serializer[Any]):
    """Endpoints that one may use or change."""

    endpoints = EndpointSerializer(many=True)


class RegionSerializer(serializers.Serializer[Any]):
    """A rectangle in level-0 px; the frame is 0-based."""

    x = serializers.IntegerField(min_value=0)
    y = serializers.IntegerField(min_value=0)
    width = serializers.IntegerField(min_value=1)
    height = serializers.IntegerField(min_value=1)
    frame = serializers.IntegerField(min_value=0, allow_null=True, default=None)


class RunRequestSerializer(serializers.Serializer[Any]):
    """Which images are asked about: none named means all of the campaign."""

    image_ids = serializers.ListField(child=serializers.UUIDField(), max_length=5000, required=False)
    image_id = serializers.UUIDField(required=False, help_text="One image, perhaps with a region")
    region = RegionSerializer(required=False, allow_null=True)


class RunModelSerializer(serializers.Serializer[Any]):
    """Which model spoke."""

    name = serializers.CharField()
    version = serializers.CharField()


class RunEndpointSerializer(serializers.Serializer[Any]):
    """Which endpoint was asked."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class RunErrorSerializer(serializers.Serializer[Any]):
    """Why a run failed, or waits to be tried again."""

    code = serializers.CharField()
    message = serializers.CharField()
    hint = serializers.CharField()
    detail = serializers.CharField()


class RunSerializer(serializers.Serializer[Any]):
    """One pass over one image."""

    id = serializers.UUIDField()
    image_id = serializers.UUIDField()
    image_name = serializers.CharField()
    endpoint = RunEndpointSerializer()
    state = serializers.ChoiceField(choices=SuggestionRun.State.choices)
    attempt = serializers.IntegerField()
    region = RegionSerializer(allow_null=True)
    model = RunModelSerializer()
    suggestion_count = serializers.IntegerField()
    dropped_count = serializers.IntegerField()
    steps = serializers.IntegerField(help_text="Pictures that are sent for a layer of cells; 0: the run makes suggestions")
    steps_done = serializers.IntegerField(help_text="Of these, how many were answered")
    error = RunErrorSerializer(allow_null=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class RunListSerializer(serializers.Serializer[Any]):
    """The newest 200 runs, and how many there are in each state."""

    runs = RunSerializer(many=True)
    counts = serializers.DictField(child=serializers.IntegerField())


class RunsQueuedSerializer(serializers.Serializer[Any]):
    """What a request queued; images that already wait are not queued twice."""

    queued = serializers.IntegerField()
    runs = RunSerializer(many=True)


class SuggestionDecisionSerializer(serializers.Serializer[Any]):
    """What the reader of this read decided last."""

    verdict = serializers.ChoiceField(choices=["accept", "edit", "relabel", "reject", "ignore"])
    at = serializers.DateTimeField()


class SuggestionSerializer(serializers.Serializer[Any]):
    """A machine proposal as it was made."""

    id = serializers.UUIDField()
    run_id = serializers.UUIDField()
    frame = serializers.IntegerField(allow_null=True, help_text="0-based")
    granularity = serializers.CharField()
    geometry = serializers.DictField(allow_null=True, help_text="As in the document schema, level-0 px; null: the whole image")
    labels = serializers.ListField(child=serializers.CharField())
    score = serializers.FloatField(allow_null=True)
    uncertainty = serializers.FloatField(allow_null=True)
    model = RunModelSerializer()
    decision = SuggestionDecisionSerializer(allow_null=True)


class SuggestionListSerializer(serializers.Serializer[Any]):
    """The suggestions on the image of a read."""

    suggestions = SuggestionSerializer(many=True)
    is_run_waiting = serializers.BooleanField(help_text="A model was asked about this image and has not answered yet")
