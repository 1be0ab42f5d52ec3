"""Shapes of label sets, forms and label maps outside. Drafts are checked for their shape here, for their sense elsewhere."""

from typing import Any

from rest_framework import serializers

from annotation.api.import_serializers import CodeWarningSerializer
from annotation.schema.label_checks import MAX_LABELS
from societies.api.serializers import NameSerializer

MAX_CODINGS = 32


class VersionedNameSerializer(serializers.Serializer[object]):
    """A published version by its name; empty: not chosen yet."""

    id = serializers.CharField(max_length=64, allow_blank=True, default="")
    version = serializers.CharField(max_length=16, allow_blank=True, default="")


class CodingSerializer(serializers.Serializer[object]):
    """A code of a coding system, and how it relates to the label."""

    system = serializers.CharField(max_length=200, allow_blank=True)
    code = serializers.CharField(max_length=200, allow_blank=True)
    version = serializers.CharField(max_length=64, allow_blank=True, required=False)
    display = NameSerializer(required=False)
    mapping = serializers.CharField(max_length=16, default="related", help_text="exact, broader, narrower or related")

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Leave empty members out, as packs do."""
        coding: dict[str, Any] = dict(super().to_internal_value(data))
        shown = {language: text for language, text in coding.pop("display", {}).items() if text}
        if not coding.get("version"):
            coding.pop("version", None)
        return coding | ({"display": shown} if shown else {})


class LabelInputSerializer(serializers.Serializer[object]):
    """One label of a draft; it need not be whole yet."""

    code = serializers.CharField(max_length=64, allow_blank=True)
    role = serializers.CharField(max_length=16, allow_blank=True)
    display = NameSerializer()
    colour = serializers.CharField(max_length=7, allow_blank=True)
    key = serializers.CharField(max_length=1, allow_blank=True, default="")
    parent = serializers.CharField(max_length=64, allow_blank=True, allow_null=True, default=None)  # type: ignore[assignment]  # a name of the content
    granularities = serializers.ListField(child=serializers.CharField(max_length=16), max_length=16, default=list)
    codings = serializers.ListField(child=CodingSerializer(), max_length=MAX_CODINGS, default=list)

    def validate_parent(self, value: str | None) -> str | None:
        """Let no parent have one spelling."""
        return value or None


class LabelSetContentSerializer(serializers.Serializer[object]):
    """What a draft of a label set holds; parents stand before their children."""

    name = NameSerializer()
    labels = serializers.ListField(child=LabelInputSerializer(), max_length=MAX_LABELS)


class FormContentSerializer(serializers.Serializer[object]):
    """What a draft of a form holds."""

    schema = serializers.DictField(help_text="JSON Schema 2020-12 of an object")
    ui = serializers.DictField(help_text="{title, order, fields: {name: {ja, en, unit?, help?, options?}}}")

    def validate_ui(self, value: dict[str, Any]) -> dict[str, Any]:
        """Refuse words that are no words; what is missing is told as a problem of the draft."""
        if not _is_ui(value):
            raise serializers.ValidationError("title, fields and options are objects of texts, order is a list of names")
        return value


class RuleSerializer(serializers.Serializer[object]):
    """What one label becomes; `to` is empty: it is dropped."""

    to = serializers.ListField(child=serializers.CharField(max_length=64), max_length=MAX_LABELS)
    chosen = serializers.CharField(max_length=64, allow_blank=True, required=False)


class LabelMapContentSerializer(serializers.Serializer[object]):
    """What a draft of a label map holds."""

    name = NameSerializer()
    source = VersionedNameSerializer()  # type: ignore[assignment]  # a name of the content
    target = VersionedNameSerializer()
    rules = serializers.DictField(child=RuleSerializer())


CONTENT_SERIALIZERS = {
    "label-sets": LabelSetContentSerializer,
    "forms": FormContentSerializer,
    "label-maps": LabelMapContentSerializer,
}


class BeginSerializer(serializers.Serializer[object]):
    """What a first draft begins with; nothing named: it is empty."""

    pack = serializers.SlugField(max_length=32, required=False)
    id = serializers.CharField(max_length=64, required=False)
    version = serializers.CharField(max_length=16, required=False)
    source = VersionedNameSerializer(required=False)  # type: ignore[assignment]  # a name of the request
    target = VersionedNameSerializer(required=False)
    maps = serializers.ListField(child=VersionedNameSerializer(), required=False, max_length=8)


class VocabularyInputSerializer(serializers.Serializer[object]):
    """What is made."""

    code = serializers.CharField(max_length=31, help_text="Short name within the society: a to z, digits, hyphens")
    name = NameSerializer()
    begin_with = BeginSerializer(required=False, default=dict)


class VersionNameSerializer(serializers.Serializer[object]):
    """How a version is called."""

    version = serializers.CharField(max_length=16)


class DraftProblemSerializer(serializers.Serializer[object]):
    """Something wrong in a draft, and where."""

    pointer = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()


class ChangeSerializer(serializers.Serializer[object]):
    """One difference; an empty key stands for the whole."""

    key = serializers.CharField()
    display = serializers.DictField()
    fields = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]  # a name of the answer
    before = serializers.DictField()
    after = serializers.DictField()


class ChangesSerializer(serializers.Serializer[object]):
    """What differs from a published version."""

    added = ChangeSerializer(many=True)
    removed = ChangeSerializer(many=True)
    renamed = ChangeSerializer(many=True)
    moved = ChangeSerializer(many=True)
    changed = ChangeSerializer(many=True)


class DraftSerializer(serializers.Serializer[object]):
    """A draft, what is wrong in it, and what differs from the newest version."""

    revision = serializers.IntegerField()
    based_on = serializers.CharField()
    saved_by = serializers.CharField()
    saved_at = serializers.DateTimeField()
    content = serializers.DictField()
    problems = DraftProblemSerializer(many=True)
    warnings = CodeWarningSerializer(many=True, help_text="Of label sets: codes that a table of this site lacks; they hinder nothing")
    compared_with = serializers.CharField(help_text="Version; empty: none is published")
    changes = ChangesSerializer()


class PublishedVersionSerializer(serializers.Serializer[object]):
    """A published version."""

    id = serializers.CharField()
    version = serializers.CharField()
    published_at = serializers.DateTimeField(allow_null=True)
    published_by = serializers.CharField(help_text="Empty: it came with a pack")


class DraftSavedSerializer(serializers.Serializer[object]):
    """Who saved a draft last."""

    by = serializers.CharField()
    at = serializers.DateTimeField()
    based_on = serializers.CharField()


class VocabularySerializer(serializers.Serializer[object]):
    """A label set, a form or a label map with its versions."""

    kind = serializers.CharField()
    id = serializers.CharField()
    name = serializers.CharField()
    versions = PublishedVersionSerializer(many=True)
    draft_saved = DraftSavedSerializer(allow_null=True)


class VocabularyDetailSerializer(VocabularySerializer):
    """The same with its draft."""

    draft = DraftSerializer(allow_null=True)


class VocabularyListSerializer(serializers.Serializer[object]):
    """What a society edits of one kind."""

    rows = VocabularySerializer(many=True)


class VersionContentSerializer(PublishedVersionSerializer):
    """A published version with its content."""

    content = serializers.DictField()


def _is_ui(value: dict[str, Any]) -> bool:
    fields, order = value.get("fields", {}), value.get("order", [])
    if not isinstance(fields, dict) or not isinstance(order, list) or not all(isinstance(name, str) for name in order):
        return False
    if not _is_words(value.get("title", {})):
        return False
    for field in fields.values():
        if not isinstance(field, dict) or not _is_words({key: field[key] for key in ("ja", "en", "unit") if key in field}):
            return False
        options = field.get("options", {})
        if not isinstance(options, dict) or not all(_is_words(option) for option in options.values()):
            return False
        if not _is_words(field.get("help", {})):
            return False
    return True


def _is_words(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())
