"""Where this app answers what the annotation app asks of the layer above it."""

from annotation.services.endpoints import use_owners
from annotation.services.export_guard import use_guard
from societies.services.endpoints import SocietyOwners
from societies.services.export_guard import TestSetGuard


def connect() -> None:
    """Let societies decide who registers and owns model endpoints, and who takes the persons of a test set."""
    use_owners(SocietyOwners())
    use_guard(TestSetGuard())
