"""Programming languages and data formats by file suffix, with patterns for the beginning of a definition.

A pattern is tried at the start of a line, after its indent and `MODIFIERS`; its group `name` names the definition.
The patterns are simple on purpose: a definition that they miss stays in the surrounding section.
"""

from typing import NamedTuple

NAME = r"(?P<name>[^\W\d]\w*)"
MODIFIERS = (
    r"(?:(?:export|default|declare|public|private|protected|internal|fileprivate|static|final|abstract|sealed|open"
    r"|override|async|pub(?:\([^)\n]{1,50}\))?|unsafe|const|inline|extern(?:[ ]\"\w+\")?|virtual|partial|data|suspend"
    r"|local|readonly|mutating|case|implicit|lazy|native|synchronized|required|constexpr|friend)[ \t]+)*"
)
# Definitions that may contain further sections; all others are one section, whatever is defined inside them.
CONTAINERS = {
    *(
        "class",
        "module",
        "namespace",
        "interface",
        "trait",
        "impl",
        "struct",
        "enum",
        "object",
        "protocol",
        "extension",
    ),
    *("mod", "record", "package", "defmodule", "union", "actor"),
}
_NOT_A_KEYWORD = r"(?!(?:if|for|while|switch|catch|return|function|with|else|do|new|throw|await|typeof|using|lock)\b)"


def _keyword(keywords: str, name: str = NAME) -> str:
    return rf"(?P<kind>{keywords})\b\*?[ \t]+{name}"


_SCRIPT = (
    _keyword("function|class|interface|enum|namespace|type"),
    rf"(?P<top>const|let|var)[ \t]+{NAME}[^=\n]{{0,200}}=[ \t]*(?:async[ \t]*)?(?:function\b|\([^\n]*=>|\w+[ \t]*=>)",
    rf"(?P<member>){_NOT_A_KEYWORD}(?:get[ \t]+|set[ \t]+|\*[ \t]*)?{NAME}[ \t]*\([^;\n]*\)[^;\n]*\{{[ \t]*$",
)
_METHOD = (
    rf"(?P<member>){_NOT_A_KEYWORD}(?:[\w<>\[\],.?]+[ \t]+){{0,4}}{NAME}"
    r"[ \t]*\([^;\n]*(?:\{[ \t]*|[^;{}\n]*)$"
)
_JAVA = (_keyword("class|interface|enum|record|struct|namespace|@interface"), _METHOD)
_C = (
    _keyword("struct|class|enum|union|namespace", rf"{NAME}(?=[^;\n]*$)"),
    rf"(?P<top>){_NOT_A_KEYWORD}[\w:<>,*&\t ]{{1,200}}?[\s*&](?P<name>[\w:~]+)[ \t]*\([^;\n]*$",
)


class Language(NamedTuple):
    """`comments` are the beginnings of lines that belong to the definition below them."""

    definitions: tuple[str, ...] = ()
    comments: tuple[str, ...] = ("//", "/*", "*", "#[", "@", "[")


_HASHES = ("#", "@")

