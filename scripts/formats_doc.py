"""Writes `docs/formats.md`.

python -m scripts.formats_doc ../shared/data > docs/formats.md
"""

import sys
from pathlib import Path

from scripts.peer_pixels import compare_all
from viewer.tiles.survey import page

if __name__ == "__main__":
    sys.stdout.write(page(Path(sys.argv[1]), compare_all))
