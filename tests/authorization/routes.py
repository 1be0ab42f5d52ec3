"""Every address that the site answers, read from the URL configuration itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from django.urls import URLPattern, URLResolver

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
"""HEAD is answered like GET and OPTIONS by the framework; both have tests of their own."""


class Route(NamedTuple):
    """An address pattern: its name, how it is written, the names of its parts, and what answers."""

    name: str
    pattern: str
    parameters: frozenset[str]
    view: Callable[..., Any]

    @property
    def view_class(self) -> Any:
        """The class behind the view; None for a plain function."""
        return getattr(self.view, "cls", None) or getattr(self.view, "view_class", None)

    @property
    def is_api(self) -> bool:
        """Whether the address is the API's."""
        return self.pattern.startswith("api/")


def routes(patterns: Sequence[URLPattern | URLResolver], prefix: str = "") -> Iterator[Route]:
    """Yield every route below some patterns, depth first; an address without a name has its pattern as name."""
    for pattern in patterns:
        written = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, written)
        else:
            yield Route(pattern.name or written, written, frozenset(pattern.pattern.converters), pattern.callback)


def methods_of(route: Route) -> frozenset[str]:
    """Return the methods that a view takes: those of its class, or those that its decorator lets through."""
    if route.view_class is not None:
        taken = route.view_class.http_method_names
        return frozenset(method for method in METHODS if method.lower() in taken and hasattr(route.view_class, method.lower()))
    return frozenset(METHODS) & frozenset(_let_through(route.view))


def _let_through(view: Any) -> Sequence[str]:
    """Return what ``require_http_methods`` was told, wherever it stands among the decorators; all methods without it."""
    while view is not None:
        code = getattr(view, "__code__", None)
        for name, cell in zip(code.co_freevars if code else (), getattr(view, "__closure__", None) or (), strict=True):
            if name == "request_method_list":
                return list(cell.cell_contents)
        view = getattr(view, "__wrapped__", None)
    return METHODS


def gaps(found: Sequence[Route], table: dict[str, dict[str, Any]]) -> list[str]:
    """Return what a table does not say: routes and methods without a row, names that stand for two routes."""
    missing = [
        f"{route.name}: {method} /{route.pattern} has no row"
        for route in found
        for method in sorted(methods_of(route))
        if method not in table.get(route.name, {})
    ]
    missing += [f"/{route.pattern} takes no method" for route in found if not methods_of(route)]
    names = [route.name for route in found]
    return missing + [f"{name} is the name of two routes" for name in sorted({name for name in names if names.count(name) > 1})]


def leftovers(found: Sequence[Route], table: dict[str, dict[str, Any]]) -> list[str]:
    """Return the rows whose route or method is gone."""
    there = {route.name: methods_of(route) for route in found}
    return [f"{name}: {method}" for name, rows in table.items() for method in rows if method not in there.get(name, frozenset())]
