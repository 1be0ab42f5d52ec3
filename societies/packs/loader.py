"""Reads a pack folder and refuses one that a reader could not work with. Pure: files in, values out."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from societies.packs.checks import check_pack

FOLDER: Final = Path(__file__).resolve().parent


class PackError(ValueError):
    """A pack that cannot be used. ``problems`` lists everything that is wrong with it, not only the first thing."""

    def __init__(self, slug: str, problems: list[str]) -> None:
        super().__init__(f"pack {slug}: " + "; ".join(problems))
        self.slug = slug
        self.problems = problems


@dataclass(frozen=True, slots=True)
class PackLabel:
    """One label of a pack."""

    code: str
    role: str
    ja: str
    en: str
    colour: str
    key: str = ""
    parent: str = ""
    granularities: tuple[str, ...] = ()
    codings: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Pack:
    """Everything a campaign takes over from its society's pack."""

    slug: str
    version: str
    society: str
    name: Mapping[str, str]
    modalities: tuple[str, ...]
    granularities: tuple[str, ...]
    tools: tuple[str, ...]
    labels: tuple[PackLabel, ...]
    diagnosis: Mapping[str, Any]
    form_slug: str
    form_schema: Mapping[str, Any]
    form_ui: Mapping[str, Any]
    protocol: Mapping[str, str]
    protocol_version: str
    governance: Mapping[str, Any]
    suggestions: Mapping[str, Any] = field(default_factory=dict)


def pack_slugs() -> list[str]:
    """Return the short names of all packs that ship."""
    return sorted(path.parent.name for path in FOLDER.glob("*/pack.toml"))


@lru_cache(maxsize=64)
def load_pack(slug: str, folder: Path = FOLDER) -> Pack:
    """Read and check one pack; read once per process, for packs change with a release only.

    Raises:
        KeyError: there is no pack of this name.
        PackError: the pack is incomplete or contradicts itself.
    """
    home = folder / slug
    if "/" in slug or not (home / "pack.toml").is_file():
        raise KeyError(slug)
    try:
        pack = _read(home, folder / "codings.toml")
    except (KeyError, TypeError, tomllib.TOMLDecodeError, json.JSONDecodeError, OSError) as error:
        raise PackError(slug, [f"{type(error).__name__}: {error}"]) from error
    problems = check_pack(pack)
    if problems:
        raise PackError(slug, problems)
    return pack


def _read(home: Path, codings_file: Path) -> Pack:
    raw = tomllib.loads((home / "pack.toml").read_text("utf-8"))
    known_codes = tomllib.loads(codings_file.read_text("utf-8"))
    return Pack(
        slug=raw["slug"],
        version=raw["version"],
        society=raw["society"],
        name=raw["name"],
        modalities=tuple(raw["modalities"]),
        granularities=tuple(raw["granularities"]),
        tools=tuple(raw["tools"]),
        labels=tuple(_label(row, known_codes, raw["granularities"]) for row in raw["labels"]),
        diagnosis=raw["diagnosis"],
        form_slug=raw["form"],
        form_schema=json.loads((home / "form.schema.json").read_text("utf-8")),
        form_ui=json.loads((home / "form.ui.json").read_text("utf-8")),
        protocol={language: (home / f"protocol.{language}.md").read_text("utf-8").strip() for language in ("ja", "en")},
        protocol_version=raw["protocol_version"],
        governance=raw["governance"],
        suggestions=raw.get("suggestions", {}),
    )


def _label(row: Mapping[str, Any], known_codes: Mapping[str, Any], granularities: list[str]) -> PackLabel:
    return PackLabel(
        code=row["code"],
        role=row["role"],
        ja=row["ja"],
        en=row["en"],
        colour=row["colour"],
        key=row.get("key", ""),
        parent=row.get("parent", ""),
        granularities=tuple(row.get("at", granularities)),
        codings=tuple(_coding(text, known_codes) for text in row.get("codings", ())),
    )


def _coding(text: str, known_codes: Mapping[str, Any]) -> dict[str, Any]:
    """Expand ``"SCT 6574001 exact"``; a code that is not on the list of codes that may ship raises KeyError."""
    system, code, mapping = text.split(" ")
    return {"system": known_codes["systems"][system], "code": code, "display": {"en": known_codes[system][code]}, "mapping": mapping}
