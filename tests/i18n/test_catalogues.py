"""Every visible string has its Japanese, and every placeholder survives the translation."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("viewer", "annotation", "societies", "config")
KEYWORDS = {
    "_": None, "gettext": None, "gettext_lazy": None, "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "t": None, "tn": (1, 2), "N_": None, "msg": None, "gettext_noop": None,
}  # fmt: skip
TRANSLATE = re.compile(r"""\{%\s*(?:translate|trans)\s+(?:"([^"]+)"|'([^']+)')|_\("([^"]+)"\)""")
BLOCK = re.compile(r"\{%\s*blocktrans(?:late)?(?P<options>[^%]*)%\}(?P<body>.*?)\{%\s*endblocktrans(?:late)?\s*%\}", re.DOTALL)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|(?<!\{)\{\w+\}(?!\})|%[sd]")


def _template_strings(path: Path) -> Iterator[str]:
    text = path.read_text("utf-8")
    for match in TRANSLATE.finditer(text):
        yield next(group for group in match.groups() if group)
    for match in BLOCK.finditer(text):
        body = re.split(r"\{%\s*plural\s*%\}", match["body"])[0]
        body = re.sub(r"\{\{\s*(\w+)\s*\}\}", r"%(\1)s", body)
        yield " ".join(body.split()) if "trimmed" in match["options"] else body


def _code_strings(path: Path, method: str) -> Iterator[str]:
    for _line, message, _comments, _context in extract_from_file(method, path, keywords=KEYWORDS):
        yield message if isinstance(message, str) else message[0]


def _used() -> dict[str, set[str]]:
    """Return, for each domain, every string that can reach a person."""
    python = {text for package in PACKAGES for path in (ROOT / package).rglob("*.py") for text in _code_strings(path, "python")}
    templates = {text for path in (ROOT / "templates").rglob("*.html") for text in _template_strings(path)}
    scripts = {text for path in (ROOT / "static" / "js").rglob("*.js") for text in _code_strings(path, "javascript")}
    return {"django": python | templates, "djangojs": scripts}


def _translated(domain: str) -> dict[str, tuple[str, ...]]:
    """Return the Japanese of each string, from all catalogues of a domain."""
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted((ROOT / "locale").glob(f"*/ja/LC_MESSAGES/{domain}.po")):
        with path.open("rb") as text:
            for message in read_po(text, locale="ja"):
                key = message.id[0] if isinstance(message.id, tuple | list) else message.id
                strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
                if key and not message.fuzzy and all(strings):
                    found[key] = tuple(strings)
    return found


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_nothing_visible_is_untranslated(domain: str) -> None:
    used = _used()[domain]
    assert len(used) > 100
    missing = sorted(used - set(_translated(domain)) - {""})
    assert missing == [], f"{len(missing)} strings of {domain} have no Japanese"


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_placeholders_survive(domain: str) -> None:
    wrong = {
        key: strings
        for key, strings in _translated(domain).items()
        for string in strings
        if set(PLACEHOLDER.findall(key)) != set(PLACEHOLDER.findall(string)) and "count" not in key
    }
    assert wrong == {}
