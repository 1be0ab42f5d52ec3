"""What a release looks like outside."""

from rest_framework import serializers

from annotation.api.export_job_serializers import AppliedMapSerializer
from annotation.disclosure.gate import PURPOSES, RECIPIENT_KINDS
from annotation.exporters.registry import EXPORTERS
from annotation.exporters.relabelling import Unmapped
from annotation.models import LedgerEntry, Release


class BlockerSerializer(serializers.Serializer[object]):
    """One thing that keeps a release."""

    code = serializers.CharField()
    message = serializers.CharField()
    hint = serializers.CharField()


class ReleaseInputSerializer(serializers.Serializer[object]):
    """What is asked for."""

    tier = serializers.ChoiceField(choices=Release.Tier.values)
    format = serializers.ChoiceField(choices=list(EXPORTERS), default="document")
    recipient = serializers.CharField(max_length=200)
    recipient_kind = serializers.ChoiceField(choices=RECIPIENT_KINDS)
    purpose = serializers.ChoiceField(choices=PURPOSES)
    expires_on = serializers.DateField(help_text="the last day on which it may be taken")
    label_map = serializers.ListField(
        child=serializers.CharField(max_length=100), max_length=8, default=list, help_text="id@version of each label map, in their order"
    )
    unmapped = serializers.ChoiceField(choices=list(Unmapped), default=Unmapped.REFUSE, help_text="labels that the maps say nothing of")


class ReleaseSerializer(serializers.Serializer[object]):
    """A release and how it stands."""

    id = serializers.UUIDField()
    tier = serializers.ChoiceField(choices=Release.Tier.values)
    format = serializers.CharField()
    recipient = serializers.CharField()
    recipient_kind = serializers.CharField()
    purpose = serializers.CharField()
    expires_on = serializers.DateField()
    label_maps = AppliedMapSerializer(many=True)
    unmapped = serializers.ChoiceField(choices=list(Unmapped))
    state = serializers.ChoiceField(choices=Release.State.values)
    requested_by = serializers.CharField()
    requested_at = serializers.DateTimeField()
    pixels_confirmed_by = serializers.CharField(allow_blank=True)
    decided_by = serializers.CharField(allow_blank=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    kept_by = BlockerSerializer(many=True, help_text="why it may not leave today; empty: nothing keeps it")


class ReleaseListSerializer(serializers.Serializer[object]):
    """The releases of a campaign, newest first."""

    releases = ReleaseSerializer(many=True)


class DecisionInputSerializer(serializers.Serializer[object]):
    """What an admin does with a release."""

    action = serializers.ChoiceField(choices=["confirm-pixels", "approve", "refuse", "revoke"])
    reason = serializers.CharField(max_length=500, allow_blank=True, default="", help_text="needed to refuse and to revoke")


class GovernanceSerializer(serializers.Serializer[object]):
    """The conditions on which a campaign's images may be used."""

    governance = serializers.DictField(help_text="the governance block of the document schema")


class LedgerEntrySerializer(serializers.Serializer[object]):
    """One entry of the ledger."""

    action = serializers.ChoiceField(choices=LedgerEntry.Action.values)
    actor = serializers.CharField()
    at = serializers.DateTimeField()
    release = serializers.UUIDField(allow_null=True)
    said = serializers.DictField()
    hash = serializers.CharField()


class LedgerSerializer(serializers.Serializer[object]):
    """The ledger of a campaign, newest entry first."""

    whole = serializers.BooleanField(help_text="no entry of the site's ledger was changed or taken out")
    entries = LedgerEntrySerializer(many=True)


class WithdrawalInputSerializer(serializers.Serializer[object]):
    """Whose subject withdraws."""

    image_id = serializers.UUIDField(help_text="any image of the subject")


class ToldSerializer(serializers.Serializer[object]):
    """A recipient who must be told."""

    release = serializers.UUIDField()
    recipient = serializers.CharField()
    subject = serializers.CharField(help_text="the pseudonym by which the recipient knows the subject")


class WithdrawalSerializer(serializers.Serializer[object]):
    """Who must be told that a subject withdrew."""

    to_be_told = ToldSerializer(many=True)
