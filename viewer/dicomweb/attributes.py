"""The attributes of search answers, and DICOM JSON values (PS3.18 F.2)."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

Dataset = dict[str, dict[str, Any]]
"""A DICOM JSON object: tag -> member."""


class Attribute(NamedTuple):
    """Tag (eight hexadecimal digits) and value representation."""

    tag: str
    vr: str


ATTRIBUTES: Final = {
    "SpecificCharacterSet": Attribute("00080005", "CS"),
    "InstanceCreationDate": Attribute("00080012", "DA"),
    "InstanceCreationTime": Attribute("00080013", "TM"),
    "SOPClassUID": Attribute("00080016", "UI"),
    "SOPInstanceUID": Attribute("00080018", "UI"),
    "StudyDate": Attribute("00080020", "DA"),
    "StudyTime": Attribute("00080030", "TM"),
    "AccessionNumber": Attribute("00080050", "SH"),
    "InstanceAvailability": Attribute("00080056", "CS"),
    "Modality": Attribute("00080060", "CS"),
    "ModalitiesInStudy": Attribute("00080061", "CS"),
    "ReferringPhysicianName": Attribute("00080090", "PN"),
    "StudyDescription": Attribute("00081030", "LO"),
    "SeriesDescription": Attribute("0008103E", "LO"),
    "ReferencedSOPClassUID": Attribute("00081150", "UI"),
    "ReferencedSOPInstanceUID": Attribute("00081155", "UI"),
    "RetrieveURL": Attribute("00081190", "UR"),
    "FailureReason": Attribute("00081197", "US"),
    "FailedSOPSequence": Attribute("00081198", "SQ"),
    "ReferencedSOPSequence": Attribute("00081199", "SQ"),
    "OtherFailuresSequence": Attribute("0008119A", "SQ"),
    "AvailableTransferSyntaxUID": Attribute("00083002", "UI"),
    "PatientName": Attribute("00100010", "PN"),
    "PatientID": Attribute("00100020", "LO"),
    "PatientBirthDate": Attribute("00100030", "DA"),
    "PatientSex": Attribute("00100040", "CS"),
    "PatientAge": Attribute("00101010", "AS"),
    "PatientIdentityRemoved": Attribute("00120062", "CS"),
    "DeidentificationMethod": Attribute("00120063", "LO"),
    "StudyInstanceUID": Attribute("0020000D", "UI"),
    "SeriesInstanceUID": Attribute("0020000E", "UI"),
    "StudyID": Attribute("00200010", "SH"),
    "SeriesNumber": Attribute("00200011", "IS"),
    "InstanceNumber": Attribute("00200013", "IS"),
    "NumberOfStudyRelatedSeries": Attribute("00201206", "IS"),
    "NumberOfStudyRelatedInstances": Attribute("00201208", "IS"),
    "NumberOfSeriesRelatedInstances": Attribute("00201209", "IS"),
    "NumberOfFrames": Attribute("00280008", "IS"),
    "Rows": Attribute("00280010", "US"),
    "Columns": Attribute("00280011", "US"),
    "LongitudinalTemporalInformationModified": Attribute("00280303", "CS"),
}
_KEYWORD_OF_TAG: Final = {attribute.tag: keyword for keyword, attribute in ATTRIBUTES.items()}


def keyword_of(name: str) -> str | None:
    """The keyword of an attribute that is named by keyword or tag; None for one that searches know nothing of."""
    if name in ATTRIBUTES:
        return name
    return _KEYWORD_OF_TAG.get(name.upper())


def dataset(values: dict[str, Any]) -> Dataset:
    """A DICOM JSON object of values by keyword, in the order of tags; None and "" make an attribute without a value."""
    members = {}
    for keyword, value in values.items():
        tag, vr = ATTRIBUTES[keyword]
        several = value if isinstance(value, list) else [] if value in {None, ""} else [value]
        members[tag] = {"vr": vr, "Value": several} if several else {"vr": vr}
    return dict(sorted(members.items()))
