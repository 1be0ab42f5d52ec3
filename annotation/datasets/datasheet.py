"""The datasheet of a version in Markdown: what it is, from where, who read it, how it is split, on which terms, what is missing.

After "Datasheets for Datasets" (Gebru et al., 2021), cut down to what the workbench knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from annotation.datasets.sheet_texts import TEXTS, Texts
from annotation.datasets.split import QUARANTINE, SPLITS

__all__ = ["LANGUAGES", "Source", "Version", "write_datasheet"]

LANGUAGES: Final = tuple(TEXTS)
_COUNTS: Final = ("persons", "subjects", "images", "reads", "marks")


@dataclass(frozen=True, slots=True)
class Source:
    """A campaign that images came from, with the names of its labels and its governance block."""

    id: str
    names: Mapping[str, str]
    label_set: str
    labels: Mapping[str, Mapping[str, str]]
    readers: int
    governance: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Version:
    """What a datasheet tells; names are by language, `ja` and `en`."""

    society: Mapping[str, str]
    names: Mapping[str, str]
    dataset_id: str
    number: int
    frozen_on: date
    query: Mapping[str, Any]
    shares: Mapping[str, int]
    strata: Sequence[str]
    seed: str
    counts: Mapping[str, Any]
    digest: str
    sources: Sequence[Source]
    label_maps: Sequence[str] = ()
    unmapped: str = "refuse"
    picks: Mapping[str, Sequence[str]] = field(default_factory=dict)


def write_datasheet(version: Version, language: str) -> str:
    """Return the datasheet in a language of LANGUAGES."""
    text = TEXTS[language]
    parts = [
        f"# {text['title'].format(name=_plain(version.names[language]), number=version.number)}",
        *_what(version, language, text),
        *_origin(version, language, text),
        *_split(version, language, text),
        *_terms(version, language, text),
        *_missing(version, language, text),
    ]
    return "\n\n".join(parts) + "\n"


def _what(version: Version, language: str, text: Texts) -> Iterable[str]:
    total = version.counts["total"]
    said = [
        (text["society"], _plain(version.society[language])),
        (text["identity"], f"{version.dataset_id} / {version.number}"),
        (text["frozen"], version.frozen_on.isoformat()),
        (text["digest"], f"`{version.digest}`"),
        *((text[name], str(total[name])) for name in _COUNTS),
    ]
    return [f"## {text['what']}", _list(said)]


def _origin(version: Version, language: str, text: Texts) -> Iterable[str]:
    rows = [[_plain(source.names[language]), _plain(source.label_set), str(source.readers)] for source in version.sources]
    asked = {key: value for key, value in version.query.items() if value not in ([], None, 0, "")}
    return [
        f"## {text['origin']}",
        _table([text["campaign"], text["label_set"], text["readers"]], rows),
        text["query"],
        "```json\n" + json.dumps(asked, ensure_ascii=False, indent=2, sort_keys=True) + "\n```",
        *_by_hand(version, text),
        *(_by(version, name, language, text) for name in ("collection", "modality", "device")),
    ]


def _by_hand(version: Version, text: Texts) -> Iterable[str]:
    """Return what was said beside the query; nothing where nothing was."""
    said = [(text[f"picked_{choice}"], str(len(images))) for choice, images in version.picks.items() if images]
    if version.label_maps:
        said.append((text["label_maps"], ", ".join(version.label_maps)))
        said.append((text["unmapped"], text[f"unmapped_{version.unmapped}"]))
    return [_list(said)] if said else []


def _split(version: Version, language: str, text: Texts) -> Iterable[str]:
    shares = ", ".join(f"{text[split]} {version.shares[split]} %" for split in SPLITS)
    balanced = ", ".join(text[name] for name in version.strata) or text["nothing"]
    splits = version.counts["splits"]
    rows = [[text[split], *(str(splits[split][name]) for name in _COUNTS)] for split in (*SPLITS, QUARANTINE)]
    return [
        f"## {text['how']}",
        text["rule"],
        _list([(text["shares"], shares), (text["balanced"], balanced), (text["seed"], f"`{version.seed}`")]),
        _table([text["split"], *(text[name] for name in _COUNTS)], rows),
        text["locked"],
        _by(version, "labels", language, text),
    ]


def _terms(version: Version, language: str, text: Texts) -> Iterable[str]:
    rows = []
    for source in version.sources:
        known = source.governance
        mode = (known.get("consent") or {}).get("mode", "not-recorded")
        approvals = "; ".join(f"{entry.get('committee', '')} {entry.get('approvalNumber', '')}" for entry in known.get("ethics") or [])
        said = [source.names[language], known.get("licence", ""), mode, approvals, known.get("attribution", "")]
        rows.append([_plain(str(value)) or text["not_recorded"] for value in said])
    return [
        f"## {text['terms']}",
        _table([text["campaign"], text["licence"], text["consent"], text["ethics"], text["attribution"]], rows),
    ]


def _missing(version: Version, language: str, text: Texts) -> Iterable[str]:
    counts, found = version.counts, []
    if counts["without_label"]:
        found.append(text["without_label"].format(count=counts["without_label"]))
    unknown = sum(cell["images"] for cell in counts["by"]["device"].get("", {}).values())
    if unknown:
        found.append(text["without_device"].format(count=unknown))
    if counts["splits"][QUARANTINE]["persons"]:
        found.append(text["quarantined"].format(count=counts["splits"][QUARANTINE]["persons"]))
    found += [text["empty_split"].format(split=text[split]) for split in SPLITS if not counts["splits"][split]["images"]]
    found += [
        text["no_governance"].format(campaign=_plain(source.names[language]), what=text[key])
        for source in version.sources
        for key in ("licence", "ownership", "ethics", "consent")
        if not source.governance.get(key)
    ]
    return [f"## {text['missing']}", "\n".join(f"- {line}" for line in (*found, text["not_known"]))]


def _by(version: Version, name: str, language: str, text: Texts) -> str:
    """Return the table of images and persons by split of everything that is told apart by a name."""
    head = [text[name], *(f"{text[split]}: {text[unit]}" for split in SPLITS for unit in ("images", "persons"))]
    rows = []
    for value, cells in version.counts["by"][name].items():
        display = _label(version, value, language) if name == "labels" else value
        told = [str(cells.get(split, {}).get(unit, 0)) for split in SPLITS for unit in ("images", "persons")]
        rows.append([_plain(display) or text["not_stated"], *told])
    return _table(head, rows)


def _label(version: Version, code: str, language: str) -> str:
    names = [source.labels[code][language] for source in version.sources if code in source.labels]
    return f"{names[0]} ({code})" if names else code


def _list(said: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"- {name}: {value}" for name, value in said)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _plain(text: str) -> str:
    """Return a name that cannot end a cell, start markup, or hold a line break."""
    return "".join(f"\\{character}" if character in "\\|`*_[]<>#" else character for character in " ".join(text.split()))
