"""No sample without its licence and source."""

from pathlib import Path


def test_every_sample_stands_in_the_table(samples: Path) -> None:
    table = (samples / "README.md").read_text("utf-8")
    files = [path.relative_to(samples).as_posix() for path in samples.glob("*/*") if path.is_file()]
    assert files
    assert [name for name in files if f"| `{name}` |" not in table] == []


def test_no_row_is_left_of_a_sample_that_is_gone(samples: Path) -> None:
    rows = [line.split("`")[1] for line in (samples / "README.md").read_text("utf-8").splitlines() if line.startswith("| `")]
    assert [name for name in rows if not (samples / name).is_file()] == []
