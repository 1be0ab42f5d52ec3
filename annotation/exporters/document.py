"""Annotation documents, one a case, with the schemas that a receiver needs to check them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from annotation.exporters.base import Entry, ExportSession, LossReport
from annotation.exporters.fields import Field, Held
from annotation.schema.canonical import canonical_json
from annotation.schema.document import write_document
from annotation.schema.facts import CampaignFacts, CaseFacts
from annotation.schema.versions import LATEST_VERSION, schema_bytes

__all__ = ["DocumentExporter"]


class DocumentExporter:
    """Everything that is known of a case, in the schema of this project."""

    name: ClassVar[str] = "document"
    media_type: ClassVar[str] = "application/json"
    holds: ClassVar[Mapping[Field, Held]] = dict.fromkeys(Field, Held.YES)

    def begin(self, campaign: CampaignFacts, required: frozenset[Field] = frozenset()) -> ExportSession:
        """Start a run."""
        return _Session(campaign, required)


class _Session:
    def __init__(self, campaign: CampaignFacts, required: frozenset[Field]) -> None:
        self._campaign = campaign
        self.losses = LossReport(DocumentExporter.name, DocumentExporter.holds, required)
        self.losses.note("earlier_revisions", "An annotation is given as it stands; its earlier revisions stay in the workbench.")
        self.losses.note("undecided_suggestions", "Suggestions on which nobody decided are not part of a document.")
        self.losses.note("deleted_annotations", "Annotations that their reader deleted are not part of a document.")

    def entries(self, cases: Iterable[CaseFacts]) -> Iterator[Entry]:
        schema = schema_bytes(LATEST_VERSION)
        yield Entry(f"document-{LATEST_VERSION}.schema.json", len(schema), [schema])
        for case in cases:
            written = write_document(case, self._campaign)
            try:
                yield Entry(f"documents/{case.name}.json", written.size, written.chunks())
            finally:
                written.close()
        form = self._campaign.form
        if form is not None:
            body = canonical_json(dict(form.schema))
            yield Entry(f"forms/{form.id}-{form.version}.schema.json", len(body), [body])
