"""Draws pages of PDFs, and finds the lines on them in which a span of the parsed text stands. Knows no Django.

pdfium reads the files, in a child process: `python -m kb.reading.drawing`. drawer.py asks it
for kb.reading.page_pictures.
"""
