"""Write ``docs/settings.md`` from the fields of :class:`config.env.Env`, or with ``--check`` fail when it differs."""

import sys
from pathlib import Path

from config.env import ROOT, Env

TARGET = ROOT / "docs" / "settings.md"
_HEAD = """# Settings

Everything is read from the environment; nothing needs to be set. Every wrong value is reported at once when a command starts.

| variable | default | meaning |
|---|---|---|
"""


def _default(value: object) -> str:
    """Show a default as a person would type it."""
    if isinstance(value, list):
        return ",".join(value) or "empty"
    if isinstance(value, Path):
        return f"{value.relative_to(ROOT)}/" if value.is_relative_to(ROOT) else str(value)
    return str(value).lower() if isinstance(value, bool) else str(value) or "empty"


def generate() -> str:
    """Return the page."""
    rows = [f"| `MITATE_{name.upper()}` | `{_default(field.default)}` | {field.description} |" for name, field in Env.model_fields.items()]
    return _HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    if "--check" not in sys.argv:
        TARGET.write_text(generate(), "utf-8")
    elif TARGET.read_text("utf-8") != generate():
        sys.exit("docs/settings.md is not what the code says; write it with: .venv/bin/python -m scripts.settings_doc")
