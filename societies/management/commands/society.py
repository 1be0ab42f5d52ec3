"""``manage.py society``: a new tenant and its first admin; everything after that is done on the pages."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from societies.models import Membership
from societies.services.memberships import add_person
from societies.services.societies import create_collection_for, create_society
from viewer.api.errors import ApiError


class Command(BaseCommand):
    help = "Create a society with its first admin and its first collection, and print the admin's first password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the names of the society, its admin and its collection."""
        parser.add_argument("slug", help="short name, such as jsp")
        parser.add_argument("--ja", required=True, help="name in Japanese")
        parser.add_argument("--en", required=True, help="name in English")
        parser.add_argument("--admin", required=True, help="user name of the first admin")
        parser.add_argument("--admin-name", default="", help="the admin's own name")
        parser.add_argument("--collection", default="", help="name of the first collection; default: the Japanese name")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Create all of it, or nothing."""
        slug = options["slug"]
        try:
            society = create_society(slug=slug, name_ja=options["ja"], name_en=options["en"])
            create_collection_for(society=society, slug=f"{slug}-images", name=options["collection"] or options["ja"])
            _person, password = add_person(
                society=society, username=options["admin"], name=options["admin_name"], role=Membership.Role.ADMIN
            )
        except ApiError as error:
            raise CommandError(f"{error.text} {error.hint}") from error
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        self.stdout.write(f"Created {slug} with the collection {slug}-images. {options['admin']} signs in with the password: {password}")