LANGUAGES = {
    "python": Language((_keyword("def|class"),), _HASHES),
    "ruby": Language((_keyword("def|class|module", r"(?P<name>[\w.:]+[?!=]?)"),), _HASHES),
    "elixir": Language(
        (_keyword("defmodule|defp?|defmacrop?|defprotocol|defimpl", r"(?P<name>[\w.]+[?!]?)"),), _HASHES
    ),
    "javascript": Language(_SCRIPT),
    "typescript": Language(_SCRIPT),
    "java": Language(_JAVA),
    "csharp": Language(_JAVA),
    "kotlin": Language((_keyword("class|interface|object|fun", r"(?:<[^>\n]*>[ \t]*)?(?P<name>[\w.]+)"),)),
    "scala": Language((_keyword("class|trait|object|def|enum"),)),
    "swift": Language((_keyword("class|struct|enum|protocol|extension|actor|func", r"(?P<name>[\w.]+)"),)),
    "dart": Language((_keyword("class|mixin|enum|extension"), _METHOD)),
    "php": Language((_keyword("function|class|interface|trait|enum"),), ("//", "/*", "*", "#")),
    "go": Language((r"(?P<kind>func)[ \t]+(?:\([^)\n]*\)[ \t]*)?" + NAME, _keyword("type"))),
    "rust": Language(
        (
            _keyword("fn|struct|enum|trait|mod|union|type"),
            r"(?P<kind>impl)\b(?:<[^{\n]*?>)?[ \t]+(?P<name>[^{\n]{1,200}?)[ \t]*(?=\{|where\b|$)",
            rf"(?P<kind>macro_rules)![ \t]*{NAME}",
        )
    ),
    "c": Language(_C),
    "c++": Language(_C),
    "lua": Language((_keyword("function", r"(?P<name>[\w.:]+)"),), ("--",)),
    "perl": Language((_keyword("sub|package", r"(?P<name>[\w:]+)"),), _HASHES),
    "r": Language((r"(?P<top>)(?P<name>[\w.]+)[ \t]*(?:<-|=)[ \t]*function\b",), _HASHES),
    "julia": Language((_keyword("function|struct|module|macro|mutable[ ]struct", r"(?P<name>[\w.!]+)"),), _HASHES),
    "shell": Language(
        (r"(?P<name>[\w.:-]+)[ \t]*\(\)[ \t]*[{(]?[ \t]*$", _keyword("function", r"(?P<name>[\w.:-]+)")), _HASHES
    ),
    "powershell": Language((_keyword("function|class", r"(?P<name>[\w-]+)"),), _HASHES),
    "sql": Language(
        (
            r"(?i:create)[ \t]+(?i:or[ \t]+replace[ \t]+)?"
            r"(?i:(?:temp|temporary|unique|materialized|external)[ \t]+){0,2}"
            r"(?i:table|view|function|procedure|trigger|index|type)[ \t]+(?i:if[ \t]+not[ \t]+exists[ \t]+)?"
            r"(?P<name>[\w.\"`\[\]]+)",
        ),
        ("--", "/*", "*"),
    ),
    "clojure": Language(
        (r"\((?:defn?-?|defmacro|defmethod|defprotocol|defrecord)[ \t]+(?P<name>[^\s()\[\]]+)",), (";",)
    ),
    "lisp": Language((r"\((?:defun|defmacro|defclass|defmethod|define)[ \t]+\(?(?P<name>[^\s()]+)",), (";",)),
    **dict.fromkeys(
        (
            "haskell",
            "vue",
            "svelte",
            "css",
            "makefile",
            "dockerfile",
            "cmake",
            "groovy",
            "terraform",
            "protobuf",
            "graphql",
        ),
        Language(),
    ),
    # Data formats: no definitions.
    **dict.fromkeys(("json", "yaml", "toml", "ini", "xml", "log", "diff", "subtitles", "bibtex"), Language()),
}

_SUFFIXES = {
    "python": "py pyi pyw pyx",
    "ruby": "rb rake gemspec",
    "elixir": "ex exs",
    "javascript": "js mjs cjs jsx",
    "typescript": "ts mts cts tsx",
    "java": "java",
    "csharp": "cs",
    "kotlin": "kt kts",
    "scala": "scala sc",
    "swift": "swift",
    "dart": "dart",
    "php": "php",
    "go": "go",
    "rust": "rs",
    "c": "c h",
    "c++": "cc cpp cxx hh hpp hxx cu cuh",
    "lua": "lua",
    "perl": "pl pm",
    "r": "r",
    "julia": "jl",
    "shell": "sh bash zsh fish",
    "powershell": "ps1 psm1",
    "sql": "sql",
    "clojure": "clj cljs cljc edn",
    "lisp": "lisp el scm rkt",
    "haskell": "hs",
    "vue": "vue",
    "svelte": "svelte",
    "css": "css scss sass less",
    "makefile": "mk",
    "dockerfile": "dockerfile",
    "cmake": "cmake",
    "groovy": "groovy gradle",
    "terraform": "tf hcl",
    "protobuf": "proto",
    "graphql": "graphql gql",
    "json": "json jsonl ndjson geojson",
    "yaml": "yaml yml",
    "toml": "toml",
    "ini": "ini cfg conf properties env",
    "xml": "xml xsd xsl xslt rss atom",
    "log": "log",
    "diff": "diff patch",
    "subtitles": "srt vtt",
    "bibtex": "bib",
}
BY_SUFFIX = {f".{suffix}": language for language, suffixes in _SUFFIXES.items() for suffix in suffixes.split()}

_PREFIX = "text/x-"


def media_type_of(language: str) -> str:
    return _PREFIX + language


def language_of(media_type: str) -> Language | None:
    """The inverse of media_type_of; None for other media types."""
    return LANGUAGES.get(media_type.removeprefix(_PREFIX)) if media_type.startswith(_PREFIX) else None
