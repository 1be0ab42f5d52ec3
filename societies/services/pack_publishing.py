"""Publishes what packs bring: their label sets and forms, each as the version that the pack has."""

from annotation.models import FormDefinition, LabelSet
from annotation.services.label_sets import LabelSpec, publish_form, publish_label_set
from societies.packs import Pack, PackLabel
from societies.selectors.vocabularies import pack_label_slug

__all__ = ["publish_pack_form", "publish_pack_labels"]


def publish_pack_labels(pack: Pack) -> LabelSet:
    """Return the published label set of a pack; it is published the first time it is asked for."""
    labels = [_label_spec(label) for label in pack.labels]
    return publish_label_set(slug=pack_label_slug(pack.slug), version=pack.version, name=pack.name, labels=labels)


def publish_pack_form(pack: Pack) -> FormDefinition:
    """Return the published form of a pack."""
    return publish_form(slug=pack.form_slug, version=pack.version, schema=pack.form_schema, ui=pack.form_ui)


def _label_spec(label: PackLabel) -> LabelSpec:
    return {
        "code": label.code,
        "role": label.role,
        "display": {"ja": label.ja, "en": label.en},
        "colour": label.colour,
        "key": label.key,
        "parent": label.parent or None,
        "granularities": list(label.granularities),
        "codings": list(label.codings),
    }
