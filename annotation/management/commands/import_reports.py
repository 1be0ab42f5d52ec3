"""``manage.py import_reports``: attach the texts of reports to the studies of a campaign's images."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from annotation.models import Campaign
from annotation.services.report_files import read_reports
from annotation.services.reports import attach_reports
from viewer.api.errors import ApiError


class Command(BaseCommand):
    """Each file is taken whole or not at all; the same file twice changes nothing."""

    help = "Attach reports (JSON, CSV with image, kind, issued_on and text, or a TXT named after its image) to a campaign's images."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the campaign, who answers for the reports, and the files."""
        parser.add_argument("campaign", help="code of the campaign")
        parser.add_argument("files", nargs="+", type=Path)
        parser.add_argument("--user", required=True, help="login of who answers for the reports")

    def handle(self, *args: Any, **options: Any) -> None:
        """Attach file by file and say of each what became of it."""
        campaign = Campaign.objects.filter(code=options["campaign"]).first()
        user = User.objects.filter(username=options["user"]).first()
        if campaign is None or user is None or not user.has_perm("annotation.manage_campaign", campaign):
            raise CommandError("There is no such campaign, or this person does not manage it.")
        for path in options["files"]:
            try:
                told = attach_reports(campaign=campaign, user=user, rows=read_reports(path.read_bytes(), path.name))
            except (ApiError, OSError) as error:
                raise CommandError(f"{path}: {error} {getattr(error, 'pointer', '')}".rstrip()) from error
            self.stdout.write(f"{path}: " + ", ".join(f"{count} {word}" for word, count in told.items()))
