"""The table of imports in docs/interchange.md is what the readers declare."""

from annotation.importers.registry import READERS
from scripts.import_doc import TARGET, written


def test_the_table_is_up_to_date() -> None:
    page = TARGET.read_text("utf-8")
    assert written(page) == page, "write it with: .venv/bin/python -m scripts.import_doc"


def test_every_format_says_what_goes_in_and_what_is_lost() -> None:
    for reader in READERS.values():
        assert reader.title
        assert reader.takes
        assert reader.losses or reader.takes.startswith("nothing")
        assert all(text.endswith(".") for text in reader.losses.values())
