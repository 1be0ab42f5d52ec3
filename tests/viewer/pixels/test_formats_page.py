"""The page of formats is what the readers really do."""

from pathlib import Path

from scripts.peer_pixels import compare_all
from viewer.readers.errors import REASONS, WARNINGS
from viewer.tiles.survey import page

ROOT = Path(__file__).resolve().parents[3]


def test_the_committed_page_is_the_generated_one(shared_data: Path) -> None:
    assert (ROOT / "docs/formats.md").read_text(encoding="utf-8") == page(shared_data, compare_all)


def test_no_file_has_other_pixels_than_an_independent_decoder_says() -> None:
    """Two codecs may round a lossy sample differently; more than one level of 255 apart is another picture."""
    text = (ROOT / "docs/formats.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| `") and line.count(" | ") >= 3]
    proofs = {row[0].strip("| `"): row[3].strip(" |") for row in rows}
    compared = {name: proof for name, proof in proofs.items() if ": " in proof and not proof.startswith("no peer")}
    assert len(compared) > 250
    different = {name: proof for name, proof in compared.items() if not proof.split(": ")[1].startswith("equal")}
    assert all(proof.endswith("by at most 1") for proof in different.values()), different


def test_every_code_that_the_readers_use_is_explained() -> None:
    text = (ROOT / "docs/formats.md").read_text(encoding="utf-8")
    for code in (*REASONS, *WARNINGS):
        assert f"| `{code}` |" in text
    for source in (ROOT / "viewer/readers").glob("*.py"):
        for line in source.read_text(encoding="utf-8").splitlines():
            if "warnings.append(" in line and "else" not in line:
                assert line.split('"')[1] in WARNINGS, line
