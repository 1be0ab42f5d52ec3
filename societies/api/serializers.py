"""Shapes of what the API of societies takes and gives; they check input and describe both in the API document."""

from rest_framework import serializers

from societies.models import Membership


class NextSerializer(serializers.Serializer[object]):
    """The image that a reader was given."""

    read_id = serializers.UUIDField()
    url = serializers.CharField(help_text="The workbench page of the read")
    image_id = serializers.UUIDField()
    lease_expires_at = serializers.DateTimeField()


class LeaseSerializer(serializers.Serializer[object]):
    """Until when a reader holds an image."""

    lease_expires_at = serializers.DateTimeField()


class SubmitSerializer(serializers.Serializer[object]):
    """What a reader submits with a read."""

    sequence = serializers.IntegerField(min_value=0, help_text="The list revision that the reader has before their eyes")
    active_seconds = serializers.FloatField(min_value=0, default=0, help_text="How long the reader worked on it")


class SubmittedSerializer(serializers.Serializer[object]):
    """A read after it was submitted."""

    id = serializers.UUIDField()
    state = serializers.CharField()
    sequence = serializers.IntegerField()
    submitted_at = serializers.DateTimeField()


class NameSerializer(serializers.Serializer[object]):
    """A display in both languages; one of them is enough."""

    ja = serializers.CharField(max_length=200, allow_blank=True, default="")
    en = serializers.CharField(max_length=200, allow_blank=True, default="")


class CampaignInputSerializer(serializers.Serializer[object]):
    """What a campaign is made from."""

    collection_id = serializers.UUIDField()
    pack = serializers.SlugField(max_length=32)
    name = NameSerializer()
    reads_per_image = serializers.IntegerField(min_value=1, max_value=20, default=1)
    is_blind = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Readers of an image work independently of each other; null: wherever several read it",
    )
    lease_minutes = serializers.IntegerField(min_value=1, max_value=1440, default=30)
    endpoint_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    label_set_id = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="A published version instead of the pack's labels"
    )
    form_id = serializers.IntegerField(
        required=False, allow_null=True, default=None, help_text="A published version instead of the pack's form"
    )


class CampaignRowSerializer(serializers.Serializer[object]):
    """A campaign in a list, with its progress."""

    id = serializers.UUIDField()
    name = serializers.CharField(help_text="In the language of the request")
    society = serializers.CharField(help_text="In the language of the request")
    state = serializers.CharField()
    images = serializers.IntegerField()
    wanted = serializers.IntegerField(help_text="Images times reads per image")
    done = serializers.IntegerField(help_text="Submitted reads")
    can_manage = serializers.BooleanField()
    can_export = serializers.BooleanField()
    pending = serializers.IntegerField(help_text="Diagnoses of all readers that wait for a result; 0 unless one manages the campaign")
    overdue = serializers.IntegerField(help_text="Of these, past their reminder")


class ReadingRowSerializer(serializers.Serializer[object]):
    """A campaign that one reads in."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    society = serializers.CharField()
    state = serializers.CharField()
    remaining = serializers.IntegerField(help_text="Images that could still be given to this reader")
    done = serializers.IntegerField(help_text="Reads this reader has submitted")


class WaitingSerializer(serializers.Serializer[object]):
    """How many of one's own diagnoses wait for a result."""

    pending = serializers.IntegerField()
    overdue = serializers.IntegerField()


class CampaignListSerializer(serializers.Serializer[object]):
    """The campaigns of a person."""

    reading = ReadingRowSerializer(many=True)
    overview = CampaignRowSerializer(many=True)
    waiting = WaitingSerializer()


