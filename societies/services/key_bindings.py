"""The keys that a person has chosen for the actions of the workbench: one small object each, checked before it is kept."""

import json
import re
from typing import Any, Final

from django.contrib.auth.models import User

from societies.errors import refusal
from societies.models import KeyBindings

MAX_ENTRIES: Final = 200
MAX_KEYS: Final = 4
"""Keys of one action."""
MAX_ID_CHARACTERS: Final = 200
MAX_BYTES: Final = 32 << 10

# As `keyOf` in static/js/actions/registry.js writes a stroke: modifiers, then one sign or the name of a key.
_NAMED: Final = "|".join(
    (
        *("Space", "Enter", "Tab", "Escape", "Backspace", "Delete", "Insert", "Home", "End", "PageUp", "PageDown"),
        *("ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "F[1-9]", "F1[0-9]", "F2[0-4]"),
    )
)
_KEY: Final = re.compile(rf"(Ctrl\+)?(Alt\+)?(Shift\+)?({_NAMED}|\S)")


def set_bindings(*, user: User, bindings: Any) -> dict[str, list[str]]:
    """Keep a person's keys in place of those kept before.

    Ids of actions are not looked up: another image or another version of the workbench may know them.

    Args:
        user: whose keys they are.
        bindings: action id -> keys as the workbench writes them (``b``, ``Ctrl+Shift+Z``); an empty list takes all keys away.

    Raises:
        ApiError: ``key_bindings_invalid``, ``key_bindings_too_many``.
    """
    _check(bindings)
    KeyBindings.objects.update_or_create(user=user, defaults={"bindings": bindings})
    return dict(bindings)


def _check(bindings: Any) -> None:
    if not isinstance(bindings, dict):
        raise refusal("key_bindings_invalid", "/bindings")
    if len(bindings) > MAX_ENTRIES:
        raise refusal("key_bindings_too_many", "/bindings")
    for action, keys in bindings.items():
        if not (_is_id(action) and _are_keys(keys)):
            raise refusal("key_bindings_invalid", _pointer(action))
    if len(json.dumps(bindings, ensure_ascii=False).encode()) > MAX_BYTES:
        raise refusal("key_bindings_too_many", "/bindings")


def _is_id(action: Any) -> bool:
    return isinstance(action, str) and 0 < len(action) <= MAX_ID_CHARACTERS and action.isprintable()


def _are_keys(keys: Any) -> bool:
    if not isinstance(keys, list) or len(keys) > MAX_KEYS:
        return False
    are_written = all(isinstance(key, str) and key.isprintable() and _KEY.fullmatch(key) for key in keys)
    return are_written and len(set(keys)) == len(keys)


def _pointer(action: Any) -> str:
    """Return where an entry stands in the request (RFC 6901), cut to what can be shown."""
    name = "".join(each for each in str(action) if each.isprintable())[:MAX_ID_CHARACTERS]
    return f"/bindings/{name.replace('~', '~0').replace('/', '~1')}"
