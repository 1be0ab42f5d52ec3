"""Lists and home pages: what happens in one society changes nothing that anybody else is shown, not even a count."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotation.services.endpoints import register_endpoint
from annotation.services.suggestions import request_runs
from societies.services.campaigns import add_reader, create_campaign
from societies.services.memberships import add_role
from societies.services.societies import create_collection_for
from societies.services.worklist import claim_next
from tests.authorization.everybody import FIRST, SECOND, Everybody, asked_of, body_of, leaks, secrets_of
from tests.authorization.table import NOBODY, OTHERS
from tests.authorization.tenants import MODEL_HOST, PHOTOGRAPHS, SAMPLES, Tenant, exported, ingested
from tests.factories import make_person

LISTS = ("home", "collections", "api-collections", "campaign-new", "api-campaigns", "endpoints", "endpoint-list")
OWN = ("collection", "api-collection-images", "campaign", "api-campaign-progress", "suggestion-runs", "members", "api-members")
"""Pages and answers about one thing, which a person of the second society asks about their own."""
KEYS = {"members": "slug", "api-members": "slug", "collection": "collection_id", "api-collection-images": "collection_id"}


def shown(world: Everybody, role: str) -> dict[str, tuple[int, str]]:
    """Return everything that a role is shown in lists, and of the second society's own things."""
    client, own = world.client(role), asked_of(world.second)
    addresses = {name: reverse(name) for name in LISTS}
    addresses |= {name: reverse(name, args=[getattr(own, KEYS.get(name, "campaign_id"))]) for name in OWN}
    answers = {name: client.get(address) for name, address in addresses.items()}
    return {name: (answer.status_code, body_of(answer, own)) for name, answer in answers.items()}


def status_of(client: Client, address: str) -> int:
    """Return the status of an answer whose body nobody takes."""
    answer = client.get(address)
    answer.close()
    return int(answer.status_code)


def let_much_happen_in(tenant: Tenant) -> None:
    """Add one of everything to a society."""
    admin, society = tenant.people["admin"], tenant.society
    reader = make_person(society, "newcomer", "reader")
    add_role(society=society, user=tenant.people["outsider"], role="exporter")
    collection = create_collection_for(society=society, slug=f"{society.slug}-more", name=f"{society.slug} more")
    ingested(collection, SAMPLES / PHOTOGRAPHS[0], f"{society.slug}-more.jpg")
    ingested(tenant.collection, SAMPLES / "dermatology" / "ISIC_0000002.jpg", f"{society.slug}-2.jpg")
    endpoint = register_endpoint(
        user=admin, owner=society.slug, name=f"{society.slug} second", url=f"http://{MODEL_HOST}", model_name="second", task="classify"
    )
    campaign = create_campaign(
        user=admin,
        society=society,
        collection=collection,
        pack_slug="jda",
        name={"en": f"{society.slug} again"},
        endpoint=endpoint,
    )
    add_reader(campaign=campaign, user=reader)
    assert claim_next(user=User.objects.get(pk=reader.pk), campaign=campaign) is not None
    request_runs(campaign=campaign, user=admin)
    exported(campaign, tenant.people["exporter"])


@pytest.mark.parametrize("role", [NOBODY, *OTHERS])
def test_nothing_of_another_society_is_listed_or_counted(world: Everybody, role: str) -> None:
    before = shown(world, role)
    let_much_happen_in(world.first)
    assert shown(world, role) == before
    for _status, text in before.values():
        assert leaks(text, secrets_of(world.first, FIRST)) == []


def test_the_same_lists_do_change_for_the_society_itself(world: Everybody) -> None:
    before = shown(world, "other_admin")
    let_much_happen_in(world.second)
    after = shown(world, "other_admin")
    # In the old campaign nothing was read and nothing asked of the model.
    assert {name for name in before if before[name] == after[name]} <= {"suggestion-runs", "api-campaign-progress"}


@pytest.mark.parametrize("role", ["admin", "exporter", "reader", "colleague", "outsider", "leaver"])
def test_nobody_of_the_first_society_is_shown_the_second(world: Everybody, role: str) -> None:
    for _status, text in shown(world, role).values():
        assert leaks(text, secrets_of(world.second, SECOND)) == []


@pytest.mark.parametrize(("role", "named"), [("outsider", False), ("leaver", False), ("reader", True), ("exporter", True), ("admin", True)])
def test_readers_are_listed_only_what_they_were_added_to(world: Everybody, role: str, named: bool) -> None:
    client = world.client(role)
    for name, thing in (("api-campaigns", world.first.campaign), ("api-collections", world.first.collection)):
        assert (str(thing.pk) in body_of(client.get(reverse(name)))) is named


def test_one_person_in_two_societies_sees_both_and_no_more(world: Everybody) -> None:
    reader = world.first.people["outsider"]
    add_role(society=world.second.society, user=reader, role="exporter")
    own, foreign = asked_of(world.second), asked_of(world.first)
    client = world.client("outsider")
    for route in ("api-campaign-progress", "campaign", "campaign-export"):
        assert status_of(client, reverse(route, args=[own.campaign_id])) == 200
        assert status_of(client, reverse(route, args=[foreign.campaign_id])) == 404


def test_a_role_ends_with_the_next_request(world: Everybody) -> None:
    exporter, client = world.first.people["exporter"], world.client("exporter")
    address = reverse("campaign-export", args=[world.first.campaign.pk])
    assert status_of(client, address) == 200
    world.client("admin").delete(reverse("api-member-role", args=[FIRST, exporter.pk, "exporter"]))
    assert status_of(client, address) == 404
