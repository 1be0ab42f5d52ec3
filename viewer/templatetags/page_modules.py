"""Tells the browser of all modules of a page at once, instead of letting it find them import by import."""

import posixpath
import re
from functools import cache
from pathlib import Path
from typing import Final

from django import template
from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()
_IMPORT: Final = re.compile(r"""^(?:import\s*|(?:import|export)\b[^'";]*?\bfrom\s*)['"](\.{1,2}/[^'"]+)['"]""", re.MULTILINE)


@register.simple_tag
def preload_modules(page: str) -> SafeString:
    """`modulepreload` links for everything that a page's module imports, directly or not; for the head of the page.

    Args:
        page: the module's path within the static files.
    """
    names = modules_of(page) if settings.DEBUG else _kept_modules_of(page)
    return format_html_join("\n", '<link rel="modulepreload" href="{}">', ((static(name),) for name in names))


def modules_of(page: str) -> list[str]:
    """The module and all that it imports statically, each after one that imports it.

    Raises:
        FileNotFoundError: when a module imports one that is not there.
    """
    found = [page]
    for name in found:  # which grows meanwhile
        path = finders.find(name)
        if path is None:
            raise FileNotFoundError(name)
        imported = _IMPORT.findall(Path(path).read_text("utf-8"))
        named = [posixpath.normpath(posixpath.join(posixpath.dirname(name), each)) for each in imported]
        found += [each for each in dict.fromkeys(named) if each not in found]
    return found


_kept_modules_of = cache(modules_of)
