"""Roles become grants, and are taken back whole."""

import pytest
from django.contrib.auth.models import User

from societies.models import Assignment, Membership
from societies.services.campaigns import add_reader, create_campaign, remove_reader
from societies.services.endpoints import SocietyOwners
from societies.services.memberships import add_person, add_role, remove_role
from societies.services.societies import create_collection_for, create_society
from societies.services.worklist import claim_next
from tests.factories import ADMIN, EXPORTER, READER, make_campaign, make_image_row, make_person, make_society
from viewer.api.errors import ApiError

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def again(user: User) -> User:
    """The same person without cached permissions, as a new request sees them."""
    return User.objects.get(pk=user.pk)


def holds(user: User, permission: str, thing: object) -> bool:
    return again(user).has_perm(permission, thing)


def test_each_role_is_granted_what_it_needs_and_nothing_else() -> None:
    society = make_society()
    admin, reader, exporter = make_person(society, "a", ADMIN), make_person(society, "r", READER), make_person(society, "e", EXPORTER)
    campaign = make_campaign(society, admin)
    table = {
        "viewer.view_collection": (campaign.collection, {admin, exporter}),
        "viewer.upload_collection": (campaign.collection, {admin}),
        "annotation.view_campaign": (campaign, {admin, exporter}),
        "annotation.manage_campaign": (campaign, {admin}),
        "annotation.export_campaign": (campaign, {exporter}),
        "annotation.read_campaign": (campaign, set()),
    }
    for permission, (thing, allowed) in table.items():
        assert {user for user in (admin, reader, exporter) if holds(user, permission, thing)} == allowed, permission
    add_reader(campaign=campaign, user=reader)
    assert holds(reader, "annotation.read_campaign", campaign)
    assert holds(reader, "viewer.view_collection", campaign.collection)
    assert not holds(reader, "annotation.view_campaign", campaign)


def test_a_role_in_one_society_is_none_in_another() -> None:
    ours, theirs = make_society(), make_society()
    admin, stranger = make_person(ours, "a", ADMIN), make_person(theirs, "a", ADMIN, READER, EXPORTER)
    campaign = make_campaign(ours, admin)
    for permission in ("view", "manage", "export", "read"):
        assert not holds(stranger, f"annotation.{permission}_campaign", campaign)
    with pytest.raises(ApiError, match="not_a_reader"):
        add_reader(campaign=campaign, user=stranger)
    assert not SocietyOwners().may_register(user=stranger, owner=ours.slug)


def test_the_last_admin_stays() -> None:
    society = make_society()
    first = make_person(society, "first", ADMIN)
    with pytest.raises(ApiError, match="last_admin"):
        remove_role(society=society, user=first, role=ADMIN)
    second = make_person(society, "second", READER)
    add_role(society=society, user=second, role=ADMIN)
    remove_role(society=society, user=first, role=ADMIN)
    assert list(Membership.objects.filter(society=society, role=ADMIN).values_list("user", flat=True)) == [second.pk]
    assert not again(first).groups.exists()


def test_a_removed_reader_leaves_every_campaign_and_what_they_held_goes_back() -> None:
    society = make_society()
    admin, reader = make_person(society, "a", ADMIN), make_person(society, "r", READER, EXPORTER)
    campaigns = [make_campaign(society, admin, readers=(reader,)) for _each in range(2)]
    assignment = claim_next(user=again(reader), campaign=campaigns[0])
    assert assignment is not None
    remove_role(society=society, user=reader, role=READER)
    for campaign in campaigns:
        assert not holds(reader, "annotation.read_campaign", campaign)
        assert holds(reader, "annotation.export_campaign", campaign), "the other role stays"
    assignment.refresh_from_db()
    assert assignment.state == Assignment.State.EXPIRED


def test_a_reader_keeps_the_images_that_another_campaign_needs() -> None:
    society = make_society()
    admin, reader = make_person(society, "a", ADMIN), make_person(society, "r", READER)
    first = make_campaign(society, admin, readers=(reader,))
    second = create_campaign(user=admin, society=society, collection=first.collection, pack_slug="jges", name={"ja": "二"})
    add_reader(campaign=second, user=reader)
    remove_reader(campaign=first, user=reader)
    assert holds(reader, "viewer.view_collection", first.collection)
    remove_reader(campaign=second, user=reader)
    assert not holds(reader, "viewer.view_collection", first.collection)


