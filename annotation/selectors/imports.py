"""Imports of marks as their reader sees them: what was read, what will be lost, which labels are proposed, what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from annotation.cells.names import KnownLabel, codes_of
from annotation.errors import REFUSALS
from annotation.importers.preview import OFF_IMAGE
from annotation.importers.problems import IMPORT_PROBLEMS, NOTES
from annotation.importers.registry import READERS
from annotation.models import Campaign, ImportMapping, ImportRun, Label
from annotation.schema.problems import PROBLEM_TEXTS
from annotation.selectors.annotations import instant
from annotation.selectors.code_warnings import code_warnings
from annotation.services.cell_errors import IMPORT_TEXTS
from annotation.services.import_storing import granularity_for
from annotation.services.mark_checks import CampaignRules
from viewer.api.errors import not_found

_OUR_SYSTEMS: Final = ("mitate", "urn:mitate:label-set:")


def imports_of(*, user: User, campaign: Campaign) -> QuerySet[ImportRun]:
    """Return what a reader brought to a campaign, the newest first."""
    return ImportRun.objects.filter(campaign=campaign, created_by=user)


def get_import(*, user: User, run_id: UUID) -> ImportRun:
    """Return an import of the user's own, in a campaign that they read.

    Raises:
        ApiError: ``not_found`` for everybody else's.
    """
    run = ImportRun.objects.select_related("campaign__label_set").filter(pk=run_id, created_by=user).first()
    if run is None or not user.has_perm("annotation.read_campaign", run.campaign):
        raise not_found()
    return run


def import_row(run: ImportRun) -> dict[str, Any]:
    """Return an import in short, for a list."""
    return {
        "id": str(run.pk),
        "file_name": run.file_name,
        "size_bytes": run.size_bytes,
        "format": run.format,
        "format_title": READERS[run.format].title if run.format in READERS else "",
        "state": run.state,
        "marks": run.preview.get("marks", 0),
        "done": run.done_count,
        "error": _error(run) if run.error_code else None,
        "created_at": instant(run.created_at),
    }


def import_json(run: ImportRun) -> dict[str, Any]:
    """Return all that is known of an import; texts in the language of the request."""
    preview = run.preview
    losses = READERS[run.format].losses if run.format in READERS else {}
    return import_row(run) | {
        "options": {"images": {}, "classes": [], "y_axis": ""} | run.options,
        "needs": preview.get("needs", []),
        "largest_shift_px": preview.get("largest_shift_px", 0),
        "images": [image | {"message": say(image["code"])[0]} for image in preview.get("images", ())],
        "labels": _labels(run),
        "groups": preview.get("groups", []),
        "refused": [one | _said(one["code"]) for one in preview.get("refused", ())],
        "refused_counts": [{"code": code, "count": count} | _said(code) for code, count in preview.get("refused_counts", {}).items()],
        "notes": [note | {"message": _translated(NOTES[note["code"]])} for note in preview.get("notes", ())],
        "losses": [loss | {"message": _translated(losses[loss["code"]])} for loss in preview.get("losses", ()) if loss["code"] in losses],
        "warnings": code_warnings((one["place"], one) for one in preview.get("codings", ())),
        "samples": preview.get("samples", []),
        "result": _result(run),
    }


def say(code: str) -> tuple[str, str]:
    """Return the sentence and the next step for a code, in the language of the request; two empty texts for none."""
    if code in REFUSALS:
        return str(REFUSALS[code].text), str(REFUSALS[code].hint)
    if code in IMPORT_PROBLEMS or code in PROBLEM_TEXTS:
        known = IMPORT_PROBLEMS.get(code) or PROBLEM_TEXTS[code]
        return _translated(known.text), _translated(known.hint)
    text, hint = IMPORT_TEXTS.get(code, (code, ""))
    return str(text), str(hint)


def label_choices(campaign: Campaign) -> list[dict[str, Any]]:
    """Return the labels of a campaign, each with the kinds of shape that may be imported with it."""
    rules = CampaignRules(campaign)
    kinds = ("", "Point", "Rectangle", "Polygon", "MultiPolygon", "Mask")
    return [
        {
            "code": label.code,
            "display": {"ja": label.display_ja, "en": label.display_en},
            "colour": label.colour,
            "kinds": [kind for kind in kinds if granularity_for(kind, "", label.code, rules) is not None] + [*OFF_IMAGE],
        }
        for label in campaign.label_set.labels.all()
    ]


def _labels(run: ImportRun) -> list[dict[str, Any]]:
    """Return the labels of the file with what is proposed for each, and why: chosen, remembered, code or name."""
    rows = run.preview.get("labels", [])
    remembered = dict(ImportMapping.objects.filter(campaign=run.campaign_id, format=run.format).values_list("source_label", "code"))
    labels = list(run.campaign.label_set.labels.all())
    return [row | _proposal(row, run, remembered, labels) for row in rows]


def _proposal(row: dict[str, Any], run: ImportRun, remembered: dict[str, str], labels: Iterable[Label]) -> dict[str, Any]:
    key = row["key"]
    if key in run.mapping:
        return {"proposed": run.mapping[key], "why": "chosen"}
    if key in remembered:
        return {"proposed": remembered[key] or None, "why": "remembered"}
    code = _by_code(row, labels)
    if code:
        return {"proposed": code, "why": "code"}
    known = [KnownLabel(label.code, (label.display_ja, label.display_en)) for label in labels]
    named = codes_of([row["text"]], known, {})[0] if row["text"] else ""
    return {"proposed": named or None, "why": "name" if named else ""}


def _by_code(row: dict[str, Any], labels: Iterable[Label]) -> str:
    """Return the label with the same code: one of this project's, or one that carries the same coding."""
    if row["system"].startswith(_OUR_SYSTEMS):
        return next((label.code for label in labels if label.code == row["code"]), "")
    wanted = (row["system"], row["code"])
    coded = ((label.code, (coding.get("system"), coding.get("code"))) for label in labels for coding in label.codings)
    return next((code for code, coding in coded if row["code"] and coding == wanted), "")


def _translated(text: str) -> str:
    # Marked for translation where it stands.
    return _(text)


def _error(run: ImportRun) -> dict[str, Any]:
    return {"code": run.error_code, "place": run.error_place, "detail": run.error_detail} | _said(run.error_code)


def _said(code: str) -> dict[str, str]:
    message, hint = say(code)
    return {"message": message, "hint": hint}


def _result(run: ImportRun) -> dict[str, Any] | None:
    if not run.result:
        return None
    left_out = [{"code": code, "count": count} | _said(code) for code, count in run.result.get("left_out", {}).items()]
    changed = [{"code": code, "count": count, "message": _translated(NOTES[code])} for code, count in run.result.get("changed", {}).items()]
    return {**run.result, "left_out": left_out, "changed": changed}
