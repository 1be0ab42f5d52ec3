"""Shapes of what the API of datasets takes and gives."""

from typing import Any

from rest_framework import serializers

from annotation.datasets.datasheet import LANGUAGES
from annotation.datasets.members import STRATA
from annotation.exporters.registry import EXPORTERS
from annotation.exporters.relabelling import Unmapped
from annotation.services.label_maps import MAX_MAPS
from societies.api.serializers import NameSerializer
from societies.models import DatasetExport, DatasetMember, DatasetPick

MAX_CHOICES = 500
HANDED_OUT = (DatasetMember.Split.TRAIN.value, DatasetMember.Split.TUNE.value, DatasetMember.Split.TEST.value)


def _texts(**options: Any) -> serializers.ListField:
    child = serializers.CharField(max_length=200)
    return serializers.ListField(child=child, max_length=MAX_CHOICES, default=list, **options)


def _ids(longest: int, **options: Any) -> serializers.ListField:
    return serializers.ListField(child=serializers.UUIDField(), max_length=longest, default=list, **options)


class QuerySerializer(serializers.Serializer[object]):
    """What is chosen; an empty list asks for everything."""

    campaigns = _ids(MAX_CHOICES)
    collections = _texts(help_text="short names of collections")
    modalities = _texts()
    manufacturers = _texts()
    models = _texts(help_text="of the device")
    labels = _texts(help_text="codes; at least one of them in at least one read")
    excluded_labels = _texts(help_text="codes; none of them in any read")
    left_out = _ids(10_000, help_text="images picked out by hand")
    submitted_from = serializers.DateField(allow_null=True, default=None, help_text="only reads of these days count")
    submitted_to = serializers.DateField(allow_null=True, default=None)
    min_reads = serializers.IntegerField(min_value=1, max_value=20, default=1)
    min_agreement = serializers.IntegerField(min_value=0, max_value=100, default=0, help_text="percent of readers who say the same")


class SharesSerializer(serializers.Serializer[object]):
    """Shares of the persons, in percent; together 100."""

    train = serializers.IntegerField(min_value=0, max_value=100)
    tune = serializers.IntegerField(min_value=0, max_value=100)
    test = serializers.IntegerField(min_value=0, max_value=100)


class DatasetRecipeSerializer(serializers.Serializer[object]):
    """What the next version chooses, and how it is split."""

    query = QuerySerializer()
    shares = SharesSerializer()
    strata = serializers.ListField(child=serializers.ChoiceField(choices=STRATA), max_length=len(STRATA), default=list)
    label_maps = serializers.ListField(
        child=serializers.CharField(max_length=100),
        max_length=MAX_MAPS,
        default=list,
        help_text="id@version of the label maps under which the next version goes out; no two begin with the same labels",
    )
    unmapped = serializers.ChoiceField(choices=list(Unmapped), default=Unmapped.REFUSE, help_text="labels that a map says nothing of")

    def validate_query(self, query: dict[str, Any]) -> dict[str, Any]:
        """Return the query as it is stored: JSON, its lists ascending, so that the same question is the same text."""
        return {key: _stored(value) for key, value in query.items()}


class DatasetInputSerializer(DatasetRecipeSerializer):
    """A dataset to be made."""

    code = serializers.SlugField(max_length=64)
    name = NameSerializer()
    seed = serializers.CharField(max_length=64, allow_blank=True, default="", help_text="empty: drawn by the site")


class PreviewInputSerializer(DatasetRecipeSerializer):
    """A recipe to be tried out."""

    dataset_id = serializers.UUIDField(allow_null=True, default=None, help_text="whose earlier places are kept")


class VersionSerializer(serializers.Serializer[object]):
    """A frozen version."""

    number = serializers.IntegerField()
    digest = serializers.CharField(help_text="SHA-256 over its recipe and members")
    frozen_by = serializers.CharField()
    frozen_at = serializers.DateTimeField()
    recipe = serializers.DictField()
    counts = serializers.DictField(help_text="{total, splits, by: {label, labels, collection, modality, device, campaign}, without_label}")
    campaigns = serializers.ListField(child=serializers.DictField())


class HandedOutSerializer(serializers.Serializer[object]):
    """That a split was handed out."""

    split = serializers.ChoiceField(choices=DatasetMember.Split.values)
    purpose = serializers.ChoiceField(choices=DatasetExport.Purpose.values)
    format = serializers.CharField()
    by = serializers.CharField()
    at = serializers.DateTimeField()
    digest = serializers.CharField()