def test_a_new_person_gets_an_account_and_a_first_password_once() -> None:
    society = make_society()
    person, password = add_person(society=society, username="tanaka", name="田中", role=READER)
    assert len(password) == 19
    assert person.check_password(password)
    again_person, nothing = add_person(society=society, username="tanaka", name="", role=EXPORTER)
    assert (again_person.pk, nothing) == (person.pk, "")
    assert set(Membership.objects.filter(user=person).values_list("role", flat=True)) == {READER, EXPORTER}


def test_an_account_of_another_society_is_not_taken_over() -> None:
    stranger = make_person(make_society(), "someone", READER)
    society = make_society()
    with pytest.raises(ApiError, match="username_taken"):
        add_person(society=society, username=stranger.username, name="", role=ADMIN)
    assert not Membership.objects.filter(society=society).exists()


@pytest.mark.parametrize("username", ["", "two words", "a" * 151, "semi;colon"])
def test_a_user_name_that_cannot_be_used_is_refused(username: str) -> None:
    with pytest.raises(ApiError, match="username_invalid"):
        add_person(society=make_society(), username=username, name="", role=READER)


def test_unknown_roles_and_names_that_are_taken_are_refused() -> None:
    society = make_society()
    with pytest.raises(ApiError, match="role_unknown"):
        add_role(society=society, user=make_person(society, "x"), role="owner")
    for slug in (society.slug, "Upper", "a b", ""):
        with pytest.raises(ApiError, match="slug_taken"):
            create_society(slug=slug, name_ja="あ", name_en="a")
    create_collection_for(society=society, slug="taken", name="Taken")
    with pytest.raises(ApiError, match="slug_taken"):
        create_collection_for(society=society, slug="taken", name="Taken")


def test_a_campaign_takes_over_its_pack_and_freezes_its_images() -> None:
    society = make_society()
    admin = make_person(society, "a", ADMIN)
    campaign = make_campaign(society, admin, images=2, pack_slug="jos", name={"en": "Fundus"}, reads_per_image=3)
    assert (campaign.name_ja, campaign.name_en) == ("Fundus", "Fundus")
    assert campaign.tools == []
    assert campaign.label_set.labels.count() == 10
    assert campaign.form is not None
    assert campaign.form.slug == "jos-fundus"
    assert campaign.document_project == {"society": "JOS"}
    assert "眼底写真" in campaign.protocol_ja
    assert campaign.code == f"{society.slug}-1"
    assert all(row.image.frozen_at for row in campaign.campaign_images.select_related("image"))
    second = make_campaign(society, admin, pack_slug="jos")
    assert second.label_set == campaign.label_set, "a published version is used again"
    assert second.code == f"{society.slug}-2"


@pytest.mark.parametrize(
    ("values", "code"),
    [({"pack_slug": "nobody"}, "pack_unknown"), ({"name": {"ja": " "}}, "name_missing"), ({"reads_per_image": 0}, "campaign_invalid")],
)
def test_a_campaign_that_cannot_be_is_refused_whole(values: dict, code: str) -> None:
    society = make_society()
    with pytest.raises(ApiError, match=code):
        make_campaign(society, make_person(society, "a", ADMIN), **values)
    assert not society.campaigns.exists()


def test_an_empty_collection_and_a_foreign_endpoint_make_no_campaign() -> None:
    society = make_society()
    admin = make_person(society, "a", ADMIN)
    with pytest.raises(ApiError, match="collection_empty"):
        make_campaign(society, admin, images=0)
    theirs = make_society()
    from annotation.services.endpoints import register_endpoint

    endpoint = register_endpoint(
        user=make_person(theirs, "a", ADMIN), owner=theirs.slug, name="m", url="http://127.0.0.1:8500", model_name="m", task="detect"
    )
    with pytest.raises(ApiError, match="endpoint_not_owned"):
        make_campaign(society, admin, endpoint=endpoint)


def test_an_image_added_later_is_not_asked_for() -> None:
    society = make_society()
    campaign = make_campaign(society, make_person(society, "a", ADMIN), images=1)
    make_image_row(campaign.collection)
    assert campaign.campaign_images.count() == 1
