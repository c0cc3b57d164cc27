"""Draws pages of PDFs, and finds the lines on them in which a span of the parsed text stands. Knows no Django.

pdfium reads the files, in a child process: `python -m kb.reading.drawing`. kb.reading.page_pictures asks it.
"""
