"""Every sentence of these pages exists in Japanese."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_javascript, extract_python
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "locale" / "societies" / "ja" / "LC_MESSAGES"
TEMPLATES = ("*.html", "parts/*.html", "societies/*.html")
SCRIPTS = (
    "societies/*.js",
    "societies/*/*.js",
    "pages/home.js",
    "pages/campaign.js",
    "pages/campaign_new.js",
    "pages/members.js",
    "pages/endpoints.js",
    "pages/releases.js",
    "pages/datasets.js",
    "pages/vocabularies.js",
    "pages/vocabulary.js",
    "pages/code_tables.js",
    "pages/own_contributions.js",
)
_CALL = re.compile(r"""\b_?(?:gettext|_)\(u?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\)""")


def python_texts() -> Iterator[str]:
    keywords = {"_": None, "gettext": None, "gettext_lazy": None}
    for path in (ROOT / "societies").rglob("*.py"):
        if "migrations" not in path.parts:
            for _line, _name, message, _comments in extract_python(io.BytesIO(path.read_bytes()), keywords, [], {}):
                if isinstance(message, str):
                    yield message


def template_texts() -> Iterator[str]:
    for pattern in TEMPLATES:
        for path in (ROOT / "templates").glob(pattern):
            for match in _CALL.finditer(templatize(path.read_text("utf-8"), origin=str(path))):
                yield match[1][1:-1].replace("\\'", "'").replace('\\"', '"')


def script_texts() -> Iterator[str]:
    keywords = {"t": None, "tn": (1, 2)}
    for pattern in SCRIPTS:
        for path in (ROOT / "static" / "js").glob(pattern):
            for _line, name, message, _comments in extract_javascript(io.BytesIO(path.read_bytes()), keywords, [], {}):
                parts = message if isinstance(message, tuple) else (message,)
                yield from (part for part in parts[: 2 if name == "tn" else 1] if part)


def japanese(name: str) -> set[str]:
    """Return the texts that a catalogue has in Japanese, singular and plural."""
    with (CATALOGUE / name).open("rb") as file:
        catalogue = read_po(file, locale="ja", abort_invalid=True)
    known = set()
    for message in catalogue:
        if message.id and message.string and not message.fuzzy:
            known |= set(message.id) if isinstance(message.id, tuple) else {message.id}
    return known


def test_nothing_is_left_in_english() -> None:
    assert {*python_texts(), *template_texts()} - japanese("django.po") == set()
    assert set(script_texts()) - japanese("djangojs.po") == set()


def test_nothing_is_translated_that_nobody_says() -> None:
    assert japanese("django.po") - {*python_texts(), *template_texts()} == set()
    assert japanese("djangojs.po") - set(script_texts()) == set()
