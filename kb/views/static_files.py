"""How static files are named."""

from servestatic.storage import CompressedManifestStaticFilesStorage


class HashedStatic(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped
    """Names carry a hash of the content, also in JavaScript modules' imports: browsers may keep them for ever."""

    support_js_module_import_aggregation = True
