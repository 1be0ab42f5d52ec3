"""Every warning that can stand in a manifest has words for the reader."""

import re
from pathlib import Path

from viewer.readers.errors import WARNINGS
from viewer.services.grouping import SEVERAL_STACKS, STACK_WARNINGS

ROOT = Path(__file__).resolve().parents[3]


def test_every_warning_has_words_in_the_viewer() -> None:
    words = (ROOT / "static/js/viewer/warnings.js").read_text("utf-8")
    said = set(re.findall(r"^  (\w+): \(\) => \[", words, re.MULTILINE))
    assert said == set(WARNINGS) | STACK_WARNINGS | {SEVERAL_STACKS}
