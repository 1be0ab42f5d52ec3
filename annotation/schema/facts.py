"""Plain rows from which documents and exports are made: what is known, without saying how it is stored.

Every id is a text; every instant carries a time zone; every shape is in level-0 pixels; frames count from 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from annotation.schema.labels import Coding, LabelValue
from annotation.schema.shapes import Shape
from annotation.schema.tracks import AnyShape
from viewer.dicomweb.planes import Planes

__all__ = [
    "AnnotationFacts",
    "AppliedMapFacts",
    "CampaignFacts",
    "CaseFacts",
    "CellGroupFacts",
    "CellPiece",
    "CitationFacts",
    "ConfirmationFacts",
    "DatasetFacts",
    "DecisionFacts",
    "DicomFacts",
    "FormFacts",
    "ImageFacts",
    "ImportedFacts",
    "ModelFacts",
    "ReadFacts",
    "ReportDiagnosisFacts",
    "ReportFacts",
    "SubjectFacts",
    "SuggestionFacts",
    "TermFacts",
]


@dataclass(frozen=True, slots=True)
class FormFacts:
    """A society's form: its id, its version, and the JSON Schema that its data obeys."""

    id: str
    version: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AppliedMapFacts:
    """Which label maps stand between what readers chose and the labels of an export; sets and maps as (id, version)."""

    maps: tuple[tuple[str, str], ...]
    source: tuple[str, str]
    target: tuple[str, str]
    originals: Mapping[str, LabelValue]
    """The labels of the source set by their code."""


@dataclass(frozen=True, slots=True)
class CampaignFacts:
    """What is the same for every document of a campaign."""

    id: str
    code: str
    society: str
    society_other: str
    title: Mapping[str, str]
    protocol_version: str
    required_granularity: str
    labels: Mapping[str, LabelValue]
    form: FormFacts | None
    governance: Mapping[str, Any]
    tier: str = "society"
    """Who may hold the documents: society, platform or third-party."""
    confirmed_by: str = ""
    """Agent id of who confirmed that no pixel names anybody; empty: nobody did."""
    label_map: AppliedMapFacts | None = None
    """None: labels are those that readers chose."""


@dataclass(frozen=True, slots=True)
class SubjectFacts:
    """Whose case it is: a keyed pseudonym, and what of the person matters for reading."""

    scheme: str
    value: str
    sex: str = ""
    age_years: int | None = None
    domain: str = ""
    """Where the pseudonym holds, such as one release; empty: not said."""


@dataclass(frozen=True, slots=True)
class DicomFacts:
    """Identifiers of the DICOM objects behind an image."""

    study_uid: str
    series_uid: str
    instances: tuple[tuple[str, str, int], ...]
    """(SOP class UID, SOP instance UID, number of frames) of each instance, in frame order."""
    planes: Planes | None = None
    """Where the frames lie in the patient; None: not known, or not asked for."""


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """An image of the case. `was_read` tells an image without findings from one that nobody has read."""

    id: str
    kind: str
    modality: str
    digest: str
    width_px: int
    height_px: int
    frame_count: int = 1
    levels: tuple[tuple[int, int, float], ...] = ()
    """(width in px, height in px, downsample) of each level."""
    spacing_um: tuple[float, float] | None = None
    spacing_source: str = ""
    frame_time_ms: float | None = None
    dicom: DicomFacts | None = None
    acquisition: Mapping[str, Any] = field(default_factory=dict)
    was_read: bool = True