class VersionDetailSerializer(VersionSerializer):
    """A frozen version with the proof that nobody is in two splits, and what was handed out of it."""

    leaks = serializers.ListField(child=serializers.DictField(), help_text="persons in two splits by what is known today; empty: none")
    elsewhere = serializers.ListField(
        child=serializers.DictField(), help_text="persons whom one dataset tests with and another learns from; empty: none"
    )
    exports = HandedOutSerializer(many=True)


class DatasetSerializer(DatasetRecipeSerializer):
    """A dataset with its versions."""

    id = serializers.UUIDField()
    code = serializers.CharField()
    name = NameSerializer()
    seed = serializers.CharField()
    created_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    versions = VersionSerializer(many=True)


class DatasetListSerializer(serializers.Serializer[object]):
    """The datasets of a society."""

    datasets = DatasetSerializer(many=True)


class PreviewSerializer(serializers.Serializer[object]):
    """Counts of the version that would be frozen now."""

    counts = serializers.DictField()


class ChangedListSerializer(serializers.Serializer[object]):
    """How many images are concerned, and the first 200."""

    count = serializers.IntegerField()
    images = serializers.ListField(child=serializers.DictField())


class ComparisonSerializer(serializers.Serializer[object]):
    """What two versions differ in."""

    before = serializers.IntegerField()
    after = serializers.IntegerField()
    same = serializers.IntegerField()
    came = ChangedListSerializer()
    went = ChangedListSerializer()
    moved = ChangedListSerializer(help_text="in another split: only ever into quarantine")
    changed = ChangedListSerializer(help_text="other labels, reads or marks")


class CompareQuerySerializer(serializers.Serializer[object]):
    """Which versions are compared."""

    before = serializers.IntegerField(min_value=1)
    after = serializers.IntegerField(min_value=1)


class SheetQuerySerializer(serializers.Serializer[object]):
    """In which language a datasheet is written."""

    language = serializers.ChoiceField(choices=LANGUAGES, default="en")


class ExportQuerySerializer(serializers.Serializer[object]):
    """Which part of a version is handed out, how, and what for."""

    split = serializers.ChoiceField(choices=HANDED_OUT, default="train")
    format = serializers.ChoiceField(choices=list(EXPORTERS), default="document")
    campaign = serializers.UUIDField(allow_null=True, default=None, help_text="needed where the version is made of several")
    purpose = serializers.ChoiceField(choices=DatasetExport.Purpose.choices, default="training")


class LinkInputSerializer(serializers.Serializer[object]):
    """Whose subjects are one person."""

    first_image_id = serializers.UUIDField(help_text="any image of the one subject")
    second_image_id = serializers.UUIDField(help_text="any image of the other")


class LinkSerializer(serializers.Serializer[object]):
    """That it is recorded."""

    recorded_at = serializers.DateTimeField()


class PageQuerySerializer(serializers.Serializer[object]):
    """Where a list goes on."""

    before = serializers.IntegerField(allow_null=True, default=None, min_value=1, max_value=2**62, help_text="`next` of the page before")


class LinkEntrySerializer(serializers.Serializer[object]):
    """Two subjects who are one person; the beginnings of their pseudonyms."""

    id = serializers.IntegerField()
    first = serializers.CharField()
    second = serializers.CharField()
    by = serializers.CharField()
    at = serializers.DateTimeField()


class LinkListSerializer(serializers.Serializer[object]):
    """What was recorded, newest first."""

    links = LinkEntrySerializer(many=True)
    next = serializers.IntegerField(allow_null=True)


class PickInputSerializer(serializers.Serializer[object]):
    """What is said of some images."""

    image_ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MAX_CHOICES)
    choice = serializers.ChoiceField(choices=DatasetPick.Choice.values)
    reason = serializers.CharField(max_length=300)


class PickEntrySerializer(serializers.Serializer[object]):
    """What somebody said of an image."""

    id = serializers.IntegerField()
    image = serializers.UUIDField()
    name = serializers.CharField()
    choice = serializers.ChoiceField(choices=DatasetPick.Choice.values)
    counts = serializers.BooleanField(help_text="nothing else was said of the image since, and it is not left to the query")
    reason = serializers.CharField()
    by = serializers.CharField()
    at = serializers.DateTimeField()


class PickListSerializer(serializers.Serializer[object]):
    """What was said, newest first."""

    picked = serializers.IntegerField()
    left_out = serializers.IntegerField()
    entries = PickEntrySerializer(many=True)
    next = serializers.IntegerField(allow_null=True)


def _stored(value: Any) -> Any:
    if isinstance(value, list):
        return sorted({str(member) for member in value})
    return value.isoformat() if hasattr(value, "isoformat") else value
