"""Questions before and after the upgrade, and how to read the highlighted words of a page."""

import html
import re

QUESTIONS = [
    ("how long do bones boil", "hybrid"),
    ("when does the last ferry leave", "hybrid"),
    ("骨头汤要煮多久", "hybrid"),
    ("starboard channel or mussels", "hybrid"),
    ("who collects fees from ships", "dense"),
    ("resting dough", "dense"),
    ("盐和白胡椒", "lexical"),
    ("salt broth", "lexical"),
    ("damp cloth bowline tides rent", "lexical"),
]


def highlighted(page: str) -> str:
    """The words that a reading page highlights."""
    return html.unescape("\n".join(re.findall(r"<mark[^>]*>(.*?)</mark>", page, re.DOTALL)))
