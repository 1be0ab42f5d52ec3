"""``manage.py load_codes``: brings a table of codes that the site has obtained itself into the search."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from annotation.codes.reading import ENCODINGS
from annotation.codes.systems import BY_SLUG, Columns
from annotation.models import CodeTable
from annotation.services.code_tables import Loaded, TableFacts, load_csv, remove_table
from societies.services.shipped_codes import load_shipped_codes
from viewer.api.errors import ApiError

_PAUSE_S = 5.0


class Command(BaseCommand):
    help = "Load a version of a code table from the site's own CSV, all of it or nothing; --list shows what is there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file, what it is, and where its columns are."""
        parser.add_argument("file", type=Path, nargs="?", help="CSV or tab-separated text, UTF-8 or Shift_JIS")
        parser.add_argument("--table", choices=sorted(BY_SLUG), default="", help="a system that is known here")
        parser.add_argument("--system", default="", help="URI of another system")
        parser.add_argument("--table-version", default="", metavar="VERSION", help="as the publisher calls it")
        parser.add_argument("--name-ja", default="", help="name of the table in Japanese")
        parser.add_argument("--name-en", default="", help="name of the table in English")
        parser.add_argument("--licence", default="", help="on which terms the site holds the table")
        for column, what in (("code", "code"), ("ja", "Japanese name"), ("reading", "its kana"), ("en", "English name")):
            parser.add_argument(f"--{column}-column", default="", help=f"column of the {what}: its name in the first line, or its number")
        parser.add_argument("--first-line", choices=["names", "entry"], help="what the first line is; default: found")
        parser.add_argument("--encoding", choices=ENCODINGS, default="", help="default: found")
        parser.add_argument("--user", default="", help="who loads it")
        parser.add_argument("--shipped", action="store_true", help="load the concepts that come with the program")
        parser.add_argument("--list", action="store_true", help="show the tables that are there")
        parser.add_argument("--remove", action="store_true", help="take the named version away")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do one of these things."""
        if options["list"]:
            self._list()
        elif options["shipped"]:
            for loaded in self._shipped():
                if options["verbosity"]:
                    self._say(loaded)
        elif options["remove"]:
            self._remove(options)
        elif options["file"]:
            self._load(options)
        else:
            raise CommandError("Name a file, or use --list, --shipped or --remove.")

    def _load(self, options: dict[str, Any]) -> None:
        system = BY_SLUG.get(options["table"])
        columns = Columns(*(options[f"{column}_column"] for column in Columns._fields))
        if not any(columns) and (system is None or not system.named.code):
            raise CommandError("The layout of this table is not known here: name its columns, such as --code-column 1 --ja-column 2.")
        known = system if system is not None and not any(columns) else None
        began = time.monotonic()
        try:
            user = User.objects.get(username=options["user"]) if options["user"] else None
            with options["file"].open("rb") as file:
                loaded = load_csv(
                    facts=TableFacts(
                        system.uri if system else options["system"],
                        options["table_version"],
                        options["name_ja"],
                        options["name_en"],
                        options["licence"],
                    ),
                    file=file,
                    file_name=options["file"].name,
                    named=known.named if known else columns,
                    numbered=known.numbered if known else None,
                    encoding=options["encoding"],
                    has_names=None if options["first_line"] is None else options["first_line"] == "names",
                    user=user,
                )
        except (User.DoesNotExist, OSError) as error:
            raise CommandError(str(error)) from error
        except ApiError as error:
            raise CommandError(_told(error)) from error
        self._say(loaded)
        self.stdout.write(f"{time.monotonic() - began:.1f} s")

    def _shipped(self) -> list[Loaded]:
        """Load what comes with the program; wait for whoever is at it, or was broken off at it."""
        while True:
            try:
                return load_shipped_codes()
            except ApiError as error:
                if error.code != "codes_loading":
                    raise CommandError(_told(error)) from error
            time.sleep(_PAUSE_S)

    def _remove(self, options: dict[str, Any]) -> None:
        system = BY_SLUG[options["table"]].uri if options["table"] else options["system"]
        table = CodeTable.objects.filter(system=system, version=options["table_version"]).first()
        if table is None:
            raise CommandError("There is no such table; --list shows those that are there.")
        remove_table(table)
        self.stdout.write(f"Took away {table}.")

    def _list(self) -> None:
        for table in CodeTable.objects.select_related("loaded_by"):
            by = table.loaded_by.get_username() if table.loaded_by else "-"
            when = f"{table.loaded_at:%Y-%m-%d %H:%M}" if table.loaded_at else table.state
            line = f"{table.system}  {table.version}  {table.entry_count:,} entries  {when}  {by}  {table.licence}"
            self.stdout.write(line.rstrip())

    def _say(self, loaded: Loaded) -> None:
        table = loaded.table
        done = "was there already" if loaded.was_there else f"loaded{f' ({table.encoding})' if table.encoding else ''}"
        self.stdout.write(f"{table.name_en} {table.version}: {table.entry_count:,} entries, {done}.")


def _told(error: ApiError) -> str:
    """Return a refusal with the lines it names."""
    said = [f"{error.code}: {error.text} {error.hint}"]
    if error.extra.get("detail"):
        said.append(f"({error.extra['detail']})")
    rows = error.extra.get("rows", [])
    said += [f"  line {row['line']}: {row['text']}" for row in rows]
    if error.extra.get("bad_count", 0) > len(rows):
        said.append(f"  and {error.extra['bad_count'] - len(rows)} more")
    if error.extra.get("line") and not rows:
        said.append(f"  line {error.extra['line']}")
    return "\n".join(said)
