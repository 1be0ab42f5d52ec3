"""What leaves the site: exported documents, compared with what was done on the screen."""

import json
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from annotation.schema.versions import LATEST_VERSION, schema_bytes
from tests.browser.drawn import Drawn
from tests.browser.site import Site

VERDICTS = {"accept": "accepted", "edit": "edited", "relabel": "relabelled", "reject": "rejected"}


def exported_documents(site: Site, campaign_id: str, *, drafts: bool = False) -> list[dict[str, Any]]:
    """Export a campaign by the command and return its documents, each checked against the published schema."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "export.zip"
        site.manage("export", campaign_id, "--format", "document", "--output", str(output), *(["--drafts"] if drafts else []))
        with zipfile.ZipFile(output) as archive:
            names = [name for name in archive.namelist() if name.startswith("documents/")]
            documents = [json.loads(archive.read(name)) for name in names]
    validator = Draft202012Validator(json.loads(schema_bytes(LATEST_VERSION)))
    for document in documents:
        validator.validate(document)
    return documents


class ExportedRead:
    """The part of a document that one read put there."""

    def __init__(self, site: Site, campaign_id: str, read_id: str, *, drafts: bool = False) -> None:
        for document in exported_documents(site, campaign_id, drafts=drafts):
            reads = {read["id"]: read for read in document["extensions"]["org.mitate.reads"]}
            if read_id in reads:
                break
        else:
            raise AssertionError(f"no exported document holds read {read_id}")
        self.document = document
        self.read = reads[read_id]
        self.decisions = {
            each["suggestionId"]: each for each in document["extensions"]["org.mitate.decisions"] if each["readId"] == read_id
        }
        self.annotations = {
            each["id"]: each
            for each in document["annotations"]
            if each["createdBy"] == self.read["reader"] and each["target"]["imageId"] == self.read["imageId"]
        }

    def assert_marks(self, drawn: Iterable[Drawn]) -> None:
        """Assert that exactly these shapes were drawn by hand."""
        expected = {mark.id: mark for mark in drawn}
        shapes = {key: each for key, each in self.annotations.items() if "geometry" in each and "suggestion" not in each}
        assert set(shapes) == set(expected)
        for key, mark in expected.items():
            annotation = shapes[key]
            assert codes(annotation) == [mark.label]
            assert annotation["target"].get("frame") == mark.frame
            assert annotation["review"]["state"] == ("submitted" if self.read["state"] == "submitted" else "draft")
            mark.check(annotation["geometry"])

    def assert_diagnosis(self, expected: dict[str, Any]) -> dict[str, Any]:
        """Assert what is said of the whole image, and return its entry."""
        whole = [each for each in self.annotations.values() if "geometry" not in each]
        assert len(whole) == 1, whole
        said = whole[0]
        assert codes(said) == expected["labels"]
        assert said.get("form", {}).get("data") == expected["form"]
        assert said.get("confidence", {}).get("category") == expected["certainty"]
        assert said.get("basis", []) == expected["basis"]
        return said

    def assert_decisions(self, expected: dict[str, tuple[str, str | None]]) -> None:
        """Assert every decision: suggestion id -> (verdict, label that the mark carries; None where no mark came of it)."""
        assert {key: each["verdict"] for key, each in self.decisions.items()} == {key: verdict for key, (verdict, _) in expected.items()}
        for key, (verdict, label) in expected.items():
            decision = self.decisions[key]
            assert decision["shownAt"] <= decision["at"], decision
            if label is None:
                assert "annotationId" not in decision
                continue
            annotation = self.annotations[decision["annotationId"]]
            assert codes(annotation) == [label]
            assert annotation["suggestion"]["suggestionId"] == key
            assert annotation["suggestion"]["disposition"] == VERDICTS[verdict]
            if verdict in {"accept", "relabel"} and "geometry" in annotation:
                assert annotation["geometry"] == annotation["suggestion"]["original"]["geometry"]


def codes(annotation: dict[str, Any]) -> list[str]:
    """Return the society's own code of each label."""
    return [label["coding"][0]["code"] for label in annotation["labels"]]
