"""What each society asks of its readers, as data: labels, forms, granularities and protocol text, in both languages."""

from societies.packs.loader import Pack, PackError, PackLabel, load_pack, pack_slugs

__all__ = ["Pack", "PackError", "PackLabel", "load_pack", "pack_slugs"]
