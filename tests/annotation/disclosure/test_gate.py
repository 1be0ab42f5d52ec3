from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from annotation.disclosure.gate import BLOCKERS, Wish, blockers
from annotation.disclosure.ledger import FIRST, Link, first_break, link_hash
from annotation.disclosure.tiers import Tier
from annotation.services.release_errors import BLOCKER_TEXTS
from tests.annotation.disclosure.test_tiers import GOVERNANCE

TODAY = date(2027, 6, 1)


def wish(**changes: Any) -> Wish:
    values: dict[str, Any] = {
        "tier": Tier.THIRD_PARTY,
        "recipient_kind": "company",
        "purpose": "ai-research",
        "expires_on": TODAY,
        "pixels_confirmed": True,
    }
    return Wish(**(values | changes))


def without(*keys: str, **changes: Any) -> dict[str, Any]:
    return {key: value for key, value in GOVERNANCE.items() if key not in keys} | changes


def test_what_is_agreed_may_leave() -> None:
    assert blockers(GOVERNANCE, wish(), today=TODAY) == []
    assert blockers(GOVERNANCE, wish(tier=Tier.PLATFORM, recipient_kind="academic"), today=TODAY) == []


@pytest.mark.parametrize(
    ("code", "governance", "asked"),
    [
        ("consent_not_recorded", without("consent"), {}),
        ("consent_not_recorded", without(consent={"mode": "not-recorded", "withdrawn": False}), {}),
        ("consent_withdrawn", without(consent={"mode": "opt-out", "withdrawn": True}), {}),
        ("ethics_not_in_force", without("ethics"), {}),
        ("ethics_not_in_force", without(ethics=[{"committee": "I", "approvalNumber": "1"}]), {}),
        ("ethics_not_in_force", without(ethics=[{"committee": "I", "approvalNumber": "1", "expiresOn": "2027-05-31"}]), {}),
        ("ethics_not_in_force", without(ethics=[{"committee": "I", "approvalNumber": "", "expiresOn": "2029-05-31"}]), {}),
        (
            "ethics_not_in_force",
            without(ethics=[{"committee": "I", "approvalNumber": "1", "approvedOn": "2027-06-02", "expiresOn": "2029-05-31"}]),
            {},
        ),
        ("purpose_not_agreed", GOVERNANCE, {"purpose": "ai-product-development"}),
        ("purpose_not_agreed", without("purposes"), {}),
        ("embargo_not_over", without(embargoUntil="2027-06-02"), {}),
        ("provision_not_agreed", without(thirdPartyProvision={"allowed": False, "recipients": ["company"]}), {}),
        ("provision_not_agreed", without("thirdPartyProvision"), {}),
        ("recipient_not_agreed", GOVERNANCE, {"recipient_kind": "overseas"}),
        ("ownership_not_recorded", without(ownership={"images": "hospital"}), {}),
        ("licence_not_recorded", without("licence"), {}),
        ("pixels_not_confirmed", GOVERNANCE, {"pixels_confirmed": False}),
        ("release_expired", GOVERNANCE, {"expires_on": date(2027, 5, 31)}),
    ],
)
def test_each_thing_that_is_missing_keeps_it(code: str, governance: dict[str, Any], asked: dict[str, Any]) -> None:
    assert blockers(governance, wish(**asked), today=TODAY) == [code]


def test_everything_missing_is_told_at_once_and_has_words() -> None:
    found = blockers({}, wish(pixels_confirmed=False, expires_on=date(2000, 1, 1)), today=TODAY)
    assert found == [code for code in BLOCKERS if code not in {"consent_withdrawn", "embargo_not_over", "recipient_not_agreed"}]
    assert set(BLOCKER_TEXTS) == set(BLOCKERS)


def test_the_platform_asks_no_licence_but_consent() -> None:
    assert blockers(without("licence", "ownership", "thirdPartyProvision"), wish(tier=Tier.PLATFORM), today=TODAY) == []
    assert blockers(without("consent"), wish(tier=Tier.PLATFORM), today=TODAY) == ["consent_not_recorded"]


def test_inside_the_society_there_is_no_gate() -> None:
    with pytest.raises(ValueError, match="society"):
        blockers(GOVERNANCE, wish(tier=Tier.SOCIETY), today=TODAY)


def chain(count: int) -> list[Link]:
    links: list[Link] = []
    for number in range(count):
        previous = links[-1].hash if links else FIRST
        at = datetime(2027, 1, 1, tzinfo=UTC) + timedelta(hours=number)
        said = {"number": number}
        links.append(Link(previous, said, at, link_hash(previous, said, at)))
    return links


def test_a_chain_breaks_where_it_was_touched() -> None:
    links = chain(5)
    assert first_break([]) is None
    assert first_break(links) is None
    assert first_break([*links[:2], links[2]._replace(said={"number": 9}), *links[3:]]) == 2
    assert first_break([*links[:2], links[2]._replace(at=links[2].at + timedelta(microseconds=1)), *links[3:]]) == 2
    assert first_break([*links[:2], *links[3:]]) == 2
    assert first_break(links[1:]) == 0
    forged = links[2]._replace(said={"number": 9}, hash=link_hash(links[2].previous, {"number": 9}, links[2].at))
    assert first_break([*links[:2], forged, *links[3:]]) == 3
