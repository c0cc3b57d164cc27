"""Measurements against a running Footnote, or of its parts. Each says what it measured and on what."""
