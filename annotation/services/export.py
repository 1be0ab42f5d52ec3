"""Takes documents out of a campaign: as a stream, with a row that says who took what, when, and its digest."""

import hashlib
from collections.abc import Generator, Iterator
from typing import Any, Final

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import status

from annotation.exporters.fields import ExportWouldLoseError, Field
from annotation.exporters.package import Package
from annotation.exporters.registry import EXPORTERS, find_exporter, takes_planes
from annotation.exporters.relabelling import LabelNotMappedError, Relabelling
from annotation.models import Campaign, ExportRun
from annotation.schema.document import DocumentFile, write_document
from annotation.schema.problems import DocumentError
from annotation.schema.spool import Spool
from annotation.selectors.documents import campaign_facts, cases_of, get_case
from annotation.services.export_requirements import refuse_impossible, would_lose
from annotation.services.label_maps import not_mapped
from viewer.api.errors import ApiError
from viewer.models import Image

__all__ = ["CaseExport", "Export", "export_campaign", "export_case", "unknown_format"]

INTERRUPTED: Final = "export_interrupted"
AHEAD_BYTES: Final = 4 << 20


class Export:
    """The ZIP of a campaign, to be read once; the run's row is finished when the stream ends, however it ends."""

    def __init__(self, run: ExportRun, package: Package, *, required: frozenset[Field] = frozenset(), may_refuse: bool = False) -> None:
        self.run = run
        self._package = package
        self.required = required
        self._whole = bool(required) or may_refuse
        self._stream = self._recorded()
        self._ahead = Spool()
        self.file_name = f"{run.campaign.code}-{run.format}.zip"

    def prepare(self) -> None:
        """Make the first four megabytes before anything is sent, so that most faults become an answer instead of a torn file.

        Where something is required of the export, or a label map might say nothing of a label, all of it is made first: nothing
        is sent then that would be refused.

        Raises:
            ApiError: ``export_would_lose``, ``label_not_mapped``, or as :func:`document_refused`.
        """
        try:
            while (chunk := self._next_ahead()) is not None:
                self._ahead.write(chunk)
        except DocumentError as error:
            self.close()
            raise document_refused(error) from error
        except ExportWouldLoseError as error:
            self.close()
            raise would_lose(error, self.required) from error
        except LabelNotMappedError as error:
            self.close()
            raise not_mapped(error) from error

    def chunks(self) -> Iterator[bytes]:
        """Yield the ZIP.

        Raises:
            DocumentError: in the middle, when a case cannot be written truly; what was sent is then no complete ZIP.
            ExportWouldLoseError: the same, when what is required would be lost and :meth:`prepare` was not called.
            LabelNotMappedError: the same, when a label map says nothing of a label.
        """
        try:
            yield from self._ahead.chunks()
            yield from self._stream
        finally:
            self.close()

    def close(self) -> None:
        """Give up what is not read yet; a run that had not ended is recorded as interrupted."""
        self._stream.close()
        self._ahead.close()
        if self.run.state == ExportRun.State.STARTED:
            _finish(self.run, error_code=INTERRUPTED)

    def _next_ahead(self) -> bytes | None:
        full = not self._whole and self._ahead.size >= AHEAD_BYTES
        return None if full else next(self._stream, None)

    def _recorded(self) -> Generator[bytes, None, None]:
        error_code = INTERRUPTED
        try:
            yield from self._package.stream()
            error_code = ""
        except (DocumentError, ExportWouldLoseError, LabelNotMappedError) as error:
            error_code = error.code
            raise
        finally:
            _finish(self.run, error_code=error_code, digest=self._package.digest, count=self._package.case_count)


class CaseExport:
    """The document of one case, made and checked before the first byte is sent."""

    def __init__(self, run: ExportRun, written: DocumentFile, case_name: str) -> None:
        self.run = run
        self._written = written
        self.size = written.size
        self.file_name = f"{run.campaign.code}-{case_name}.json"

    def chunks(self) -> Iterator[bytes]:
        """Yield the document as canonical JSON."""
        try:
            yield from self._written.chunks()
        finally:
            self.close()

    def close(self) -> None:
        """Free what the document holds."""
        self._written.close()


def export_campaign(
    *,
    campaign: Campaign,
    user: User | None,
    format_name: str,
    include_drafts: bool,
    required: frozenset[Field] = frozenset(),
    relabelling: Relabelling | None = None,
) -> Export:
    """Start an export; the caller has checked that the user may export, None stands for the command line.

    Args:
        campaign: what is exported.
        user: who takes it.
        format_name: of EXPORTERS.
        include_drafts: also reads that are not submitted.
        required: what must not be lost.
        relabelling: the label maps that it is made under, see :func:`annotation.services.label_maps.relabelling_of`.

    Raises:
        ApiError: ``unknown_format``; ``export_would_lose`` where the format never holds something that is required.
    """
    exporter = find_exporter(format_name)
    if exporter is None:
        raise unknown_format()
    refuse_impossible(exporter, required)
    facts = campaign_facts(campaign)
    cases = cases_of(campaign, include_drafts=include_drafts, with_planes=takes_planes(format_name))
    maps = [] if relabelling is None else relabelling.named
    run = _start(campaign, user, format_name, include_drafts=include_drafts, label_maps=maps)
    package = Package(exporter, facts, cases, include_drafts=include_drafts, required=required, relabelling=relabelling)
    return Export(run, package, required=required, may_refuse=relabelling is not None and relabelling.may_refuse(facts))


def export_case(*, campaign: Campaign, image: Image, user: User | None, include_drafts: bool) -> CaseExport:
    """Write the document of the case that an image belongs to; the caller has checked that the user may export.

    Raises:
        ApiError: ``not_found`` for an image that the campaign does not hold, or as :func:`document_refused`.
    """
    case = get_case(campaign, image_id=image.pk, include_drafts=include_drafts)
    run = _start(campaign, user, "document", include_drafts=include_drafts)
    try:
        written = write_document(case, campaign_facts(campaign))
    except DocumentError as error:
        _finish(run, error_code=error.code)
        raise document_refused(error) from error
    digest = hashlib.sha256()
    for chunk in written.chunks():
        digest.update(chunk)
    _finish(run, digest=digest.hexdigest(), count=1)
    return CaseExport(run, written, case.name)


def unknown_format() -> ApiError:
    """Return the refusal of a format that there is not."""
    return ApiError(
        "unknown_format",
        _("There is no such export format."),
        _("Choose one of: %(formats)s.") % {"formats": ", ".join(EXPORTERS)},
        status_code=status.HTTP_400_BAD_REQUEST,
        pointer="/format",
    )


def document_refused(error: DocumentError) -> ApiError:
    """Return a document's fault as an answer that names the case and the place in it."""
    extra: dict[str, Any] = {"case": error.case, "detail": error.problems[0].detail}
    # The message ids are marked for translation where they stand.
    return ApiError(error.code, _(error.text), _(error.hint), pointer=error.pointer, extra=extra)


def _start(campaign: Campaign, user: User | None, format_name: str, **values: Any) -> ExportRun:
    return ExportRun.objects.create(campaign=campaign, requested_by=user, format=format_name, **values)


def _finish(run: ExportRun, *, error_code: str = "", digest: str = "", count: int = 0) -> None:
    run.state = ExportRun.State.FAILED if error_code else ExportRun.State.DONE
    run.error_code = error_code
    run.digest = "" if error_code else digest
    run.document_count = count
    run.finished_at = timezone.now()
    run.save(update_fields=["state", "error_code", "digest", "document_count", "finished_at"])
