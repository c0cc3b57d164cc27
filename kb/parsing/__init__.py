"""A file -> one normalised text, its sections and page starts. `process.Parser` is what the rest of kb uses.

Nothing here knows Django: the parsing itself runs in a child process, `python -m kb.parsing`.
"""
