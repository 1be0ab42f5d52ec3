"""Export under label maps: every label of a case becomes what published maps say, and what is lost by that is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import reduce
from typing import Any, Final

from annotation.exporters.base import Entry, LossReport
from annotation.schema.canonical import canonical_json
from annotation.schema.facts import (
    AnnotationFacts,
    AppliedMapFacts,
    CampaignFacts,
    CaseFacts,
    CellGroupFacts,
    ConfirmationFacts,
    DecisionFacts,
    ReportFacts,
    SuggestionFacts,
)
from annotation.schema.label_maps import LabelRule, RuleKind, apply_rules, compose, rule_kinds
from annotation.schema.labels import LabelValue

__all__ = ["LABEL_MAP_ENTRY", "LabelNotMappedError", "PublishedMap", "Relabelling", "Unmapped"]

LABEL_MAP_ENTRY: Final = "label-map.json"
_TOLD: Final = {
    RuleKind.SAME: "same",
    RuleKind.RENAME: "renamed",
    RuleKind.MERGE: "merged",
    RuleKind.SPLIT: "split",
    RuleKind.DROP: "dropped",
    RuleKind.UNMAPPED: "unmapped",
}


class Unmapped(StrEnum):
    """What is done with a mark whose label no rule names: the export is refused, or the label is left out and told."""

    REFUSE = "refuse"
    DROP = "drop"


class LabelNotMappedError(Exception):
    """A mark bears a label that the maps say nothing of; `identity` names the mark."""

    code: Final = "label_not_mapped"

    def __init__(self, label: str, identity: str) -> None:
        self.label = label
        self.identity = identity
        super().__init__(f"{identity}: {label}")


@dataclass(frozen=True, slots=True)
class PublishedMap:
    """A published map: its name and version, the sets that it leads from and to as (id, version), and its rules."""

    id: str
    version: str
    source: tuple[str, str]
    target: tuple[str, str]
    rules: Mapping[str, LabelRule]


class Relabelling:
    """One or several maps, one after the other, over the cases of one export."""

    def __init__(
        self,
        maps: Sequence[PublishedMap],
        labels: Mapping[str, LabelValue],
        unmapped: Unmapped = Unmapped.REFUSE,
        *,
        tells_originals: bool = True,
    ) -> None:
        """Take the maps of an export.

        Args:
            maps: in their order; each begins where the one before ends.
            labels: of the set that the last one leads to.
            unmapped: what is done with a label that no rule names.
            tells_originals: each mark also says what its reader chose; not in what leaves the society.
        """
        self.maps = tuple(maps)
        self.unmapped = unmapped
        self.tells_originals = tells_originals
        self._labels = labels
        self._kinds: dict[str, RuleKind] = {}
        self._rules: dict[str, LabelRule] = reduce(compose, (one.rules for one in maps[1:]), dict(maps[0].rules))

    def may_refuse(self, campaign: CampaignFacts) -> bool:
        """Tell whether a mark may bear a label that makes the export stop."""
        return self.unmapped is Unmapped.REFUSE and bool(self.not_named(campaign.labels))

    def not_named(self, codes: Iterable[str]) -> list[str]:
        """Return those of some labels that the maps say nothing of."""
        return [code for code in codes if code not in self._rules]

    @property
    def rules(self) -> Mapping[str, LabelRule]:
        """What all maps together make of each label."""
        return self._rules

    @property
    def labels(self) -> Mapping[str, LabelValue]:
        """The labels of the set that the last map leads to."""
        return self._labels

    @property
    def named(self) -> list[dict[str, str]]:
        """The maps as records keep them: id and version of each, in their order."""
        return [{"id": one.id, "version": one.version} for one in self.maps]

    def campaign(self, campaign: CampaignFacts) -> CampaignFacts:
        """Return the campaign with the labels of the last map's set; those of before stay known as the original ones."""
        self._kinds = rule_kinds(self._rules, list(campaign.labels))
        if not self.tells_originals:
            return replace(campaign, labels=self._labels)
        named = tuple((one.id, one.version) for one in self.maps)
        applied = AppliedMapFacts(named, self.maps[0].source, self.maps[-1].target, campaign.labels)
        return replace(campaign, labels=self._labels, label_map=applied)

    def case(self, case: CaseFacts, losses: LossReport, *, with_reports: bool = True, with_findings: bool = True) -> CaseFacts:
        """Return the case under the maps; its streams are read from the case's own, once, annotations before decisions.

        Args:
            case: as readers left it.
            losses: where it is told what becomes of labels.
            with_reports: the format holds terms and diagnoses of reports; otherwise their labels are none of its business.
            with_findings: the same of findings of the whole examination.
        """
        gone: set[str] = set()
        return replace(
            case,
            reports=tuple(self._report(report, losses) for report in case.reports) if with_reports else case.reports,
            findings=tuple(self._annotations(case.findings, losses, gone)) if with_findings else case.findings,
            annotations=self._annotations(case.annotations, losses, gone),
            decisions=self._decisions(case.decisions, gone),
            cells=self._cells(case.cells, losses),
        )

    def entry(self) -> Entry:
        """Return the file of the archive that says which maps were applied, and every rule as they work together."""
        told = {
            "maps": [
                {"id": one.id, "version": one.version, "source": _set_of(one.source), "target": _set_of(one.target)} for one in self.maps
            ],
            "rules": {code: rule.to_json() for code, rule in self._rules.items()},
            "unmapped": self.unmapped.value,
        }
        body = canonical_json(told)
        return Entry(LABEL_MAP_ENTRY, len(body), [body])

    def summary(self, losses: LossReport) -> dict[str, Any]:
        """Return the maps, and what became of how many marks; terms of reports and groups of cells count as marks.

        A mark with several labels counts once under each kind of change. `leftOut` are those of which no label is left.
        """
        marks = {name: losses.tallied(f"label_map_{kind.value}") for kind, name in _TOLD.items()}
        return {"maps": self.named, "unmapped": self.unmapped.value, "marks": marks | {"leftOut": losses.tallied("label_map_left_out")}}

    def note(self, losses: LossReport) -> None:
        """Say in the report that labels are not those that readers chose, and what became of how many marks."""
        losses.applied = self.summary(losses)
        maps = ", then ".join(f"{one.id} {one.version}" for one in self.maps)
        losses.note("label_map", f"Labels were changed by the label map {maps}; {LABEL_MAP_ENTRY} holds its rules.")

    def _annotations(self, rows: Iterable[AnnotationFacts], losses: LossReport, gone: set[str]) -> Iterator[AnnotationFacts]:
        for row in rows:
            labels = self._become(row.labels, row.id, losses)
            if row.labels and not labels:
                losses.drop("mark_without_label", "No label of the mark is left under the label map; the mark is left out.", row.id)
                gone.add(row.id)
                continue
            suggestion = self._suggestion(row.suggestion) if row.suggestion is not None else None
            before = self._confirmations(row.confirmations)
            original = row.labels if self.tells_originals else ()
            yield replace(row, labels=labels, original_labels=original, suggestion=suggestion, confirmations=before)

    def _become(self, labels: Sequence[str], identity: str, losses: LossReport) -> tuple[str, ...]:
        outcome = apply_rules(labels, self._rules)
        if outcome.unmapped and self.unmapped is Unmapped.REFUSE:
            raise LabelNotMappedError(outcome.unmapped[0], identity)
        for kind in {self._kinds.get(code, RuleKind.UNMAPPED) for code in labels}:
            losses.tally(f"label_map_{kind.value}")
        if labels and not outcome.labels:
            losses.tally("label_map_left_out")
        # an example would tell what the reader chose
        example = identity if self.tells_originals else ""
        for code in outcome.unmapped:
            losses.add(f"label_unmapped_{code}", f"The label map says nothing of the label {code}; it is left out.", example)
        for code in outcome.dropped:
            losses.add(f"label_dropped_{code}", f"The label map drops the label {code}.", example)
        for code in outcome.split:
            text = f"The label map splits {code} into {', '.join(self._rules[code].to)}; marks are given {self._rules[code].chosen}."
            losses.add(f"label_split_{code}", text, example)
        return outcome.labels

    def _suggestion(self, suggestion: SuggestionFacts) -> SuggestionFacts:
        return replace(suggestion, labels=apply_rules(suggestion.labels, self._rules).labels)

    def _confirmations(self, entries: Sequence[ConfirmationFacts]) -> tuple[ConfirmationFacts, ...]:
        return tuple(replace(entry, labels_before=apply_rules(entry.labels_before, self._rules).labels) for entry in entries)

    def _report(self, report: ReportFacts, losses: LossReport) -> ReportFacts:
        terms = [replace(term, labels=self._become(term.labels, report.id, losses)) for term in report.terms]
        diagnoses = [
            replace(said, labels=self._become(said.labels, report.id, losses), confirmations=self._confirmations(said.confirmations))
            for said in report.diagnoses
        ]
        coded_terms = tuple(term for term in terms if term.labels or term.coding)
        coded = tuple(said for said in diagnoses if said.labels or said.coding)
        lost = len(terms) - len(coded_terms) + len(diagnoses) - len(coded)
        for _each in range(lost):
            text = "No label of a term or diagnosis of the report is left under the label map; it is left out."
            losses.drop("report_without_label", text, report.id)
        return replace(report, terms=coded_terms, diagnoses=coded)

    def _decisions(self, rows: Iterable[DecisionFacts], gone: set[str]) -> Iterator[DecisionFacts]:
        for row in rows:
            told = replace(row, suggestion=self._suggestion(row.suggestion))
            yield replace(told, annotation_id="", kept=False) if row.annotation_id in gone else told

    def _cells(self, groups: Iterable[CellGroupFacts], losses: LossReport) -> Iterator[CellGroupFacts]:
        for group in groups:
            if not group.label:
                yield group
                continue
            labels = self._become((group.label,), group.id, losses)
            if labels:
                yield replace(group, label=labels[0], original_label=group.label if self.tells_originals else "")
            else:
                text = "No label of the cells is left under the label map; the group is left out."
                losses.drop("cells_without_label", text, group.id)


def _set_of(named: tuple[str, str]) -> dict[str, Any]:
    return {"id": named[0], "version": named[1]}
