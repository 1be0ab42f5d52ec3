"""Compile one translation catalogue: ``python -m scripts.compile_catalogue FILE.po FILE.mo``; needs no gettext on the machine."""

import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def compile_catalogue(source: Path, target: Path) -> None:
    """Write the compiled form of a .po file, complete or not at all."""
    with source.open("rb") as text:
        catalogue = read_po(text, locale="ja", abort_invalid=True)
    fresh = target.with_suffix(".mo.part")
    with fresh.open("wb") as compiled:
        write_mo(compiled, catalogue)
    fresh.replace(target)


if __name__ == "__main__":
    compile_catalogue(Path(sys.argv[1]), Path(sys.argv[2]))
