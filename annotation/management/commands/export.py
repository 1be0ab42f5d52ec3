"""Writes the documents of a campaign to a ZIP from the command line."""

import os
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from annotation.exporters.fields import ExportWouldLoseError, Field
from annotation.exporters.registry import EXPORTERS
from annotation.exporters.relabelling import LabelNotMappedError, Unmapped
from annotation.models import Campaign
from annotation.schema.problems import DocumentError
from annotation.services.export import export_campaign
from annotation.services.export_requirements import would_lose
from annotation.services.label_maps import not_mapped, relabelling_of
from viewer.api.errors import ApiError


class Command(BaseCommand):
    """`manage.py export CAMPAIGN --format document --output FILE`."""

    help = "Write the documents of a campaign to a ZIP; the same data gives the same bytes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what the command takes."""
        parser.add_argument("campaign", help="code or id of the campaign")
        parser.add_argument("--format", choices=list(EXPORTERS), default="document", help="default: document")
        parser.add_argument("--output", type=Path, required=True, help="the ZIP to write; an older one is replaced only by a complete one")
        parser.add_argument(
            "--require", action="append", default=[], choices=list(Field), help="must not be lost, or nothing is written; may be repeated"
        )
        parser.add_argument(
            "--label-map", action="append", default=[], metavar="ID@VERSION", help="a published label map to apply; may be repeated"
        )
        parser.add_argument(
            "--unmapped", choices=list(Unmapped), default=Unmapped.REFUSE, help="a label that the map says nothing of; default: refuse"
        )
        parser.add_argument("--drafts", action="store_true", help="include reads that are not submitted yet")

    def handle(self, *args: Any, **options: Any) -> None:
        """Export, then put the file in place; a failed export leaves nothing behind."""
        output: Path = options["output"]
        if not output.parent.is_dir():
            raise CommandError(f"There is no folder {output.parent}.")
        campaign = _find_campaign(options["campaign"])
        try:
            export = export_campaign(
                campaign=campaign,
                user=None,
                format_name=options["format"],
                include_drafts=options["drafts"],
                required=frozenset(map(Field, options["require"])),
                relabelling=relabelling_of(user=None, campaign=campaign, names=options["label_map"], unmapped=options["unmapped"]),
            )
        except ApiError as error:
            raise CommandError(f"{error.code}: {error.text} {error.hint}") from error
        handle, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
        try:
            with os.fdopen(handle, "wb") as target:
                for chunk in export.chunks():
                    target.write(chunk)
            Path(name).chmod(0o644)
            Path(name).replace(output)
        except DocumentError as error:
            problem = error.problems[0]
            raise CommandError(
                f"{error.case}: {error.code} at {error.pointer or '/'}. {_(error.text)} {_(error.hint)} {problem.detail}"
            ) from error
        except ExportWouldLoseError as error:
            refused = would_lose(error, export.required)
            raise CommandError(f"{error.code} at annotation {error.identity}: {refused.text} {refused.hint}") from error
        except LabelNotMappedError as error:
            refused = not_mapped(error)
            raise CommandError(f"{error.code} at annotation {error.identity}: {refused.text} {refused.hint}") from error
        finally:
            Path(name).unlink(missing_ok=True)
        self.stdout.write(f"{output}: {export.run.document_count} cases, SHA-256 {export.run.digest}")


def _find_campaign(text: str) -> Campaign:
    campaigns = Campaign.objects.select_related("label_set", "form")
    campaign = campaigns.filter(code=text).first()
    if campaign is None:
        try:
            campaign = campaigns.filter(pk=UUID(text)).first()
        except ValueError:
            campaign = None
    if campaign is None:
        known = ", ".join(Campaign.objects.order_by("code").values_list("code", flat=True)[:20])
        raise CommandError(f"There is no campaign {text}. Campaigns here: {known or 'none'}.")
    return campaign
