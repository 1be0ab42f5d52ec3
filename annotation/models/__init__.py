"""Marks and everything said about them. What was said is history, and history is append-only (see annotation.append_only)."""

from annotation.models.annotation import Annotation, Revision
from annotation.models.campaign import Campaign, CampaignImage
from annotation.models.cells import CellChange, CellLayer
from annotation.models.code_table import CodeEntry, CodeTable
from annotation.models.confirmation import Confirmation
from annotation.models.endpoint import ModelEndpoint
from annotation.models.export import ExportRun
from annotation.models.export_job import ExportJob
from annotation.models.label_map import LabelMap, VocabularyDraft
from annotation.models.label_set import FormDefinition, Label, LabelSet
from annotation.models.mark_import import ImportedAnnotation, ImportMapping, ImportRun
from annotation.models.read import Read
from annotation.models.release import LedgerCheck, LedgerEntry, Release, ReleaseRead, Withdrawal
from annotation.models.report import Report, ReportText
from annotation.models.suggestion import Decision, Exposure, Suggestion, SuggestionRun
from annotation.models.walk import Walk

__all__ = [
    "Annotation",
    "Campaign",
    "CampaignImage",
    "CellChange",
    "CellLayer",
    "CodeEntry",
    "CodeTable",
    "Confirmation",
    "Decision",
    "ExportJob",
    "ExportRun",
    "Exposure",
    "FormDefinition",
    "ImportMapping",
    "ImportRun",
    "ImportedAnnotation",
    "Label",
    "LabelMap",
    "LabelSet",
    "LedgerCheck",
    "LedgerEntry",
    "ModelEndpoint",
    "Read",
    "Release",
    "ReleaseRead",
    "Report",
    "ReportText",
    "Revision",
    "Suggestion",
    "SuggestionRun",
    "VocabularyDraft",
    "Walk",
    "Withdrawal",
]