class ReaderRowSerializer(serializers.Serializer[object]):
    """A reader of a campaign."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    username = serializers.CharField()
    done = serializers.IntegerField()
    open = serializers.IntegerField()
    last_submitted_at = serializers.DateTimeField(allow_null=True)
    active = serializers.BooleanField(help_text="False: removed from the campaign, with reads that stay")


class SeenShareSerializer(serializers.Serializer[object]):
    """How much of an image a reader has seen on a walk."""

    magnification = serializers.FloatField()
    seen_count = serializers.IntegerField(help_text="Squares worth looking at that were seen")
    wanted_count = serializers.IntegerField(help_text="Squares worth looking at")
    updated_at = serializers.DateTimeField()


class ReadRowSerializer(serializers.Serializer[object]):
    """A read of an image, for those who manage the campaign."""

    id = serializers.UUIDField()
    reader = serializers.CharField()
    state = serializers.CharField()
    held = serializers.BooleanField()
    seen = SeenShareSerializer(allow_null=True, help_text="The walk that saw most of the image; null: there was none")


class ImageRowSerializer(serializers.Serializer[object]):
    """An image of a campaign."""

    image_id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.CharField()
    uncertainty = serializers.FloatField(allow_null=True)
    done = serializers.IntegerField()
    state = serializers.ChoiceField(choices=["waiting", "reading", "done"])
    reads = ReadRowSerializer(many=True)


class ProgressSerializer(serializers.Serializer[object]):
    """How far a campaign is."""

    campaign_id = serializers.UUIDField()
    state = serializers.CharField()
    images = serializers.IntegerField()
    reads_per_image = serializers.IntegerField()
    is_blind = serializers.BooleanField(help_text="Readers of an image work independently of each other")
    wanted = serializers.IntegerField()
    done = serializers.IntegerField()
    being_read = serializers.IntegerField()
    readers = ReaderRowSerializer(many=True)
    rows = ImageRowSerializer(many=True)
    next_offset = serializers.IntegerField(allow_null=True)


class OffsetSerializer(serializers.Serializer[object]):
    """Where a page of images begins."""

    offset = serializers.IntegerField(min_value=0, max_value=10_000_000, default=0)


class ReaderInputSerializer(serializers.Serializer[object]):
    """Whom to add to a campaign."""

    user_id = serializers.IntegerField(min_value=1)


class ReaderListSerializer(serializers.Serializer[object]):
    """The readers of a campaign."""

    readers = ReaderRowSerializer(many=True)


class StateInputSerializer(serializers.Serializer[object]):
    """Whether a campaign hands out images."""

    state = serializers.ChoiceField(choices=["open", "closed"])


class BlindInputSerializer(serializers.Serializer[object]):
    """Whether readers of an image work independently of each other."""

    is_blind = serializers.BooleanField()


class EndpointChoiceSerializer(serializers.Serializer[object]):
    """The model of a campaign; null: none."""

    endpoint_id = serializers.UUIDField(allow_null=True)


class MemberInputSerializer(serializers.Serializer[object]):
    """A role for a member, or for a new account."""

    username = serializers.CharField(max_length=150)
    name = serializers.CharField(max_length=150, allow_blank=True, default="", help_text="Shown name of a new account")
    role = serializers.ChoiceField(choices=Membership.Role.choices)


class MemberRowSerializer(serializers.Serializer[object]):
    """A person of a society."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    name = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField(), help_text="admin, reader, exporter")


class MemberListSerializer(serializers.Serializer[object]):
    """The people of a society."""

    members = MemberRowSerializer(many=True)


class MemberAddedSerializer(MemberListSerializer):
    """The people of a society after one was added."""

    username = serializers.CharField()
    first_password = serializers.CharField(help_text="Shown once, for a new account; otherwise empty")


class CollectionInputSerializer(serializers.Serializer[object]):
    """What a collection is made from."""

    # Blank values reach the service, which says what to write.
    name = serializers.CharField(max_length=200, allow_blank=True)
    slug = serializers.CharField(
        max_length=64, allow_blank=True, default="", help_text="Short name, put after the society's own; empty: the next free number"
    )


class CollectionMadeSerializer(serializers.Serializer[object]):
    """A collection after it was made."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    upload_url = serializers.CharField(help_text="The page on which images are added")


class KeyBindingsSerializer(serializers.Serializer[object]):
    """The keys that a person has chosen; the service checks them."""

    bindings = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField(help_text="Such as b, Ctrl+Shift+Z or PageDown"), max_length=4),
        help_text="Id of an action -> its keys, at most 200 actions; an empty list takes all keys away",
    )
