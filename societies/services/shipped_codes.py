"""The concepts that come with the program, with the Japanese names that the societies' packs give them."""

from annotation.services.code_tables import Loaded, load_shipped
from societies.packs.loader import load_pack, pack_slugs


def load_shipped_codes() -> list[Loaded]:
    """Make the shipped concepts searchable; does nothing where they are already."""
    return load_shipped(japanese_names())


def japanese_names() -> dict[str, dict[str, str]]:
    """Return the Japanese names of labels that mean exactly a concept, by the concept's system and code; the first pack counts."""
    names: dict[str, dict[str, str]] = {}
    for slug in pack_slugs():
        for label in load_pack(slug).labels:
            for coding in label.codings:
                if coding["mapping"] == "exact":
                    names.setdefault(coding["system"], {}).setdefault(coding["code"], label.ja)
    return names
