"""What an export format is: a name, and a way to turn cases into entries of an archive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, NamedTuple, Protocol

from annotation.exporters.fields import NOT_HELD, ExportWouldLoseError, Field, Held
from annotation.schema.canonical import canonical_json
from annotation.schema.facts import CampaignFacts, CaseFacts

__all__ = ["Entry", "ExportSession", "Exporter", "LossReport"]

MAX_EXAMPLES: Final = 20


class Entry(NamedTuple):
    """One file of the archive: its name, its exact size, and its bytes as a stream to be read once."""

    name: str
    size: int
    chunks: Iterable[bytes]


@dataclass
class Loss:
    """How often something was left out or changed, with the ids of the first few."""

    text: str
    count: int = 0
    examples: list[str] = field(default_factory=list)


class LossReport:
    """What the export does not hold although the campaign does; written into every archive as `losses.json`."""

    def __init__(self, format_name: str, holds: Mapping[Field, Held], required: frozenset[Field] = frozenset()) -> None:
        """Start a report. Raises ExportWouldLoseError for a required field that the format never holds."""
        self.format_name = format_name
        self.holds = holds
        self._required = required
        self._losses: dict[str, Loss] = {}
        self._tallies: dict[str, int] = {}
        self.applied: dict[str, Any] | None = None
        """Which label maps were applied, and what became of how many marks; None without maps."""
        never = [one for one in Field if holds[one] == Held.NO]
        self._notes: dict[str, str] = {f"no_{one.value}": NOT_HELD[one] for one in never}
        for one in never:
            if one in required:
                raise ExportWouldLoseError(one, format_name)

    def note(self, code: str, text: str) -> None:
        """State a loss that every export of the format has."""
        self._notes[code] = text

    def add(self, code: str, text: str, identity: str, field: Field | None = None, *, count: int = 1) -> None:
        """Count what was left out or changed. Raises ExportWouldLoseError where that is of a required field."""
        if field is not None and field in self._required:
            raise ExportWouldLoseError(field, self.format_name, identity)
        loss = self._losses.setdefault(code, Loss(text))
        loss.count += count
        if identity and len(loss.examples) < MAX_EXAMPLES:
            loss.examples.append(identity)

    def drop(self, code: str, text: str, identity: str) -> None:
        """Count a mark that is left out altogether. Raises ExportWouldLoseError where anything is required."""
        self.add(code, text, identity, next((one for one in Field if one in self._required), None))

    def count(self, code: str) -> int:
        """Return how often a loss was counted."""
        loss = self._losses.get(code)
        return loss.count if loss is not None else 0

    def tally(self, name: str) -> None:
        """Count something that is no loss by itself."""
        self._tallies[name] = self._tallies.get(name, 0) + 1

    def tallied(self, name: str) -> int:
        """Return how often something was tallied."""
        return self._tallies.get(name, 0)

    def state(self) -> dict[str, Any]:
        """Return what was counted and noted so far, as JSON values."""
        counted = {code: [loss.text, loss.count, list(loss.examples)] for code, loss in self._losses.items()}
        return {"counted": counted, "notes": dict(self._notes), "tallies": dict(self._tallies)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` returned."""
        self._losses = {code: Loss(text, count, list(examples)) for code, (text, count, examples) in state["counted"].items()}
        self._notes |= state["notes"]
        self._tallies = dict(state.get("tallies", {}))

    def to_json(self) -> bytes:
        """Return the report as canonical JSON."""
        counted = [
            {"code": code, "text": loss.text, "count": loss.count, "examples": loss.examples} for code, loss in sorted(self._losses.items())
        ]
        always: list[dict[str, Any]] = [{"code": code, "text": text} for code, text in sorted(self._notes.items())]
        told = {} if self.applied is None else {"labelMap": self.applied}
        return canonical_json({"format": self.format_name, "losses": counted, "always": always, **told})


class ExportSession(Protocol):
    """One run of a format over the cases of a campaign."""

    losses: LossReport

    def entries(self, cases: Iterable[CaseFacts]) -> Iterator[Entry]:
        """Yield the entries in a fixed order; each one's chunks must be read before the next entry is asked for.

        Raises DocumentError when a case cannot be written truly, ExportWouldLoseError when it would lose what is required.
        """
        ...


class Exporter(Protocol):
    """A format. `name` is what people ask for; `media_type` is that of its main entries."""

    name: ClassVar[str]
    media_type: ClassVar[str]
    holds: ClassVar[Mapping[Field, Held]]
    """What the format holds; a test exports a case that has everything and looks."""

    def begin(self, campaign: CampaignFacts, required: frozenset[Field] = frozenset()) -> ExportSession:
        """Start a run. Raises ExportWouldLoseError when the format never holds something that is required."""
        ...
