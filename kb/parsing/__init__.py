"""Turns a file into one normalised text with its sections and page starts. The rest of kb uses `process.Parser`.

Nothing here imports Django: parsing runs in a child process, `python -m kb.parsing`.
"""
