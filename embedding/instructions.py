"""Instructions for questions, for models that were trained to read one.

A collection has a *setting*: "" for no instruction, AUTO, the name of one here, or a sentence in its owner's words.
A name stands for the English sentence, and with the suffix `-zh` for the Chinese one. English is the usual choice for
questions in any language: Qwen's model card advises it, because the model saw few instructions in other languages.
"""

from dataclasses import dataclass

import regex

AUTO = "auto"
NONE = ""
DEFAULT = "web"  # as in config_sentence_transformers.json of https://huggingface.co/Qwen/Qwen3-Embedding-4B
CUSTOM = "custom"  # replaces a sentence in the owner's words where it must not be shown, as in metrics
LONGEST = 500  # characters of a sentence

_CHINESE = "-zh"


@dataclass(frozen=True)
class Instruction:
    """`purpose`: what it is for. `searches`: its question looks for passages, so that a collection can use it."""

    name: str
    purpose: str
    english: str
    chinese: str
    searches: bool = True


@dataclass(frozen=True)
class Chosen:
    """The instruction for a question: `text` is the sentence, "" for none; `name` never contains an owner's words."""

    name: str
    text: str


INSTRUCTIONS = (
    Instruction(
        "web",
        "questions of any kind; the model's own default",
        "Given a web search query, retrieve relevant passages that answer the query",
        "给定一个网络搜索查询，检索能够回答该查询的相关段落",
    ),
    Instruction(
        "technical",
        "manuals, documentation of software and devices",
        "Given a technical question, retrieve passages of documentation that explain how to do it or how it works",
        "给定一个技术问题，检索说明其操作方法或工作原理的文档段落",
    ),
    Instruction(
        "faq",
        "collections of questions with their answers",
        "Given a user's question, retrieve the frequently asked question that means the same, or its answer",
        "给定用户的问题，检索含义相同的常见问题或其答案",
    ),
    Instruction(
        "code",
        "source code, asked in words or with code",
        "Given a question or a piece of code, retrieve the source code that answers it or does the same",
        "给定一个问题或一段代码，检索能够回答该问题或实现相同功能的源代码",
    ),
    Instruction(
        "science",
        "scientific papers",
        "Given a scientific question or claim, retrieve passages of papers that answer, support or refute it",
        "给定一个科学问题或论断，检索能够回答、支持或反驳它的论文段落",
    ),
    Instruction(
        "patents",
        "patents and prior art",
        "Given the description of an invention, retrieve passages of patents with the same or similar features",
        "给定一项发明的描述，检索具有相同或相似技术特征的专利段落",
    ),
    Instruction(
        "medicine",
        "medical literature and guidelines",
        "Given a medical question, retrieve passages of medical literature that answer it",
        "给定一个医学问题，检索能够回答该问题的医学文献段落",
    ),
    Instruction(
        "law",
        "contracts, statutes and judgments",
        "Given a legal question, retrieve the clauses, provisions or judgments that decide it",
        "给定一个法律问题，检索可据以作出判断的合同条款、法律规定或判决",
    ),
    Instruction(
        "products",
        "catalogues and descriptions of products",
        "Given a shopper's query, retrieve descriptions of the products that fit it",
        "给定购物者的查询，检索符合其需求的商品描述",
    ),
    Instruction(
        "cross-lingual",
        "questions in another language than the documents",
        "Given a question in any language, retrieve passages that answer it, whatever language they are written in",
        "给定任意语言的问题，检索能够回答该问题的段落，不论段落使用何种语言",
    ),
    Instruction(
        "classification",
        "texts that are sorted into classes by their vectors",
        "Classify the text by its topic and intent",
        "根据主题和意图对文本进行分类",
        searches=False,
    ),
    Instruction(
        "clustering",
        "texts that are grouped by their vectors",
        "Identify the main topic of the text",
        "识别文本的主要主题",
        searches=False,
    ),
)

TEXTS = {
    name: text for one in INSTRUCTIONS for name, text in ((one.name, one.english), (one.name + _CHINESE, one.chinese))
}
NAMES = tuple(TEXTS)
SEARCH_NAMES = tuple(name for one in INSTRUCTIONS if one.searches for name in (one.name, one.name + _CHINESE))

