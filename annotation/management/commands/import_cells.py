"""``manage.py import_cells``: brings outlines of cells to an image of a campaign from the command line."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from annotation.models import Campaign, CellLayer
from annotation.services.cell_errors import say_import
from annotation.services.cell_layers import claim_layer, import_layer, receive_layer
from annotation.services.operation_input import parse_uuid
from viewer.api.errors import ApiError

_WAIT_S = 0.5


class Command(BaseCommand):
    help = "Import cells (GeoJSON as QuPath writes it, plain or gzip) for an image of a campaign, and wait until they are there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what is imported where."""
        parser.add_argument("campaign", help="short name of the campaign, or its id")
        parser.add_argument("image", type=UUID, help="id of the image")
        parser.add_argument("file", type=Path)
        parser.add_argument("--user", required=True, help="who brings the cells")
        parser.add_argument("--name", default="", help="what readers shall call the layer; default: the file's name")
        parser.add_argument("--label", action="append", default=[], metavar="CLASS=CODE", help="label for a class of the file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, and say what came of it."""
        path: Path = options["file"]
        labels = dict(pair.partition("=")[::2] for pair in options["label"])
        try:
            named = parse_uuid(options["campaign"])
            campaign = Campaign.objects.get(pk=named) if named else Campaign.objects.get(code=options["campaign"])
            user = User.objects.get(username=options["user"])
            with path.open("rb") as stream:
                layer = receive_layer(
                    user=user,
                    campaign=campaign,
                    image_id=options["image"],
                    stream=stream,
                    name=options["name"] or path.name,
                    label_map=labels,
                )
        except (Campaign.DoesNotExist, User.DoesNotExist, OSError, ApiError) as error:
            raise CommandError(str(error)) from error
        while layer.state in (CellLayer.State.WAITING, CellLayer.State.IMPORTING):
            claimed = claim_layer()
            if claimed is None:
                time.sleep(_WAIT_S)
            else:
                import_layer(layer=claimed)
            layer.refresh_from_db()
        if layer.state == CellLayer.State.FAILED:
            raise CommandError(f"{layer.error_code}: {' '.join(say_import(layer.error_code))} {layer.error_detail}")
        refused = ", ".join(f"{count} {code}" for code, count in sorted(layer.refused.items()))
        self.stdout.write(f"{layer.pk}: {layer.cell_count} cells" + (f"; no cells: {refused}" if refused else ""))
