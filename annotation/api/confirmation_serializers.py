"""The shapes of late confirmations in the API, described for the OpenAPI file."""

from typing import Any

from rest_framework import serializers

from annotation.api.serializers import BasisSerializer, DisplaySerializer
from annotation.schema.labels import BASIS_METHODS, BASIS_STATUSES
from annotation.services.confirmations import MAX_DAYS


class ConfirmingSerializer(serializers.Serializer[Any]):
    awaited = serializers.ChoiceField(choices=BASIS_METHODS, help_text="The method of the basis that this is about")
    method = serializers.ChoiceField(choices=BASIS_METHODS, required=False, help_text="By what it became known; the same where missing")
    status = serializers.ChoiceField(choices=BASIS_STATUSES, help_text="pending: still awaited, or awaited again")
    known_on = serializers.DateField(required=False, help_text="The day of the result, at the latest today; not for pending")
    due_on = serializers.DateField(required=False, help_text="For pending: the day on which to ask again")
    labels = serializers.ListField(child=serializers.CharField(), required=False, help_text="The diagnosis from now on, if it changes")
    note = serializers.CharField(max_length=500, required=False)


class SaidSerializer(serializers.Serializer[Any]):
    labels = serializers.ListField(child=serializers.CharField())
    basis = BasisSerializer(many=True)


class AuthorSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class ConfirmationSerializer(serializers.Serializer[Any]):
    operation_id = serializers.UUIDField()
    revision = serializers.IntegerField(help_text="The revision of the mark that it made")
    author = AuthorSerializer()
    at = serializers.DateTimeField()
    awaited = serializers.CharField()
    method = serializers.CharField()
    status = serializers.CharField()
    known_on = serializers.DateField(allow_null=True)
    due_on = serializers.DateField(allow_null=True)
    due_before = serializers.DateField(allow_null=True, help_text="The day of the reminder before; who takes the result back may name it")
    note = serializers.CharField()
    before = SaidSerializer()
    after = SaidSerializer()


class ConfirmationListSerializer(serializers.Serializer[Any]):
    confirmations = ConfirmationSerializer(many=True)


class PendingImageSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    thumbnail_url = serializers.CharField()


class PendingRowSerializer(serializers.Serializer[Any]):
    annotation_id = serializers.UUIDField()
    revision = serializers.IntegerField()
    read_id = serializers.UUIDField()
    read_url = serializers.CharField()
    campaign_id = serializers.UUIDField()
    image = PendingImageSerializer()
    reader = serializers.CharField(allow_null=True, help_text="Null on one's own list")
    granularity = serializers.CharField()
    labels = serializers.ListField(child=serializers.CharField())
    coding = serializers.JSONField(allow_null=True, help_text="Of a report's diagnosis: {system, code, display} that the label set lacks")
    certainty = serializers.CharField(allow_null=True)
    basis = BasisSerializer(many=True)
    submitted_at = serializers.DateTimeField()
    due_on = serializers.DateField()
    days_overdue = serializers.IntegerField(help_text="0: not overdue")


class PendingLabelSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    role = serializers.CharField()
    display = DisplaySerializer()
    granularities = serializers.ListField(child=serializers.CharField())
    colour = serializers.CharField()


class PendingCampaignSerializer(serializers.Serializer[Any]):
    name = DisplaySerializer()
    methods = serializers.ListField(child=serializers.CharField(), help_text="Empty: all")
    label_roles = serializers.ListField(child=serializers.CharField(), help_text="Roles of a diagnosis; empty: all")
    labels = PendingLabelSerializer(many=True)


class PendingListSerializer(serializers.Serializer[Any]):
    pending = serializers.IntegerField()
    overdue = serializers.IntegerField()
    today = serializers.DateField()
    rows = PendingRowSerializer(many=True)
    campaigns = serializers.DictField(child=PendingCampaignSerializer(), help_text="By id")
    next = serializers.CharField(allow_null=True, help_text="What `after` is on the next page; null: this is the last one")


class ConfirmationDaysSerializer(serializers.Serializer[Any]):
    days = serializers.IntegerField(min_value=1, max_value=MAX_DAYS)