@dataclass(frozen=True, slots=True)
class ReadFacts:
    """One reader's pass over one image."""

    id: str
    image_id: str
    reader: str
    state: str
    sequence: int
    opened_at: datetime
    submitted_at: datetime | None
    active_seconds: float


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A model that spoke; `id` is its agent id in the document."""

    id: str
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class SuggestionFacts:
    """What a model proposed, and what the reader made of it."""

    id: str
    run_id: str
    model: ModelFacts
    score: float | None
    uncertainty: float | None
    strategy: str
    shape: Shape | None
    labels: tuple[str, ...]
    verdict: str
    """The last verdict that counts: accept, edit, relabel, reject, ignore; empty: none."""
    decided_by: str = ""
    decided_at: datetime | None = None
    shown_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ImportedFacts:
    """From which file of another program a mark was imported, and what it was called there; empty texts: not told."""

    format: str
    digest: str = ""
    source_id: str = ""
    source_label: str = ""


@dataclass(frozen=True, slots=True)
class CellOriginFacts:
    """Which cell of which layer a mark was made of, and what had outlined it."""

    layer_id: str
    number: int
    model: ModelFacts
    run_id: str = ""
    """The pass of the model at its endpoint; empty: the cells came as a file."""


@dataclass(frozen=True, slots=True)
class ConfirmationFacts:
    """What became known of a diagnosis after its read was submitted, and what was said before."""

    at: datetime
    by: str
    awaited: str
    """The method of the basis that it is about."""
    method: str
    status: str
    known_on: date | None = None
    due_on: date | None = None
    """Of one that is still pending: the day on which to ask again."""
    note: str = ""
    labels_before: tuple[str, ...] = ()
    basis_before: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class CitationFacts:
    """An image that shows a finding of the whole examination; more closely one frame of it, or one mark on it (empty: none)."""

    image_id: str
    frame: int | None = None
    annotation_id: str = ""


@dataclass(frozen=True, slots=True)
class AnnotationFacts:
    """A mark, or a diagnosis of the whole image, as its newest revision says."""

    id: str
    revision: int
    image_id: str
    read: ReadFacts
    granularity: str
    shape: AnyShape | None
    labels: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    frame: int | None = None
    last_frame: int | None = None
    """Of a track: the last frame that it is on."""
    frame_s: float | None = None
    """When the frame begins to be shown, in seconds from the first one; None where the image is no video."""
    sop_instance_uid: str = ""
    text: str = ""
    form_data: Mapping[str, Any] | None = None
    certainty: str = ""
    basis: tuple[Mapping[str, Any], ...] = ()
    suggestion: SuggestionFacts | None = None
    imported: ImportedFacts | None = None
    confirmations: tuple[ConfirmationFacts, ...] = ()
    """In the order in which they were entered; `labels` and `basis` are what they are after the last one."""
    active_seconds: float = 0.0
    original_labels: tuple[str, ...] = ()
    """What the reader chose, where a label map made other labels of it."""
    cites: tuple[CitationFacts, ...] = ()
    """Of a finding of the whole examination: what shows it. `image_id` is then the image at which it was stated."""
    cell: CellOriginFacts | None = None
    """Of a mark that was made of a cell of a layer."""


@dataclass(frozen=True, slots=True)
class DecisionFacts:
    """One verdict of one reader on one suggestion, undone ones included; the suggestion's own verdict fields are empty.

    `annotation_id` names the annotation that came of it; `kept` tells whether that annotation still stands.
    """

    suggestion: SuggestionFacts
    image_id: str
    frame: int | None
    granularity: str
    read_id: str
    verdict: str
    by: str
    at: datetime
    shown_at: datetime | None = None
    reason: str = ""
    annotation_id: str = ""
    kept: bool = False


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """That a case is in a version of a dataset: in which split, how it came there, and whether that split is locked."""

    dataset_id: str
    version: str
    split: str
    assignment: str
    locked: bool


class CellPiece(NamedTuple):
    """Some cells of a group, one entry a cell."""

    numbers: NDArray[np.int64]
    """Of each cell in its layer, shape (n,)."""
    starts: NDArray[np.int64]
    """First vertex of each outline in `vertices`, and the end of the last one; shape (n + 1,)."""
    vertices: NDArray[np.float64]
    """x, y in level-0 px on the 1/8 px grid, outlines not closed; shape (v, 2)."""
    scores: NDArray[np.float64]
    """0 to 1, to four decimals; shape (n,)."""
    dispositions: NDArray[np.uint8]
    """What became of each cell, see `annotation.cells.groups`; shape (n,)."""


@dataclass(frozen=True, slots=True)
class CellGroupFacts:
    """Many outlines of one label on one image, as one reader leaves them; `label` is empty for a class that the label set lacks.

    `column` yields, each time anew, one column of `annotation.cells.groups.CELL_COLUMNS` as little-endian values.
    """

    id: str
    image_id: str
    read: ReadFacts
    label: str
    name: str
    """Of the class in the file, where `label` is empty; empty: the cells have no class."""
    model: ModelFacts
    count: int
    created_at: datetime
    column: Callable[[str], Iterator[bytes]]
    pieces: Callable[[], Iterator[CellPiece]]
    """Yields, each time anew, all columns at once, square by square: for formats that write cell by cell."""
    original_label: str = ""
    """The label before a label map made another one of it."""
    run_id: str = ""
    """The pass of the model at its endpoint; empty: the cells came as a file."""


@dataclass(frozen=True, slots=True)
class TermFacts:
    """Words of a report that a reader gave a code; offsets count Unicode code points of the report's text.

    Outside the society a term has no place: `start` and `end` are None.
    """

    start: int | None
    end: int | None
    labels: tuple[str, ...]
    coding: Coding | None
    """A code that the label set lacks."""
    polarity: str
    by: str
    at: datetime
    read_id: str = ""


@dataclass(frozen=True, slots=True)
class ReportDiagnosisFacts:
    """The diagnosis that a report confirms, as one reader entered it."""

    labels: tuple[str, ...]
    coding: Coding | None
    basis: tuple[Mapping[str, Any], ...]
    by: str
    at: datetime
    confirmations: tuple[ConfirmationFacts, ...] = ()
    read_id: str = ""


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """A report of the case in one of its texts, with what readers said of it; without words outside the society."""

    id: str
    kind: str
    issued_on: str
    text: str
    digest: str
    image_ids: tuple[str, ...]
    terms: tuple[TermFacts, ...] = ()
    diagnoses: tuple[ReportDiagnosisFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """One subject's case: its images and reads at hand, its annotations and decisions as streams to be read once.

    Annotations come by image, in the order of `images`, and each one once; those of a campaign of the society tier ascend by
    (image id, annotation id). `registered_at` stands in for the earliest fact of a case without reads.
    """

    name: str
    subject: SubjectFacts
    registered_at: datetime
    images: tuple[ImageFacts, ...]
    reads: tuple[ReadFacts, ...]
    annotations: Iterable[AnnotationFacts]
    decisions: Iterable[DecisionFacts] = ()
    cells: Iterable[CellGroupFacts] = ()
    proposed_cells: int = 0
    """Cells of layers that no counted read changed anything of: proposals, and no part of any export."""
    datasets: tuple[DatasetFacts, ...] = ()
    reports: tuple[ReportFacts, ...] = ()
    findings: tuple[AnnotationFacts, ...] = ()
    """Of the whole examination; none of them is among `annotations`."""
