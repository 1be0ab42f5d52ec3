"""A whole export: the entries of a format, the labels, its loss report, and a manifest with the digest of each entry."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from annotation.exporters.base import Entry, Exporter, LossReport
from annotation.exporters.cells import count_what_stays
from annotation.exporters.fields import Field, Held
from annotation.exporters.relabelling import Relabelling
from annotation.exporters.zipstream import Written, ZipStream
from annotation.schema.canonical import canonical_json
from annotation.schema.facts import CampaignFacts, CaseFacts
from annotation.schema.spool import Spool
from annotation.schema.versions import LATEST_VERSION, schema_id

__all__ = ["Begun", "Package"]


@dataclass
class Begun:
    """The first part of an archive, up to the end of a case: what is needed to go on from there."""

    offset: int = 0
    """Bytes of the archive."""
    entries: list[Written] = field(default_factory=list)
    listing: bytes = b""
    """Lines of the manifest, as far as they are written."""
    losses: dict[str, Any] = field(default_factory=dict)
    cases: int = 0


class Package:
    """A ZIP of one campaign in one format, to be read once as a stream.

    `case_count` and `digest` (SHA-256 of the whole ZIP, hexadecimal) hold when the stream has ended.
    """

    def __init__(
        self,
        exporter: Exporter,
        campaign: CampaignFacts,
        cases: Iterable[CaseFacts],
        *,
        include_drafts: bool,
        extras: Sequence[Entry] = (),
        required: frozenset[Field] = frozenset(),
        relabelling: Relabelling | None = None,
        begun: Begun | None = None,
    ) -> None:
        """Prepare the archive.

        Args:
            exporter: the format.
            campaign: whose cases.
            cases: in their order; after a first part, those that it does not hold.
            include_drafts: told in the manifest.
            extras: entries after those of the format.
            required: what must not be lost.
            relabelling: the label maps that labels go through.
            begun: the first part, where one was made before; only of formats whose cases stand by themselves.
        """
        self._exporter = exporter
        self._required = required
        self._relabelling = relabelling
        self._campaign = campaign if relabelling is None else relabelling.campaign(campaign)
        self._cases = cases
        self._include_drafts = include_drafts
        self._extras = extras
        self._begun = begun or Begun()
        self._zip = ZipStream(self._begun.entries, self._begun.offset)
        self._session = exporter.begin(self._campaign, required)
        self._listing: Spool | None = None
        self._told_entries, self._told_listing = len(self._begun.entries), len(self._begun.listing)
        self.after_case: Callable[[], None] = _nothing
        """Called when all bytes of a case have been yielded."""
        self.case_count = self._begun.cases
        self.label_map: dict[str, Any] | None = None
        """Which label maps were applied, and what became of how many marks; when the stream has ended."""
        self.digest = ""

    def stream(self) -> Iterator[bytes]:
        """Yield the bytes of the ZIP.

        Raises in the middle: DocumentError when a case cannot be written truly, ExportWouldLoseError when what is required
        would be lost, LabelNotMappedError when a mark bears a label that a label map says nothing of.
        """
        digest = hashlib.sha256()
        for chunk in self._zip.stream(self._entries()):
            digest.update(chunk)
            yield chunk
        self.digest = digest.hexdigest()

    def part(self, offset: int) -> Begun:
        """Return what was added since the last call, or since the beginning; to be asked after a case.

        Args:
            offset: bytes of the archive now.
        """
        entries = self._zip.written(self._told_entries)
        listing = self._listing.tail(self._told_listing) if self._listing is not None else b""
        self._told_entries += len(entries)
        self._told_listing += len(listing)
        return Begun(offset, entries, listing, self._session.losses.state(), self.case_count)

    def _entries(self) -> Iterator[Entry]:
        session, there = self._session, {entry.name for entry in self._begun.entries}
        if self._begun.losses:
            session.losses.restore(self._begun.losses)
        with Spool() as listing:
            self._listing = listing
            listing.write(self._begun.listing)
            for entry in session.entries(self._counted(session.losses)):
                # what stands before the first case comes again with every part
                if entry.name not in there:
                    yield from _listed(entry, listing)
            told = [] if self._relabelling is None else [self._relabelling.entry()]
            for entry in [*self._extras, *told]:
                yield from _listed(entry, listing)
            labels = _labels(self._campaign)
            yield from _listed(Entry("labels.json", len(labels), [labels]), listing)
            if self._relabelling is not None:
                self._relabelling.note(session.losses)
            losses = session.losses.to_json()
            yield from _listed(Entry("losses.json", len(losses), [losses]), listing)
            head = {"campaign": self._campaign.code, "cases": self.case_count}
            tail: dict[str, Any] = {
                "format": self._exporter.name,
                "includesDrafts": self._include_drafts,
                "schema": schema_id(LATEST_VERSION),
            }
            self.label_map = session.losses.applied
            tail |= {} if self.label_map is None else {"labelMap": self.label_map}
            opening = canonical_json(head)[:-1] + b',"entries":['
            closing = b"]," + canonical_json(tail)[1:]
            size = len(opening) + listing.size + len(closing)
            yield Entry("manifest.json", size, _joined(opening, listing, closing))

    def _counted(self, losses: LossReport) -> Iterator[CaseFacts]:
        for case in self._cases:
            self.case_count += 1
            with_reports = self._exporter.holds[Field.REPORTS] != Held.NO
            with_findings = self._exporter.holds[Field.FINDINGS] != Held.NO
            yield (
                case
                if self._relabelling is None
                else self._relabelling.case(case, losses, with_reports=with_reports, with_findings=with_findings)
            )
            count_what_stays(case, losses, with_groups=self._exporter.holds[Field.CELLS] == Held.NO)
            self.after_case()


def _nothing() -> None:
    """Do nothing."""


def _labels(campaign: CampaignFacts) -> bytes:
    """Return the key of every label of the campaign with its codings, its names and its colour."""
    return canonical_json({code: {**label.to_document(), "colour": label.colour} for code, label in campaign.labels.items()})


def _listed(entry: Entry, listing: Spool) -> Iterator[Entry]:
    """Pass an entry on, and write its line of the manifest once its bytes have gone by."""
    digest = hashlib.sha256()

    def watched() -> Iterator[bytes]:
        for chunk in entry.chunks:
            digest.update(chunk)
            yield chunk

    yield Entry(entry.name, entry.size, watched())
    line = {"name": entry.name, "bytes": entry.size, "sha256": digest.hexdigest()}
    listing.write((b"," if listing.size else b"") + canonical_json(line))


def _joined(opening: bytes, listing: Spool, closing: bytes) -> Iterator[bytes]:
    yield opening
    yield from listing.chunks()
    yield closing
