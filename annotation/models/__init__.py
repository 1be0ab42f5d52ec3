"""Marks and everything said about them. Revisions, suggestions, exposures, decisions, changes to cells and the ledger are append-only."""

from annotation.models.annotation import Annotation, Revision
from annotation.models.campaign import Campaign, CampaignImage
from annotation.models.cells import CellChange, CellLayer
from annotation.models.endpoint import ModelEndpoint
from annotation.models.export import ExportRun
from annotation.models.export_job import ExportJob
from annotation.models.label_set import FormDefinition, Label, LabelSet
from annotation.models.mark_import import ImportedAnnotation, ImportMapping, ImportRun
from annotation.models.read import Read
from annotation.models.release import LedgerEntry, Release, Withdrawal
from annotation.models.suggestion import Decision, Exposure, Suggestion, SuggestionRun

__all__ = [
    "Annotation",
    "Campaign",
    "CampaignImage",
    "CellChange",
    "CellLayer",
    "Decision",
    "ExportJob",
    "ExportRun",
    "Exposure",
    "FormDefinition",
    "ImportMapping",
    "ImportRun",
    "ImportedAnnotation",
    "Label",
    "LabelSet",
    "LedgerEntry",
    "ModelEndpoint",
    "Read",
    "Release",
    "Revision",
    "Suggestion",
    "SuggestionRun",
    "Withdrawal",
]
