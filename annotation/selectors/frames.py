"""Which DICOM instance a frame of an image comes from."""

from viewer.models import Image
from viewer.services.manifests import members_of


def sop_instance_uids(image: Image) -> list[str]:
    """Return the SOP Instance UID of each frame, counted from 0 in the order in which the viewer shows them; two queries."""
    uids = dict(image.instances.values_list("id", "sop_instance_uid"))
    return [uids[member.id] for member in members_of(image) for _frame in range(member.frame_count)]
