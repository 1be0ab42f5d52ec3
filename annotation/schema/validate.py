"""Check a document: its JSON Schema (Draft 2020-12) first, then the rules that a schema cannot say."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.protocols import Validator
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable

from annotation.schema.canonical import CanonicalError, canonical_json, content_hash
from annotation.schema.problems import Problem, ShapeError
from annotation.schema.shapes import check_inside, parse_geometry
from annotation.schema.skeleton import light_copy, skeleton
from annotation.schema.versions import KNOWN_VERSIONS, LATEST_VERSION, load_schema, schema_id

__all__ = [
    "FormSchemas",
    "Members",
    "check_annotation",
    "check_annotation_schema",
    "check_group_schema",
    "form_problems",
    "governance_problems",
    "validate_document",
]

FormSchemas = Mapping[tuple[str, str], Mapping[str, Any]]
"""(form id, version) -> the form's own JSON Schema."""

TIER_RULES: Final[Mapping[str, tuple[str, ...]]] = {
    "platform": ("disclosedAnnotation",),
    "third-party": ("disclosedAnnotation", "thirdPartyAnnotation"),
}
"""tier -> the definitions of the schema that its annotations obey besides the common one."""

MAX_PROBLEMS: Final = 50
MAX_SKELETONS: Final = 4096
_OUTLINES: Final = frozenset({"Point", "Rectangle", "Polygon", "MultiPolygon"})
_GOOD_SKELETONS: Final[set[bytes]] = set()


class Members:
    """What the parts of a document may refer to: its images, agents and reports by id."""

    def __init__(self, images: Iterable[Mapping[str, Any]], agent_types: Mapping[str, str], reports: Iterable[str] = ()) -> None:
        self.images = {str(image["id"]): image for image in images}
        self.agent_types = agent_types
        self.reports = set(reports)
        self.marks: dict[str, str] = {}
        """Id of each annotation that a finding of the examination may cite -> id of its image."""


def validate_document(document: object, *, forms: FormSchemas | None = None) -> list[Problem]:
    """Return what is wrong with a document, at most 50 findings; empty means valid.

    `forms` holds the schemas of the forms that annotations may use; None leaves form data unchecked.
    """
    version = document.get("schemaVersion", LATEST_VERSION) if isinstance(document, dict) else LATEST_VERSION
    if version not in KNOWN_VERSIONS:
        return [Problem("schema_version_unknown", "/schemaVersion")]
    problems = _take(_schema_problems(_validator(version), document))
    if problems or not isinstance(document, dict):
        return problems
    problems = _take(_semantic_problems(document, forms))
    return problems or _take(_hash_problems(document))


def check_annotation_schema(annotation: dict[str, Any], *, tier: str = "society") -> Iterator[Problem]:
    """Check one annotation against its part of the schema; pointers start at the annotation.

    The coordinates of outlines are left to `check_annotation`. An annotation whose skeleton was found good is not looked at
    again, but for what its tier forbids.
    """
    light = light_copy(annotation)
    for definition in TIER_RULES.get(tier, ()):  # small rules, and about what the skeleton leaves out
        yield from _schema_problems(_validator(LATEST_VERSION, definition), light)
    key = canonical_json(skeleton(light))
    if key in _GOOD_SKELETONS:
        return
    found = False
    for problem in _schema_problems(_validator(LATEST_VERSION, "annotation"), light):
        found = True
        yield problem
    if not found and len(_GOOD_SKELETONS) < MAX_SKELETONS:
        _GOOD_SKELETONS.add(key)


def check_group_schema(group: dict[str, Any], *, tier: str = "society") -> Iterator[Problem]:
    """Check one packed group against its part of the schema; pointers start at the group."""
    for definition in ("bulkGroup", *(("disclosedGroup",) if tier in TIER_RULES else ())):
        yield from _schema_problems(_validator(LATEST_VERSION, definition), group)


