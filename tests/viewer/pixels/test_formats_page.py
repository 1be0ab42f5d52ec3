"""The page of formats is what the readers really do, and what opens shows the pixels that another decoder finds."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scripts.peer_pixels import compare_all
from tests.viewer.pixels.other_decoders import levels_of
from viewer.readers import errors
from viewer.readers.errors import REASONS, WARNINGS
from viewer.tiles.pool import PixelPool
from viewer.tiles.survey import page

ROOT = Path(__file__).resolve().parents[3]
SLIDES = ROOT.parent / "shared/data/wsi"
# Never shown, so nothing to compare.
WITHHELD = {"label.dcm", "overview.dcm", "thumbnail.dcm"}


@pytest.mark.long
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


@pytest.mark.parametrize(
    "path", sorted(path for path in SLIDES.rglob("*") if path.is_file()), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_every_slide_shows_what_another_decoder_finds(path: Path, pool: PixelPool) -> None:
    """Value by value, over the whole of every level that the other decoder knows."""
    if path.name in WITHHELD:
        with pytest.raises(errors.WithheldImage):
            pool.inspect(str(path))
        return
    found = pool.inspect(str(path))
    source = {"kind": found["kind"], "paths": [str(path)], "levels": found["levels"]}
    plane = found["planes"]["first"] if found["planes"] else 0
    compared = levels_of(path, found)
    assert compared
    assert compared[0][0] == 0
    for number, expected in compared:
        level = found["levels"][number]
        # As many level-0 pixels as make the level's own pixels exactly, or the answer would be resampled.
        across, down = (level[side] * level["downsample"] for side in ("width", "height"))
        size = {"out_width": level["width"], "out_height": level["height"]}
        body = pool.region(source, x=0, y=0, width=across, height=down, frame=plane, **size).body
        shown = np.asarray(Image.open(io.BytesIO(body))).astype(int)
        assert shown.shape == expected.shape
        assert np.abs(shown - expected).max() <= 1, number  # colour transforms round
