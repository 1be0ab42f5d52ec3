"""What a web process does before it is asked for it, so that no request pays for it."""

import gc
import threading
from typing import Final

from django.urls import get_resolver

# The first page of a site that was just started goes first: whoever waits for it asks one process, and all would be busy.
_AFTER_S: Final = 2.0


def warm_up() -> None:
    """Load what the first request would load, and take all of that out of the garbage collector's rounds.

    The first answer came a second late, and later ones were held up by a tenth of a second each time the collector looked
    through a quarter of a million objects that live as long as the process.
    """
    get_resolver().url_patterns  # noqa: B018  (imports every view)
    gc.collect()
    gc.freeze()


def warm_soon() -> threading.Timer:
    """Begin `warm_up` in a thread of its own, shortly after the start."""
    timer = threading.Timer(_AFTER_S, warm_up)
    timer.daemon = True
    timer.start()
    return timer
