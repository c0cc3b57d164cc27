"""PDF by pypdf: content -> lines -> columns -> tables and paragraphs -> text with headings and page starts.

`document` combines the steps. https://pypdf.readthedocs.io; the format is specified in ISO 32000-1.
"""

from kb.parsing.pdf.document import parse

__all__ = ["parse"]
