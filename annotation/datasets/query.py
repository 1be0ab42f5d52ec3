"""Which images belong into a dataset: a query over what was read, without a database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from annotation.schema.label_maps import Rules, apply_rules

__all__ = ["Candidate", "ImageRow", "Query", "ReadRow", "select"]

NO_LABEL: Final = ""


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One submitted read: what it says of the image as a whole, and every label in it."""

    id: str
    submitted_on: date
    diagnosis: str
    """Label of the image as a whole, the primary one; empty: none was given."""
    labels: frozenset[str]
    marks: int
    sequence: int
    """List revision: grows with every change."""

    @property
    def statement(self) -> tuple[str, ...]:
        """What two readers are compared by: the diagnosis, or where there is none all labels of the marks."""
        return (self.diagnosis,) if self.diagnosis else tuple(sorted(self.labels))


@dataclass(frozen=True, slots=True)
class ImageRow:
    """An image as a campaign asks for it, with its submitted reads."""

    campaign: str
    image: str
    subject: str
    collection: str
    modality: str
    manufacturer: str
    model: str
    reads: tuple[ReadRow, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for; an empty tuple asks for everything.

    Attributes:
        campaigns, collections, modalities, manufacturers, models: one of these.
        labels: at least one of them in at least one read.
        excluded_labels: none of them in any read, such as those that say that an image is blurred.
        left_out: images that somebody left out by hand.
        picked: images that somebody picked by hand: they come whatever else is asked for, with every submitted read, out of
            the campaigns that are asked for.
        submitted_from, submitted_to: only reads of these days count, both included.
        min_reads: how many reads count at least; never fewer than one.
        min_agreement: percent of these readers who say the same.
    """

    campaigns: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    manufacturers: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    excluded_labels: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    picked: tuple[str, ...] = ()
    submitted_from: date | None = None
    submitted_to: date | None = None
    min_reads: int = 1
    min_agreement: int = 0


@dataclass(frozen=True, slots=True)
class Candidate:
    """An image that a query chose, with what strata and counts are made of."""

    campaign: str
    image: str
    subject: str
    label: str
    """What most readers say: the diagnosis, or the labels of the marks joined by +; the first by name where as many say another."""
    labels: tuple[str, ...]
    collection: str
    modality: str
    device: str
    reads: tuple[str, ...]
    """Ids of the reads that count, ascending."""
    marks: int
    revision: int
    """Sum of the list revisions of the reads: differs whenever a mark does."""


def select(rows: Iterable[ImageRow], query: Query, rules: Mapping[str, Rules] | None = None) -> Iterator[Candidate]:
    """Yield the images that a query chooses, in the order in which they come.

    Args:
        rows: images with what was read of them.
        query: asks for labels as the readers chose them.
        rules: of the label maps that a campaign's labels go out under, by campaign; the labels of a candidate are those afterwards.
    """
    rules = rules or {}
    left_out, picked = frozenset(query.left_out), frozenset(query.picked)
    for row in rows:
        if row.image in picked:
            if row.reads and (not query.campaigns or row.campaign in query.campaigns):
                yield _candidate(row, list(row.reads), rules.get(row.campaign))
        elif row.image not in left_out and _asked(row, query):
            reads = [read for read in row.reads if _in_time(read, query)]
            if len(reads) >= max(query.min_reads, 1) and _labels_fit(reads, query) and _agreement(reads) >= query.min_agreement:
                yield _candidate(row, reads, rules.get(row.campaign))


def _asked(row: ImageRow, query: Query) -> bool:
    wanted = (
        (row.campaign, query.campaigns),
        (row.collection, query.collections),
        (row.modality, query.modalities),
        (row.manufacturer, query.manufacturers),
        (row.model, query.models),
    )
    return all(not among or value in among for value, among in wanted)


def _in_time(read: ReadRow, query: Query) -> bool:
    first, last = query.submitted_from, query.submitted_to
    return (first is None or first <= read.submitted_on) and (last is None or read.submitted_on <= last)


def _labels_fit(reads: list[ReadRow], query: Query) -> bool:
    said = frozenset[str]().union(*(read.labels for read in reads))
    return said.isdisjoint(query.excluded_labels) and (not query.labels or not said.isdisjoint(query.labels))


def _agreement(reads: list[ReadRow]) -> float:
    """Return how many percent of the reads say what most of them say."""
    return 100 * Counter(read.statement for read in reads).most_common(1)[0][1] / len(reads)


def _under(read: ReadRow, rules: Rules) -> ReadRow:
    """Return what a read says under label maps."""
    diagnosis = next(iter(apply_rules((read.diagnosis,), rules).labels), "")
    return replace(read, diagnosis=diagnosis, labels=frozenset(apply_rules(sorted(read.labels), rules).labels))


def _candidate(row: ImageRow, reads: list[ReadRow], rules: Rules | None) -> Candidate:
    if rules is not None:
        reads = [_under(read, rules) for read in reads]
    said = Counter(read.statement for read in reads)
    most = min(said, key=lambda statement: (-said[statement], statement))
    return Candidate(
        campaign=row.campaign,
        image=row.image,
        subject=row.subject,
        label="+".join(most) or NO_LABEL,
        labels=tuple(sorted(frozenset[str]().union(*(read.labels for read in reads)))),
        collection=row.collection,
        modality=row.modality,
        device=" ".join(part for part in (row.manufacturer, row.model) if part),
        reads=tuple(sorted(read.id for read in reads)),
        marks=sum(read.marks for read in reads),
        revision=sum(read.sequence for read in reads),
    )
