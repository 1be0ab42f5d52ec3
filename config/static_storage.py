"""Static files under names that carry their digest, so that a browser may keep them for ever, and modules without comments."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import minify
from whitenoise.storage import CompressedManifestStaticFilesStorage

_OWN_MODULES: Final = "js/"
"""The vendored bundles beside them are small already."""
_SPECIFIER = r"""\s*from\s*['"](?P<url>\./[^'"]*|\.\./[^'"]*)["']\s*;)"""


class ModuleStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # the library has no types
    """Rewrites the relative imports between ES modules to the hashed names as well."""

    support_js_module_import_aggregation = True
    # A module's name depends on the names of what it imports: one pass per step of the longest chain of imports.
    max_post_process_passes = 20
    # Django's own patterns start at the words "import" and "export" wherever they stand, in comments too, and then rename
    # what follows twice. A statement starts a line, and its names stand in braces or are one word.
    _js_module_import_aggregation_patterns = (
        "*.js",
        (
            (
                r"(?m)^(?P<matched>import(?P<import>\s*(?:\w+\s*,\s*)?(?:\{[^}]*\}|\*\s*as\s+\w+|\w+))" + _SPECIFIER,
                'import%(import)s from "%(url)s";',
            ),
            (r"(?m)^(?P<matched>export(?P<exports>\s*(?:\{[^}]*\}|\*(?:\s*as\s+\w+)?))" + _SPECIFIER, 'export%(exports)s from "%(url)s";'),
            (r"""(?m)^(?P<matched>import\s*['"](?P<url>\./[^'"]*|\.\./[^'"]*)["']\s*;)""", 'import"%(url)s";'),
            # What a page fetches only when it is asked for; not the types of modules, which comments name.
            (r"(?P<matched>(?<!\{)(?<!typeof )\bimport\('(?P<url>\./[^']*|\.\./[^']*)'\))", 'import("%(url)s")'),
        ),
    )

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Take comments and long names out of the modules, which have their final imports by now; then compress all."""
        paths = list(paths)
        for name in paths:
            if name.startswith(_OWN_MODULES) and name.endswith(".js"):
                file = Path(self.path(name))
                file.write_text(minify.string("application/javascript", file.read_text("utf-8")), "utf-8")
        yield from super().compress_files(paths)
