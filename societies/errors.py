"""Every refusal of this app: its code, what it says, what to do next."""

from typing import Any, Final, NamedTuple

from django.utils.translation import gettext_lazy as _
from rest_framework import status

from viewer.api.errors import ApiError


class Refusal(NamedTuple):
    """How a code is answered."""

    status_code: int
    text: Any
    hint: Any


REFUSALS: Final[dict[str, Refusal]] = {
    "last_admin": Refusal(
        status.HTTP_409_CONFLICT,
        _("A society needs at least one admin."),
        _("Make someone else an admin first."),
    ),
    "key_bindings_invalid": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("These are no keys that an action can have."),
        _("Send for each action a list of at most 4 keys, such as b or Ctrl+Shift+Z."),
    ),
    "key_bindings_too_many": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("More keys are changed than can be kept."),
        _("Reset some of them; 200 actions can have keys of your own."),
    ),
    "lease_lost": Refusal(
        status.HTTP_409_CONFLICT,
        _("Another reader has taken over this image in the meantime."),
        _("Your marks stay stored. Go on with the next image."),
    ),
    "username_taken": Refusal(
        status.HTTP_409_CONFLICT,
        _("This user name is taken."),
        _("Choose another one, or ask the site's operator to add the existing account to your society."),
    ),
    "username_invalid": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("This user name cannot be used."),
        _("Use up to 150 letters, digits and @ . + - _"),
    ),
    "not_a_reader": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("This person is not a reader of your society."),
        _("Give them the role of a reader on the members page first."),
    ),
    "role_unknown": Refusal(status.HTTP_422_UNPROCESSABLE_ENTITY, _("There is no such role."), _("Choose admin, reader or exporter.")),
    "pack_unknown": Refusal(status.HTTP_422_UNPROCESSABLE_ENTITY, _("There is no such society pack."), _("Choose one from the list.")),
    "collection_empty": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY, _("The collection holds no image yet."), _("Upload images to it, then make the campaign.")
    ),
    "name_missing": Refusal(status.HTTP_422_UNPROCESSABLE_ENTITY, _("The campaign needs a name."), _("Write it in at least one language.")),
    "collection_name_missing": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY, _("The collection needs a name."), _("Write what its images are, such as organ and year.")
    ),
    "slug_invalid": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("This short name cannot be used."),
        _("Use up to 31 small letters a to z, digits and hyphens, and begin with a letter or digit."),
    ),
    "slug_taken": Refusal(status.HTTP_409_CONFLICT, _("This short name is taken."), _("Choose another one.")),
    "dataset_name_missing": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY, _("The dataset needs a name."), _("Write it in at least one language.")
    ),
    "dataset_invalid": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("The dataset cannot be made as it is described."),
        _("Choose campaigns of your society, and shares in whole percent that make 100."),
    ),
    "dataset_empty": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY, _("Nothing that was read fits the dataset."), _("Ask for less, or wait for more reads.")
    ),
    "test_set_locked": Refusal(
        status.HTTP_403_FORBIDDEN,
        _("The test split is locked."),
        _("Train with train and tune. For an evaluation, an admin of the society takes it with the purpose evaluation."),
    ),
    "test_set_inside": Refusal(
        status.HTTP_403_FORBIDDEN,
        _("Persons of a locked test set are among these images."),
        _("Take the training split of the dataset instead, or ask an admin of the society."),
    ),
    "split_leaks": Refusal(
        status.HTTP_409_CONFLICT,
        _("Since this version was frozen, a person was found to be in two of its splits."),
        _("Freeze a new version: it puts that person into quarantine."),
    ),
    "test_set_elsewhere": Refusal(
        status.HTTP_409_CONFLICT,
        _("A person of this split is in the locked test set of another dataset of the society."),
        _("Freeze a new version: it puts that person into quarantine. Nothing that learned from them may be tested with them."),
    ),
    "campaign_needed": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("This version is made of several campaigns, or not of this one."),
        _("Name one of its campaigns; each is exported by itself, with its own labels."),
    ),
    "vocabulary_name_missing": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY, _("A name is missing."), _("Write it in at least one language; both are needed to publish.")
    ),
    "maps_do_not_meet": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("The second map does not begin with the labels that the first one leads to."),
        _("Choose maps of which each one begins with the very version where the one before ends."),
    ),
    "label_set_unsuited": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("With this label set, readers cannot say what the pack asks of them."),
        _("Choose a set with labels for the pack's granularities and, where it asks for one, for the diagnosis."),
    ),
    "credit_name_invalid": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("This cannot be printed as a name."),
        _("Write at most 120 characters on one line, or leave it empty not to be named."),
    ),
    "same_subject": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("Both images belong to the same subject already."),
        _("Choose an image of each of the two subjects."),
    ),
    "endpoint_not_owned": Refusal(
        status.HTTP_422_UNPROCESSABLE_ENTITY,
        _("This model endpoint does not belong to your society."),
        _("Choose one of your society's endpoints."),
    ),
}


def refusal(code: str, pointer: str = "") -> ApiError:
    """Return the error of this code; ``pointer`` names the place in the request."""
    known = REFUSALS[code]
    return ApiError(code, known.text, known.hint, status_code=known.status_code, pointer=pointer)
