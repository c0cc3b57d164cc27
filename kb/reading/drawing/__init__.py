"""Draws pages of PDFs, and finds the lines on them that contain a span of the parsed text. Does not use Django.

pdfium reads the files, in a child process: `python -m kb.reading.drawing`. kb.reading.page_pictures uses it.
"""
