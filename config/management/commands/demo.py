"""``manage.py demo``: six societies with people, images and a campaign each, for trying Mitate out."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from annotation.models import ModelEndpoint
from annotation.services.endpoints import register_endpoint
from annotation.services.suggestions import request_runs
from config.env import ROOT
from societies.models import Membership, Society, SocietyCampaign
from societies.packs import Pack, load_pack
from societies.services.campaigns import add_reader, create_campaign
from societies.services.memberships import add_role
from societies.services.societies import create_collection_for, create_society
from viewer.models import Collection
from viewer.services.ingest import ingest_file

PASSWORD = "mitate-demo"  # noqa: S105  # printed on purpose: these people exist only to be tried
SOCIETIES = {
    "jsp": ("病理学会（デモ）", "Pathology society (demo)", "pathology"),
    "jges": ("内視鏡学会（デモ）", "Endoscopy society (demo)", "endoscopy"),
    "jrs": ("放射線学会（デモ）", "Radiology society (demo)", "radiology"),
    "jos": ("眼科学会（デモ）", "Ophthalmology society (demo)", "ophthalmology"),
    "jsum": ("超音波学会（デモ）", "Ultrasound society (demo)", "ultrasound"),
    "jda": ("皮膚科学会（デモ）", "Dermatology society (demo)", "dermatology"),
}
PEOPLE = {
    "admin": (Membership.Role.ADMIN, "管理者"),
    "reader1": (Membership.Role.READER, "読影者1"),
    "reader2": (Membership.Role.READER, "読影者2"),
    "exporter": (Membership.Role.EXPORTER, "書き出し担当"),
}
# The samples are public: no patient was asked for them, and their licences stand in samples/README.md.
GOVERNANCE = {
    "consent": {"mode": "waived", "withdrawn": False},
    "purposes": ["education"],
    "thirdPartyProvision": {"allowed": False},
    "deidentification": {"methodCodes": [], "linkageTable": "none"},
    "ownership": {"images": "see attribution", "annotations": "demo", "dataset": "demo"},
    "licence": "LicenseRef-samples",
    "attribution": "samples/README.md",
}


class Command(BaseCommand):
    help = "Create the demo societies, people, images and campaigns that are missing, and print the logins."

    def handle(self, *args: Any, **options: Any) -> None:
        """Create what is missing; what is there stays as it is."""
        for slug in SOCIETIES:
            if not SocietyCampaign.objects.filter(society__slug=slug).exists():
                self.stdout.write(f"Loading the demo of {slug} ...")
                self._create(slug)
        self._print_logins()

    def _create(self, slug: str) -> None:
        name_ja, name_en, folder = SOCIETIES[slug]
        society = Society.objects.filter(slug=slug).first() or create_society(slug=slug, name_ja=name_ja, name_en=name_en)
        people = {person: self._person(society, person) for person in PEOPLE}
        collection = Collection.objects.filter(slug=f"{slug}-demo").first() or create_collection_for(
            society=society, slug=f"{slug}-demo", name=f"{name_ja.removesuffix('（デモ）')} 見本 / samples"
        )
        self._load_images(collection, folder)
        pack = load_pack(slug)
        endpoint = self._endpoint(society, people["admin"], pack)
        campaign = create_campaign(
            user=people["admin"],
            society=society,
            collection=collection,
            pack_slug=slug,
            name=pack.name,
            reads_per_image=2,
            endpoint=endpoint,
            governance=GOVERNANCE,
        )
        for person in ("reader1", "reader2"):
            add_reader(campaign=campaign, user=people[person])
        if endpoint is not None:
            request_runs(campaign=campaign, user=people["admin"])

    def _person(self, society: Society, person: str) -> User:
        role, name = PEOPLE[person]
        username = f"{society.slug}-{person}"
        user = User.objects.filter(username=username).first() or User.objects.create_user(
            username=username, password=PASSWORD, first_name=f"{society.slug.upper()} {name}"
        )
        add_role(society=society, user=user, role=role)
        return user

    def _load_images(self, collection: Collection, folder: str) -> None:
        paths: Sequence[Any] = sorted(path for path in (ROOT / "samples" / folder).iterdir() if path.is_file())
        for path in paths:
            result = ingest_file(collection=collection, path_or_stream=path, name=path.name)
            if result.status == "refused":
                raise CommandError(f"The sample {path.name} was refused ({result.code}): {result.text}")

    def _endpoint(self, society: Society, admin: User, pack: Pack) -> ModelEndpoint | None:
        """Register the reference endpoint for packs that name a model of it."""
        if not pack.suggestions or not settings.MODEL_HOSTS:
            return None
        model = str(pack.suggestions["model"])
        known = ModelEndpoint.objects.filter(owner__society=society, model_name=model).first()
        return known or register_endpoint(
            user=admin,
            owner=society.slug,
            name=f"{model} (reference)",
            url=f"http://{settings.MODEL_HOSTS[0]}",
            model_name=model,
            task=str(pack.suggestions["task"]),
            label_map=pack.suggestions.get("label_map", {}),
            parameters=pack.suggestions.get("parameters", {}),
        )

    def _print_logins(self) -> None:
        self.stdout.write("\nDemo logins (for trying only; never use these on a site with real images)")
        self.stdout.write(f"  {'society':22}" + "".join(f"{person:15}" for person in PEOPLE))
        for slug, (_ja, name_en, _folder) in SOCIETIES.items():
            self.stdout.write(f"  {name_en.removesuffix(' (demo)'):22}" + "".join(f"{slug}-{person}".ljust(15) for person in PEOPLE))
        self.stdout.write(f"  password of all: {PASSWORD}\n")
