"""A whole export: the entries of a format, the labels, its loss report, and a manifest with the digest of each entry."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from annotation.exporters.base import Entry, Exporter, LossReport
from annotation.exporters.cells import count_what_stays
from annotation.exporters.fields import Field, Held
from annotation.exporters.zipstream import zip_stream
from annotation.schema.canonical import canonical_json
from annotation.schema.facts import CampaignFacts, CaseFacts
from annotation.schema.spool import Spool
from annotation.schema.versions import LATEST_VERSION, schema_id

__all__ = ["Package"]


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
    ) -> None:
        self._exporter = exporter
        self._required = required
        self._campaign = campaign
        self._cases = cases
        self._include_drafts = include_drafts
        self._extras = extras
        self.case_count = 0
        self.digest = ""

    def stream(self) -> Iterator[bytes]:
        """Yield the bytes of the ZIP.

        Raises in the middle: DocumentError when a case cannot be written truly, ExportWouldLoseError when what is required
        would be lost.
        """
        digest = hashlib.sha256()
        for chunk in zip_stream(self._entries()):
            digest.update(chunk)
            yield chunk
        self.digest = digest.hexdigest()

    def _entries(self) -> Iterator[Entry]:
        session = self._exporter.begin(self._campaign, self._required)
        with Spool() as listing:
            for entry in session.entries(self._counted(session.losses)):
                yield from _listed(entry, listing)
            for entry in self._extras:
                yield from _listed(entry, listing)
            labels = _labels(self._campaign)
            yield from _listed(Entry("labels.json", len(labels), [labels]), listing)
            losses = session.losses.to_json()
            yield from _listed(Entry("losses.json", len(losses), [losses]), listing)
            head = {"campaign": self._campaign.code, "cases": self.case_count}
            tail = {"format": self._exporter.name, "includesDrafts": self._include_drafts, "schema": schema_id(LATEST_VERSION)}
            opening = canonical_json(head)[:-1] + b',"entries":['
            closing = b"]," + canonical_json(tail)[1:]
            size = len(opening) + listing.size + len(closing)
            yield Entry("manifest.json", size, _joined(opening, listing, closing))

    def _counted(self, losses: LossReport) -> Iterator[CaseFacts]:
        for case in self._cases:
            self.case_count += 1
            yield case
            count_what_stays(case, losses, with_groups=self._exporter.holds[Field.CELLS] == Held.NO)


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
