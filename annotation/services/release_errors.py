"""What those who ask for a release, or decide on one, are told."""

from collections.abc import Iterable
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from rest_framework import status

from viewer.api.errors import ApiError

BLOCKER_TEXTS: Final[dict[str, tuple[Any, Any]]] = {
    "consent_not_recorded": (
        _("The campaign does not say on which consent its images rest."),
        _("Record the mode of consent among the conditions of the campaign."),
    ),
    "consent_withdrawn": (_("The consent was withdrawn."), _("Nothing of this campaign may leave any more.")),
    "ethics_not_in_force": (
        _("No ethics approval with a number and a last day is in force."),
        _("Record the approval, with the day on which it ends, among the conditions of the campaign."),
    ),
    "purpose_not_agreed": (
        _("The purpose is none of those that were agreed."),
        _("Choose an agreed purpose, or have this one agreed and recorded."),
    ),
    "embargo_not_over": (_("The embargo is not over yet."), _("Wait until its last day has passed.")),
    "provision_not_agreed": (
        _("Handing the data to third parties is not agreed."),
        _("Have it agreed and recorded among the conditions, or choose the research platform."),
    ),
    "recipient_not_agreed": (
        _("This kind of recipient is none of those that were agreed."),
        _("Choose another recipient, or have this kind agreed and recorded."),
    ),
    "ownership_not_recorded": (
        _("The campaign does not say who owns images, annotations and dataset."),
        _("Record the three owners among the conditions of the campaign."),
    ),
    "licence_not_recorded": (_("The campaign has no licence."), _("Record the licence among the conditions of the campaign.")),
    "pixels_not_confirmed": (
        _("Nobody has confirmed that the pixels name no person."),
        _("Look at the images, burned-in text and labels of slides too, and confirm it on this page."),
    ),
    "release_expired": (_("Its last day has passed."), _("Ask for a new release.")),
}
"""Blocker of the gate -> what keeps the release, and what to do about it."""

REFUSALS: Final[dict[str, tuple[int, Any, Any]]] = {
    "release_invalid": (
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("The request for a release is not complete."),
        _("Correct the value at the place that the pointer names."),
    ),
    "governance_invalid": (
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("The conditions are not written as the document schema asks."),
        _("Correct the value at the place that the pointer names."),
    ),
    "same_person": (
        status.HTTP_409_CONFLICT,
        _("Who asked for a release cannot approve it."),
        _("Ask another admin of your society to look at it."),
    ),
    "release_state": (
        status.HTTP_409_CONFLICT,
        _("The release was decided on in the meantime, or is not approved."),
        _("Load the page again to see how it stands."),
    ),
    "subject_withdrawn": (
        status.HTTP_409_CONFLICT,
        _("The subject of this image withdrew; nothing of theirs is exported any more."),
        _("Delete earlier exports of this case."),
    ),
    "release_blocked": (
        status.HTTP_409_CONFLICT,
        _("Something keeps the release from leaving."),
        _("Mend each of the reasons listed, then try again."),
    ),
}


def release_refusal(code: str, pointer: str = "", **extra: Any) -> ApiError:
    """Return the error of a code of REFUSALS."""
    status_code, text, hint = REFUSALS[code]
    return ApiError(code, text, hint, status_code=status_code, pointer=pointer, extra=extra)


def say_blockers(codes: Iterable[str]) -> list[dict[str, str]]:
    """Return blockers as people read them, in the language of the request."""
    return [{"code": code, "message": str(BLOCKER_TEXTS[code][0]), "hint": str(BLOCKER_TEXTS[code][1])} for code in codes]
