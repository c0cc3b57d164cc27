"""PDF by pypdf: content -> lines -> columns -> tables and paragraphs -> text with headings and page starts.

`document` puts it together. https://pypdf.readthedocs.io; of the format itself, ISO 32000-1.
"""

from kb.parsing.pdf.document import parse

__all__ = ["parse"]
