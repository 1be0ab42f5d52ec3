"""Who works here: societies, their members, who holds which read, the keys of each person, datasets, who edits which labels."""

from societies.models.assignment import Assignment
from societies.models.credit import CreditChoice
from societies.models.dataset import Dataset, DatasetExport, DatasetMember, DatasetPick, DatasetVersion, SubjectLink
from societies.models.key_bindings import KeyBindings
from societies.models.society import Membership, Society, SocietyCampaign, SocietyCollection, SocietyEndpoint
from societies.models.vocabulary import SocietyVocabulary

__all__ = [
    "Assignment",
    "CreditChoice",
    "Dataset",
    "DatasetExport",
    "DatasetMember",
    "DatasetPick",
    "DatasetVersion",
    "KeyBindings",
    "Membership",
    "Society",
    "SocietyCampaign",
    "SocietyCollection",
    "SocietyEndpoint",
    "SocietyVocabulary",
    "SubjectLink",
]
