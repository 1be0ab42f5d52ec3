"""Whom a page knows to be there. A person with two windows is one person, and a window that says nothing for long is gone."""

from dataclasses import dataclass, field
from typing import Final

SILENCE_S: Final = 10.0
"""Who says nothing for so long has left, in seconds; pages give a sign of life every three."""


@dataclass(slots=True)
class _Person:
    moved_at: float = float("-inf")
    heard_at: dict[str, float] = field(default_factory=dict)


class Peers:
    """The others, as one socket has heard of them."""

    def __init__(self, silence_s: float = SILENCE_S) -> None:
        self.silence_s = silence_s
        self._people: dict[int, _Person] = {}

    def heard(self, person: int, window: str, *, moved_at: float, now: float) -> bool:
        """Note a sign of life; return whether it tells something newer than what is known of the person from any window.

        Args:
            person: key of the user.
            window: name of the socket.
            moved_at: when that window last moved, seconds of the wall clock of its server.
            now: seconds of any steady clock.
        """
        known = self._people.setdefault(person, _Person())
        known.heard_at[window] = now
        if moved_at <= known.moved_at:
            return False
        known.moved_at = moved_at
        return True

    def gone(self, person: int, window: str) -> bool:
        """Forget a window; return whether it was the last one of the person."""
        known = self._people.get(person)
        if known is None or known.heard_at.pop(window, None) is None or known.heard_at:
            return False
        del self._people[person]
        return True

    def forget_silent(self, now: float) -> list[int]:
        """Forget windows that have been silent for too long; return those who left by it."""
        silent = [
            (person, window)
            for person, known in self._people.items()
            for window, heard_at in known.heard_at.items()
            if now - heard_at > self.silence_s
        ]
        return [person for person, window in silent if self.gone(person, window)]


class Rate:
    """Lets a number of messages through each second, and as many at once after a pause."""

    def __init__(self, per_second: float) -> None:
        self.per_second = per_second
        self._left = per_second
        self._at: float | None = None

    def allows(self, now: float) -> bool:
        """Return whether one more message may pass; ``now`` in seconds of a steady clock."""
        passed = 0.0 if self._at is None else now - self._at
        self._left = min(self.per_second, self._left + passed * self.per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
