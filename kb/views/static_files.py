"""Storage of static files."""

from servestatic.storage import CompressedManifestStaticFilesStorage


class HashedStatic(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped
    """File names contain a hash, also in imports of JavaScript modules, so that browsers can cache them forever."""

    support_js_module_import_aggregation = True
