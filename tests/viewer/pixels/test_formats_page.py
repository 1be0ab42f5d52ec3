"""The page of formats is what the readers really do."""

from pathlib import Path

from viewer.readers.errors import REASONS, WARNINGS
from viewer.tiles.survey import page

ROOT = Path(__file__).resolve().parents[3]


def test_the_committed_page_is_the_generated_one(shared_data: Path) -> None:
    assert (ROOT / "docs/formats.md").read_text(encoding="utf-8") == page(shared_data)


def test_every_code_that_the_readers_use_is_explained() -> None:
    text = (ROOT / "docs/formats.md").read_text(encoding="utf-8")
    for code in (*REASONS, *WARNINGS):
        assert f"| `{code}` |" in text
    for source in (ROOT / "viewer/readers").glob("*.py"):
        for line in source.read_text(encoding="utf-8").splitlines():
            if "warnings.append(" in line and "else" not in line:
                assert line.split('"')[1] in WARNINGS, line
