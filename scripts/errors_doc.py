"""Write ``docs/errors.md`` from the tables of the code, or with ``--check`` fail when it differs."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "docs" / "errors.md"
_HEAD = """# Error codes

Every refusal has the shape `{"error": {"code", "message", "hint"}}`, with a `pointer` where it is about a part of the request.
The code never changes its meaning; message and hint come in the language of the request.
Foreign and unknown things answer alike: `not_found`.
"""


def _rows() -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """Yield the title of each table with its rows of code, message and hint, in English."""
    from annotation.errors import REFUSALS as MARKING  # noqa: PLC0415  # after Django is set up
    from annotation.importers.problems import IMPORT_PROBLEMS  # noqa: PLC0415
    from annotation.schema.problems import PROBLEM_TEXTS  # noqa: PLC0415
    from annotation.services.cell_errors import IMPORT_TEXTS  # noqa: PLC0415
    from annotation.services.code_errors import REFUSALS as CODES  # noqa: PLC0415
    from annotation.services.export_job_errors import EXPORT_JOB_TEXTS  # noqa: PLC0415
    from annotation.services.export_requirements import EXPORT_TEXTS  # noqa: PLC0415
    from annotation.services.release_errors import BLOCKER_TEXTS  # noqa: PLC0415
    from annotation.services.release_errors import REFUSALS as RELEASES  # noqa: PLC0415
    from annotation.services.suggestion_errors import ENDPOINT_TEXTS, PROMPT_TEXTS  # noqa: PLC0415
    from annotation.services.vocabulary_errors import CONTENT_TEXTS  # noqa: PLC0415
    from annotation.services.vocabulary_errors import REFUSALS as VOCABULARIES  # noqa: PLC0415
    from societies.errors import REFUSALS as PEOPLE  # noqa: PLC0415
    from viewer.readers.errors import REASONS as READING  # noqa: PLC0415
    from viewer.services.reasons import REASONS as INGEST  # noqa: PLC0415
    from viewer.views.failures import FAILURES  # noqa: PLC0415

    yield "Marks and reads", [(code, str(said.text), str(said.hint)) for code, said in MARKING.items()]
    yield "Shapes and documents", [(code, str(said[0]), str(said[1])) for code, said in PROBLEM_TEXTS.items()]
    yield "Societies, campaigns and the worklist", [(code, str(said.text), str(said.hint)) for code, said in PEOPLE.items()]
    yield "Files that are refused", [(code, *said) for code, said in READING.items()]
    yield "Taking files in", [(code, str(said.text), str(said.hint)) for code, said in INGEST.items()]
    yield "Model endpoints", [(code, str(said[0]), str(said[1])) for code, said in ENDPOINT_TEXTS.items()]
    yield "Pointing at something", [(code, str(said[1]), str(said[2])) for code, said in PROMPT_TEXTS.items()]
    yield "Exports", [(code, str(said[0]), str(said[1])) for code, said in EXPORT_TEXTS.items()]
    yield "Label sets, forms and label maps", [(code, str(said.text), str(said.hint)) for code, said in VOCABULARIES.items()]
    yield "What is wrong in a draft", [(code, str(said), "Correct it where the pointer says.") for code, said in CONTENT_TEXTS.items()]
    yield "Exports that the worker makes", [(code, str(said[1]), str(said[2])) for code, said in EXPORT_JOB_TEXTS.items()]
    yield "Releases", [(code, str(said[1]), str(said[2])) for code, said in RELEASES.items()]
    yield "Tables of codes", [(code, str(said[1]), str(said[2])) for code, said in CODES.items()]
    yield "What keeps a release", [(code, str(said[0]), str(said[1])) for code, said in BLOCKER_TEXTS.items()]
    yield "Importing marks", [(code, str(said.text), str(said.hint)) for code, said in IMPORT_PROBLEMS.items()]
    yield "The server itself (status 503, with `Retry-After`)", [(code, str(said[0]), str(said[1])) for code, said in FAILURES.items()]
    yield "Importing cells", [(code, str(said[0]), str(said[1])) for code, said in IMPORT_TEXTS.items()]


def generate() -> str:
    """Return the page."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django  # noqa: PLC0415  # settings must be named first

    django.setup()
    from django.utils import translation  # noqa: PLC0415

    parts = [_HEAD]
    with translation.override("en"):
        for title, rows in _rows():
            table = "\n".join(f"| `{code}` | {text} | {hint} |" for code, text, hint in sorted(rows))
            parts.append(f"## {title}\n\n| code | what it says | what to do next |\n|---|---|---|\n{table}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    fresh = generate()
    if "--check" not in sys.argv:
        TARGET.write_text(fresh, "utf-8")
    elif not TARGET.exists() or TARGET.read_text("utf-8") != fresh:
        sys.exit("docs/errors.md is not what the code says; write it with: .venv/bin/python -m scripts.errors_doc")
