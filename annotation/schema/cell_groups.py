"""The entries of a document for cells by the hundred thousand: one group a label, its outlines packed."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any, Final

from annotation.schema.annotation_member import AgentBook
from annotation.schema.canonical import canonical_json
from annotation.schema.facts import CampaignFacts, CellGroupFacts
from annotation.schema.instants import instant
from annotation.schema.problems import DocumentError, Problem
from annotation.schema.spool import Spool
from annotation.schema.validate import check_group_schema

__all__ = ["write_cell_group"]

_SYSTEM: Final = "urn:mitate:cells"
_TYPES: Final = {"coordinates": "float32le", "offsets": "uint32le", "score": "float32le", "disposition": "uint8", "number": "uint32le"}
_PER_ITEM: Final = ("disposition", "number", "score")


def write_cell_group(group: CellGroupFacts, campaign: CampaignFacts, agents: AgentBook, spool: Spool) -> None:
    """Append the entry of a group as canonical JSON; memory holds one piece of a column.

    Raises:
        DocumentError: where the group breaks a rule of the schema, with pointers from the group.
    """
    member = _member(group, campaign, agents)
    empty = {"base64": ""}
    light = member | {
        "coordinates": empty | {"dtype": _TYPES["coordinates"]},
        "offsets": empty | {"dtype": _TYPES["offsets"]},
        "perItem": {name: empty | {"dtype": _TYPES[name]} for name in _PER_ITEM},
    }
    problems = list(check_group_schema(light, tier=campaign.tier))
    if problems:
        raise DocumentError(problems)
    separator = b"{"
    for key in sorted(light):
        spool.write(separator + canonical_json(key) + b":")
        separator = b","
        if key in {"coordinates", "offsets"}:
            _write_packed(group, key, spool)
        elif key == "perItem":
            for index, name in enumerate(_PER_ITEM):
                spool.write((b"," if index else b"{") + canonical_json(name) + b":")
                _write_packed(group, name, spool)
            spool.write(b"}")
        else:
            spool.write(canonical_json(light[key]))
    spool.write(b"}")


def _member(group: CellGroupFacts, campaign: CampaignFacts, agents: AgentBook) -> dict[str, Any]:
    reader = agents.person(group.read.reader)
    submitted = group.read.submitted_at
    review: dict[str, Any] = {"state": "draft"}
    if submitted is not None:
        review = {"state": "submitted", "events": [{"state": "submitted", "by": reader, "at": instant(submitted)}]}
    model = agents.model(group.model)
    # What became of each cell is told cell by cell; this says which pass of the model proposed them.
    said = {"suggestion": {"modelId": model, "runId": group.run_id, "disposition": "pending"}} if group.run_id else {}
    return said | {
        "id": group.id,
        "imageId": group.image_id,
        "granularity": "cell",
        "labels": [_label(group, campaign)],
        "geometryType": "Polygon",
        "count": group.count,
        "createdBy": model,
        "createdAt": instant(group.created_at),
        "review": review,
    }


def _label(group: CellGroupFacts, campaign: CampaignFacts) -> dict[str, Any]:
    known = campaign.labels.get(group.label)
    if group.label and known is None:
        raise DocumentError([Problem("unknown_label", "/labels/0", group.label)])
    if known is not None:
        member = known.to_document()
    else:
        code = "class-of-the-file" if group.name else "unlabelled"
        member = {"role": "cell-type", "coding": [{"system": _SYSTEM, "code": code}]}
        if group.name:
            member["text"] = {"und": group.name}
    if campaign.tier not in {"facility", "society"}:
        member.pop("text", None)
    return member


def _write_packed(group: CellGroupFacts, name: str, spool: Spool) -> None:
    spool.write(b'{"base64":"')
    for piece in _encoded(group.column(name)):
        spool.write(piece)
    spool.write(b'","dtype":' + canonical_json(_TYPES[name]) + b"}")


def _encoded(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield base64 without line breaks; three bytes become four characters, so what is over waits for the next piece."""
    rest = b""
    for piece in pieces:
        data = rest + piece
        whole = len(data) - len(data) % 3
        rest = data[whole:]
        yield base64.b64encode(data[:whole])
    yield base64.b64encode(rest)
