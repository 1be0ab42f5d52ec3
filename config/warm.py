"""What a web process does before its first request, so that no request pays for it."""

import gc

from django.urls import get_resolver


def warm_up() -> None:
    """Load what the first request would load, and take all of that out of the garbage collector's rounds.

    The first answer came a second late, and later ones were held up by a tenth of a second each time the collector looked
    through a quarter of a million objects that live as long as the process.
    """
    get_resolver().url_patterns  # noqa: B018  (imports every view)
    gc.collect()
    gc.freeze()
