"""``manage.py verify_ledger``: read the whole ledger of releases and say whether its chain is unbroken."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.models import LedgerEntry
from annotation.services.ledger_checks import first_broken_entry


class Command(BaseCommand):
    """Ends with an error where an entry was changed or taken out, so that a timer can raise the alarm."""

    help = "Read the whole ledger of releases and say whether its chain is unbroken."

    def handle(self, *args: Any, **options: Any) -> None:
        """Read all entries, in bounded pieces."""
        broken = first_broken_entry()
        if broken is not None:
            raise CommandError(f"The ledger was tampered with: entry {broken} does not fit the entries before it, or is gone.")
        self.stdout.write(f"The ledger is whole: {LedgerEntry.objects.count()} entries.")
