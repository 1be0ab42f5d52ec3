"""Whose a model endpoint is: the rule that the annotation app asks."""

from django.contrib.auth.models import User

from annotation.models import ModelEndpoint
from societies.models import Society, SocietyEndpoint
from societies.selectors.societies import administered_societies
from societies.services.grants import grant_endpoint


class SocietyOwners:
    """A society's admins register its endpoints; the owner's name is the society's short name."""

    def may_register(self, *, user: User, owner: str) -> bool:
        """Return whether the user administers the society."""
        return administered_societies(user=user).filter(slug=owner).exists()

    def adopt(self, *, endpoint: ModelEndpoint, owner: str) -> None:
        """Note the society that the endpoint belongs to and grant its admins the rights to it."""
        society = Society.objects.get(slug=owner)
        SocietyEndpoint.objects.create(society=society, endpoint=endpoint)
        grant_endpoint(endpoint=endpoint, society=society)