def check_annotation(
    annotation: Mapping[str, Any], members: Members, forms: FormSchemas | None = None, *, held_back: bool = False
) -> Iterator[Problem]:
    """Check what an annotation refers to, its shapes and its form; pointers start at the annotation.

    `held_back` tells that free text was taken out of the form, so that required values may be missing.
    """
    target = annotation["target"]
    image = members.images.get(target.get("imageId", ""))
    if "imageId" in target and image is None:
        yield Problem("unknown_image", "/target/imageId")
    if image is not None:
        yield from _frame_problems(target, image)
    yield from _citation_problems(annotation.get("cites", ()), members)
    for name in ("createdBy", "updatedBy"):
        if name in annotation and annotation[name] not in members.agent_types:
            yield Problem("unknown_agent", f"/{name}")
    yield from _review_problems(annotation["review"], members)
    for index, event in enumerate(annotation.get("confirmations", ())):
        if event["by"] not in members.agent_types:
            yield Problem("unknown_agent", f"/confirmations/{index}/by")
        yield from _basis_problems(event["before"]["basis"], f"/confirmations/{index}/before/basis", members)
    yield from _suggestion_problems(annotation.get("suggestion"), members, image)
    yield from _basis_problems(annotation.get("basis", ()), "/basis", members)
    for name in ("geometry", "nucleus"):
        if name in annotation:
            yield from _geometry_problems(annotation[name], f"/{name}", image)
    if forms is not None and "form" in annotation:
        complete = annotation["review"]["state"] != "draft" and not held_back
        yield from form_problems(annotation["form"], forms, complete=complete)


def form_problems(form: Mapping[str, Any], forms: FormSchemas, *, complete: bool = True) -> Iterator[Problem]:
    """Check the data of a form against the form's own schema; pointers start at the annotation.

    `complete` False lets values be missing, but none be wrong.
    """
    schema = forms.get((form["formId"], form["version"]))
    if schema is None:
        yield Problem("unknown_form", "/form/formId")
        return
    try:
        for error in Draft202012Validator(schema, registry=Registry()).iter_errors(form["data"]):
            if complete or not _is_still_to_come(error):
                yield Problem("form_invalid", "/form/data" + _pointer(error), _detail(error))
    except Unresolvable as error:
        yield Problem("unknown_form", "/form/formId", str(error)[:160])


def governance_problems(governance: Mapping[str, Any]) -> list[Problem]:
    """Return what is wrong with a governance block; pointers start at the block."""
    return _take(_schema_problems(_validator(LATEST_VERSION, "governance"), dict(governance)))


def _is_still_to_come(error: ValidationError) -> bool:
    """Tell whether an error says no more than that something is missing as yet."""
    if error.validator in {"anyOf", "oneOf"} and error.context:
        branches: dict[Any, list[ValidationError]] = {}
        for inner in error.context:
            branches.setdefault(inner.schema_path[0], []).append(inner)
        return any(all(_is_still_to_come(inner) for inner in branch) for branch in branches.values())
    return error.validator in {"required", "dependentRequired", "minProperties", "minItems", "contains"}


@cache
def _validator(version: str, definition: str = "") -> Validator:
    schema = load_schema(version)
    registry: Registry[Any] = Registry().with_resource(schema_id(version), Resource.from_contents(schema))
    fragment = f"#/$defs/{definition}" if definition else ""
    checker = Draft202012Validator.FORMAT_CHECKER
    return Draft202012Validator({"$ref": schema_id(version) + fragment}, registry=registry, format_checker=checker)


def _take(problems: Iterator[Problem]) -> list[Problem]:
    return [problem for problem, _ in zip(problems, range(MAX_PROBLEMS), strict=False)]


def _schema_problems(validator: Validator, value: Any) -> Iterator[Problem]:
    for error in validator.iter_errors(value):
        # of a failed choice, the branch that came closest says more than the choice itself
        closest = best_match([error]) or error
        yield Problem("schema_violation", _pointer(closest), _detail(closest))


def _pointer(error: ValidationError) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in error.absolute_path)


def _detail(error: ValidationError) -> str:
    return error.message if len(error.message) <= 160 else f"{error.message[:120]} ... {error.message[-35:]}"


def _at(prefix: str, problems: Iterable[Problem]) -> Iterator[Problem]:
    for problem in problems:
        yield Problem(problem.code, prefix + problem.pointer, problem.detail)


