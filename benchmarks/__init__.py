"""Measurements of a running Footnote, or of its parts. Each reports what it measured, and on what."""