_LIKE_A_NAME = regex.compile(r"[\w-]+", regex.ASCII)

# Signs of code and of names in code. All runs are bounded, because a question may be any text.
_CODE = regex.compile(
    r"""
      \w\(\) | \w\.\w{1,40}\( | \w::\w | [=!]= | -> | => | && | \|\| | \{["'\w] | [{}]$ | \w\[["'a-z] | ;[ \t]{0,40}$
    | ^[ \t]{0,40}(?:async\ )?(?:def|class|func|fn|function|struct|interface)\ \w{1,60}(?:\ ?[(<{]|:$)
    | ^[ \t]{0,40}(?:if|for|while|switch|return|print)\ ?\(
    | ^[ \t]{0,40}(?:import\ [\w.]{1,60}$|from\ [\w.]{1,60}\ import\ |\#include\b|Traceback\ \()
    | \bSELECT\ .{1,200}\ FROM\b
    """,
    regex.VERBOSE | regex.MULTILINE,
)
_NAME_IN_CODE = regex.compile(
    r"\b[a-zA-Z]\w{0,40}_\w|\b[a-z]{2,30}[A-Z][a-z]|\b[A-Z]\w{1,40}(?:Error|Exception)\b|(?<!\S)(?:--[a-z]\w|-[a-zA-Z]\b)",
    regex.ASCII,
)
_HAN, _LATIN_WORD = regex.compile(r"\p{Han}"), regex.compile(r"\p{Latin}+")
_JAPANESE_OR_KOREAN = regex.compile(r"[\p{Hiragana}\p{Katakana}\p{Hangul}]")


def normalised(setting: str) -> str:
    """The stored form of a setting. "none" becomes "", and line breaks, which would end the instruction, spaces.

    Raises ValueError with a sentence for an unknown name and for a text that is too long.
    """
    text = " ".join(setting.split())
    if text in (NONE, "none"):
        return NONE
    if text == AUTO or text in SEARCH_NAMES:
        return text
    if _LIKE_A_NAME.fullmatch(text):
        raise ValueError(
            f"No instruction for questions is called {text!r}. Use auto, none, one of {', '.join(SEARCH_NAMES)}, "
            "or a sentence of your own."
        )
    if len(text) > LONGEST:
        raise ValueError(f"An instruction has at most {LONGEST} characters, not {len(text)}.")
    return text


def is_custom(setting: str) -> bool:
    """Whether the setting is a sentence in somebody's own words."""
    return setting not in (NONE, AUTO, *NAMES)


def chosen(setting: str, question: str, usual: str = DEFAULT) -> Chosen:
    """The instruction for `question` with this setting. `usual` is the name that suits the documents, for AUTO."""
    if setting == NONE:
        return Chosen("none", "")
    if setting == AUTO:
        setting = automatic(question, usual)
    return Chosen(setting, TEXTS[setting]) if setting in TEXTS else Chosen(CUSTOM, setting)


def automatic(question: str, usual: str = DEFAULT) -> str:
    """The name that suits the documents, or the question if they are of no special kind.

    It is the Chinese one for a Chinese question.
    """
    language = _language(question)
    if usual == DEFAULT:
        if _CODE.search(question):
            usual = "code"
        elif _NAME_IN_CODE.search(question):
            usual = "technical"
        elif language == "other":
            usual = "cross-lingual"
    return usual + _CHINESE if language == "zh" else usual


def _language(text: str) -> str:
    """zh, en or other, by script: Latin letters without accents count as English.

    A Chinese character weighs as much as a Latin word, so a Chinese question may contain many English terms.
    """
    han, words = len(_HAN.findall(text)), _LATIN_WORD.findall(text)
    if han > len(words) and not _JAPANESE_OR_KOREAN.search(text):
        return "zh"
    foreign_words = sum(not word.isascii() for word in words)
    other_letters = len(regex.findall(r"[^\P{L}\p{Latin}]", text))
    return "other" if other_letters > sum(map(len, words)) or 4 * foreign_words > len(words) else "en"
