"""Where this app answers what the annotation app asks of the layer above it."""

from annotation.services.endpoints import use_owners
from societies.services.endpoints import SocietyOwners


def connect() -> None:
    """Let societies decide who registers and owns model endpoints."""
    use_owners(SocietyOwners())
