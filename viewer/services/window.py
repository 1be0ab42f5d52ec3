"""The hours in which imports may run: imaging departments want them when nobody waits for images."""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from threading import Event
from typing import Final, Self

from django.utils import timezone

_log = logging.getLogger(__name__)
_WRITTEN: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
# The clock may be set, and a machine may sleep: it is looked at again at least so often.
_LOOK_EVERY_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class ImportWindow:
    """From one time of the day until another, maybe of the next day, by the clock of the site.

    Attributes:
        opens: the first moment of it.
        closes: the first moment after it.
    """

    opens: time
    closes: time

    @classmethod
    def parse(cls, written: str) -> Self:
        """Return the window of a text such as ``20:00-06:00``.

        Raises:
            ValueError: for any other text, and for a window without length.
        """
        match = _WRITTEN.fullmatch(written)
        if match is None:
            raise ValueError("must be written as 20:00-06:00")
        hours = [int(part) for part in match.groups()]
        found = cls(time(hours[0], hours[1]), time(hours[2], hours[3]))
        if found.opens == found.closes:
            raise ValueError("must not begin and end at the same time; leave it empty to import at any time")
        return found

    def is_open(self, moment: datetime) -> bool:
        """Return whether imports may run at a moment."""
        clock = timezone.localtime(moment).time()
        if self.opens < self.closes:
            return self.opens <= clock < self.closes
        return clock >= self.opens or clock < self.closes

    def opens_after(self, moment: datetime) -> datetime:
        """Return when it opens next, in the time zone of the site."""
        local = timezone.localtime(moment)
        first = local.replace(hour=self.opens.hour, minute=self.opens.minute, second=0, microsecond=0)
        return first if first > local else first + timedelta(days=1)


def wait_until_open(
    window: ImportWindow, *, stop: Event, told: Callable[[datetime], None] = lambda _opens: None, now: Callable[[], datetime] = timezone.now
) -> bool:
    """Return when imports may run, at once if they may; say so in the log when they have to wait.

    Args:
        window: the hours.
        stop: ends the waiting.
        told: called once with the moment of the opening, if there is anything to wait for.
        now: the clock.

    Returns:
        False when it was stopped.
    """
    waited = False
    while not window.is_open(now()) and not stop.is_set():
        opens = window.opens_after(now())
        if not waited:
            _log.info("imports wait until %s", opens.isoformat(timespec="minutes"))
            told(opens)
        waited = True
        stop.wait(max(0.0, min(_LOOK_EVERY_S, (opens - now()).total_seconds())))
    if waited and not stop.is_set():
        _log.info("imports go on")
    return not stop.is_set()
