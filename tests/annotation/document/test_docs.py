import json
import re
from pathlib import Path

from annotation.schema.annotation_member import CENTRE_KEY
from annotation.schema.document import DECISIONS_KEY, READS_KEY
from annotation.schema.labels import Granularity
from annotation.schema.problems import PROBLEM_TEXTS
from annotation.schema.validate import validate_document
from annotation.schema.versions import LATEST_VERSION

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "schema.md").read_text("utf-8")


def test_the_example_is_a_valid_document_with_a_true_digest() -> None:
    (example,) = re.findall(r"```json\n(.*?)\n```", TEXT, re.DOTALL)
    document = json.loads(example)
    assert document["schemaVersion"] == LATEST_VERSION
    assert "contentHash" in document
    assert validate_document(document) == []


def test_every_code_granularity_and_extension_is_explained() -> None:
    for code, (text, hint) in PROBLEM_TEXTS.items():
        assert f"| `{code}` | {text} {hint} |" in TEXT
    for word in (*Granularity, CENTRE_KEY, DECISIONS_KEY, READS_KEY):
        assert f"`{word}`" in TEXT
