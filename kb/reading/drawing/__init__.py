"""Pages of PDFs as pictures, and where on them a piece of the parsed text stands. Knows no Django.

pdfium reads the files, in a child process: `python -m kb.reading.drawing`. kb.reading.page_pictures asks it.
"""
