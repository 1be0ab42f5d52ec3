"""Static files under names that carry their digest, so that a browser may keep them for ever."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # the library has no types
    """Rewrites the relative imports between ES modules to the hashed names as well."""

    support_js_module_import_aggregation = True
    # A module's name depends on the names of what it imports: one pass per step of the longest chain of imports.
    max_post_process_passes = 20