def _semantic_problems(document: dict[str, Any], forms: FormSchemas | None) -> Iterator[Problem]:
    agent_types = {agent["id"]: agent["type"] for agent in document["agents"]}
    members = Members(document["images"], agent_types, (report["id"] for report in document.get("reports", ())))
    for name in ("images", "agents", "reports", "annotations", "annotationGroups"):
        yield from _duplicates(document.get(name, ()), f"/{name}")
    annotation_ids = {annotation["id"] for annotation in document["annotations"]}
    members.marks = {each["id"]: each["target"].get("imageId", "") for each in document["annotations"] if "cites" not in each}
    for index, annotation in enumerate(document["annotations"]):
        held_back = document["disclosureTier"] in TIER_RULES
        yield from _at(f"/annotations/{index}", check_annotation(annotation, members, forms, held_back=held_back))
        for number, relation in enumerate(annotation.get("relations", ())):
            if "documentId" not in relation and relation["annotationId"] not in annotation_ids:
                yield Problem("unknown_annotation", f"/annotations/{index}/relations/{number}/annotationId")
    yield from _reference_problems(document, members)


def _duplicates(entries: Iterable[Mapping[str, Any]], pointer: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        if entry["id"] in seen:
            yield Problem("duplicate_id", f"{pointer}/{index}/id", entry["id"])
        seen.add(entry["id"])


def _reference_problems(document: Mapping[str, Any], members: Members) -> Iterator[Problem]:
    deidentification = document["governance"].get("deidentification", {})
    agents = [("/governance/deidentification/pixelConfirmedBy", deidentification.get("pixelConfirmedBy"))]
    for name, key in (("links", "confirmedBy"), ("history", "by"), ("annotationGroups", "createdBy")):
        agents += [(f"/{name}/{index}/{key}", entry.get(key)) for index, entry in enumerate(document.get(name, ()))]
    for index, image in enumerate(document["images"]):
        agents.append((f"/images/{index}/burnedIn/confirmedBy", image.get("burnedIn", {}).get("confirmedBy")))
    for pointer, agent in agents:
        if agent is not None and agent not in members.agent_types:
            yield Problem("unknown_agent", pointer)
    for index, group in enumerate(document.get("annotationGroups", ())):
        if group["imageId"] not in members.images:
            yield Problem("unknown_image", f"/annotationGroups/{index}/imageId")
        yield from _at(f"/annotationGroups/{index}", _suggestion_problems(group.get("suggestion"), members, None))
    for index, report in enumerate(document.get("reports", ())):
        yield from _at(f"/reports/{index}", _report_problems(report, members))


def _report_problems(report: Mapping[str, Any], members: Members) -> Iterator[Problem]:
    for index, image_id in enumerate(report.get("imageIds", ())):
        if image_id not in members.images:
            yield Problem("unknown_image", f"/imageIds/{index}")
    yield from _term_problems(report, members)
    for index, diagnosis in enumerate(report.get("confirmedDiagnosis", ())):
        if diagnosis["enteredBy"] not in members.agent_types:
            yield Problem("unknown_agent", f"/confirmedDiagnosis/{index}/enteredBy")
        yield from _basis_problems(diagnosis["basis"], f"/confirmedDiagnosis/{index}/basis", members)


def _term_problems(report: Mapping[str, Any], members: Members) -> Iterator[Problem]:
    """Check that terms lie within the text, which is the one whose digest is told; offsets count Unicode code points."""
    texts = list(report.get("text", {}).values())
    if texts and "digest" in report and all(f"sha256:{hashlib.sha256(text.encode()).hexdigest()}" != report["digest"] for text in texts):
        yield Problem("report_digest_mismatch", "/digest")
    longest = max((len(text) for text in texts), default=None)
    for index, term in enumerate(report.get("terms", ())):
        if "enteredBy" in term and term["enteredBy"] not in members.agent_types:
            yield Problem("unknown_agent", f"/terms/{index}/enteredBy")
        if "start" in term and (term["start"] >= term["end"] or (longest is not None and term["end"] > longest)):
            yield Problem("term_outside_text", f"/terms/{index}/end")


def _frame_problems(target: Mapping[str, Any], image: Mapping[str, Any]) -> Iterator[Problem]:
    frames = image["pixelMatrix"].get("frames", 1)
    if target.get("frame", 0) >= frames:
        yield Problem("frame_outside_image", "/target/frame")
    first, last = target.get("frameRange", (0, 0))
    if last >= frames or first > last:
        yield Problem("frame_outside_image", "/target/frameRange")


def _citation_problems(cites: Iterable[Mapping[str, Any]], members: Members) -> Iterator[Problem]:
    """Check that images, frames and marks that a finding cites are there; a mark is one of the image that is named with it."""
    for index, cited in enumerate(cites):
        image = members.images.get(cited["imageId"])
        if image is None:
            yield Problem("unknown_image", f"/cites/{index}/imageId")
        elif cited.get("frame", 0) >= image["pixelMatrix"].get("frames", 1):
            yield Problem("frame_outside_image", f"/cites/{index}/frame")
        if "annotationId" in cited and members.marks.get(cited["annotationId"]) != cited["imageId"]:
            yield Problem("unknown_annotation", f"/cites/{index}/annotationId")


def _review_problems(review: Mapping[str, Any], members: Members) -> Iterator[Problem]:
    for index, event in enumerate(review.get("events", ())):
        if event["by"] not in members.agent_types:
            yield Problem("unknown_agent", f"/review/events/{index}/by")


def _suggestion_problems(suggestion: Mapping[str, Any] | None, members: Members, image: Mapping[str, Any] | None) -> Iterator[Problem]:
    if suggestion is None:
        return
    agent_type = members.agent_types.get(suggestion["modelId"])
    if agent_type != "model":
        yield Problem("unknown_agent" if agent_type is None else "not_a_model", "/suggestion/modelId")
    if "decidedBy" in suggestion and suggestion["decidedBy"] not in members.agent_types:
        yield Problem("unknown_agent", "/suggestion/decidedBy")
    original = suggestion.get("original", {}).get("geometry")
    if original is not None:
        yield from _geometry_problems(original, "/suggestion/original/geometry", image)


def _basis_problems(basis: Iterable[Mapping[str, Any]], pointer: str, members: Members) -> Iterator[Problem]:
    for index, entry in enumerate(basis):
        # a report of another document is named by that document's id and cannot be looked up here
        if "reportId" in entry and "documentId" not in entry and entry["reportId"] not in members.reports:
            yield Problem("unknown_report", f"{pointer}/{index}/reportId")


def _geometry_problems(geometry: Mapping[str, Any], pointer: str, image: Mapping[str, Any] | None) -> Iterator[Problem]:
    if geometry["type"] == "Track":
        frames = image["pixelMatrix"].get("frames", 1) if image is not None else None
        before = -1
        for index, keyframe in enumerate(geometry["keyframes"]):
            if keyframe["frame"] <= before:
                yield Problem("track_order", f"{pointer}/keyframes/{index}/frame")
            if frames is not None and keyframe["frame"] >= frames:
                yield Problem("frame_outside_image", f"{pointer}/keyframes/{index}/frame")
            before = keyframe["frame"]
            if "geometry" in keyframe:
                yield from _geometry_problems(keyframe["geometry"], f"{pointer}/keyframes/{index}/geometry", image)
        return
    matrix = image["pixelMatrix"] if image is not None else None
    if geometry["type"] not in _OUTLINES or "rotation" in geometry:
        if matrix is not None and not _extent_inside(geometry, matrix):
            yield Problem("geometry_outside_image", pointer)
        return
    try:
        shape = parse_geometry(geometry)
        if matrix is not None:
            check_inside(shape, width=matrix["width"], height=matrix["height"])
    except ShapeError as error:
        yield Problem(error.code, pointer + error.pointer)


def _extent_inside(geometry: Mapping[str, Any], matrix: Mapping[str, Any]) -> bool:
    """Tell whether the defining positions of a less usual geometry lie inside the image."""
    kind = geometry["type"]
    if kind in {"MultiPoint", "LineString"}:
        positions = geometry["coordinates"]
    elif kind == "Rectangle":  # a turned one: its middle
        x, y, width, height = geometry["bbox"]
        positions = [(x + width / 2, y + height / 2)]
    elif kind == "Ellipse":
        positions = [geometry["center"]]
    elif kind == "Mask":
        height, width = geometry["rle"]["size"]
        (x, y), step = geometry["origin"], geometry["downsample"]
        # the last mask pixel may stick out by less than one mask pixel
        positions = [(x, y), (x + (width - 1) * step, y + (height - 1) * step)]
    else:
        return all(tuple(mask["rle"]["size"]) == (matrix["height"], matrix["width"]) for mask in geometry.get("slices", ()))
    return all(0 <= x <= matrix["width"] and 0 <= y <= matrix["height"] for x, y in positions)


def _hash_problems(document: dict[str, Any]) -> Iterator[Problem]:
    if "contentHash" not in document:
        return
    try:
        expected = content_hash(document)
    except CanonicalError as error:
        yield Problem("schema_violation", "", str(error))
        return
    if document["contentHash"] != expected:
        yield Problem("content_hash_mismatch", "/contentHash", expected)
