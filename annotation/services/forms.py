"""Checks form data against a society's form: in part while a reader works, as a whole when the read is submitted."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final, cast

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError, ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable

from annotation.errors import refusal
from annotation.models import FormDefinition

# A form half filled in is saved as it stands; these keywords only say that something is still to come.
_STILL_TO_COME: Final = frozenset({"required", "dependentRequired", "minProperties", "minItems", "contains"})
_BRANCHES: Final = frozenset({"anyOf", "oneOf"})


def _validator(schema: Any) -> Draft202012Validator:
    # An empty registry: a reference that points out of the schema is refused, never fetched.
    return Draft202012Validator(schema, format_checker=FormatChecker(), registry=Registry())


@lru_cache(maxsize=256)
def _validator_of(schema_text: str) -> Draft202012Validator:
    """Return the validator of a form's schema; made once per process, for a version never changes."""
    return _validator(json.loads(schema_text))


def check_form_schema(schema: Any) -> None:
    """Raise ApiError ``form_schema_invalid`` unless this is a JSON Schema 2020-12 of an object, complete in itself."""
    if not isinstance(schema, dict) or schema.get("type") != "object":
        raise refusal("form_schema_invalid", "/type")
    try:
        Draft202012Validator.check_schema(schema)
        # Walk through it once: a reference that leads nowhere shows only then.
        for _error in _validator(schema).iter_errors({}):
            pass
    except SchemaError as error:
        raise refusal("form_schema_invalid", _pointer(error)) from error
    except Unresolvable as error:
        raise refusal("form_schema_invalid") from error


def check_form_data(form: FormDefinition, data: dict[str, Any], *, complete: bool, pointer: str = "") -> None:
    """Raise ApiError ``form_invalid`` unless the data suits the form.

    Args:
        form: the campaign's form.
        data: what the reader filled in.
        complete: True asks for the whole form; False lets values be missing but none be wrong.
        pointer: JSON pointer of the data within the request.
    """
    for error in _validator_of(json.dumps(form.schema)).iter_errors(data):
        if complete or not _is_still_to_come(error):
            raise refusal("form_invalid", pointer + _pointer(error), field=_field(error))


def _is_still_to_come(error: ValidationError) -> bool:
    if error.validator in _STILL_TO_COME:
        return True
    if error.validator in _BRANCHES and error.context:
        branches: dict[Any, list[ValidationError]] = {}
        for inner in error.context:
            branches.setdefault(inner.schema_path[0], []).append(inner)
        return any(all(_is_still_to_come(inner) for inner in branch) for branch in branches.values())
    return False


def _missing(error: ValidationError) -> Iterator[str]:
    if error.validator == "required" and isinstance(error.instance, dict):
        yield from (str(name) for name in cast("list[str]", error.validator_value) if name not in error.instance)


def _pointer(error: ValidationError | SchemaError) -> str:
    steps = [str(step) for step in error.absolute_path]
    if isinstance(error, ValidationError):
        steps += list(_missing(error))[:1]
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


def _field(error: ValidationError) -> str:
    """Return the name of the form's field that the error is about; empty: the form as a whole."""
    return _pointer(error).removeprefix("/").split("/", 1)[0]
