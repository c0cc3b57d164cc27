"""Pages of PDFs as pictures, and where on them a piece of the parsed text stands. Knows no Django.

pdfium reads the files, in a child process: `python -m kb.pages`. See `kb.pictures` for who asks it.
"""
