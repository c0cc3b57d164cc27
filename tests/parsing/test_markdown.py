"""Markdown becomes the text that a reader would see."""

import pytest

from tests.parsing.conftest import Parse


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("some *em*, **strong** and `code`", "some em, strong and code"),
        (
            "a [link](https://example.com) and <https://example.com>",
            "a link (https://example.com) and https://example.com",
        ),
        ("![a *small* cat](cat.png)", "a small cat"),
        ("one\nparagraph\n\nand  \nanother", "one paragraph\n\nand\nanother"),
        ("- a\n- b\n  - c\n\n3. d\n4. e", "- a\n- b\n  - c\n\n3. d\n4. e"),
        ("- a\n\n  more\n- b", "- a\n  more\n- b"),
        ("```python\ndef f():\n    pass  \n```", "```python\ndef f():\n    pass\n```"),
        ("~~~~\n# no heading\n~~~~", "~~~\n# no heading\n~~~"),
        ("    # indented\n    1. code", "# indented\n1. code"),
        ("- [x] done\n- [ ] not", "- [x] done\n- [ ] not"),
        ("~~old~~ new", "old new"),
        ("so $a_1 * b_2*c$ is\n\n$$\n\\sum_i *x*\n$$", "so $a_1 * b_2*c$ is\n\n$$\n\\sum_i *x*\n$$"),
        ("it costs $5 and *then* $10", "it costs $5 and then $10"),
        ("a[^b] c[^b]\n\nd\n\n[^b]: said *so*", "a[1] c[1]\n\n[1] said so\n\nd"),
        ("| a | b |\n|---|---|\n| 1 | *2*<br>3 |", "a | b\n1 | 2 3"),
        ("```js{1,2} title\na\n```", "```js\na\n```"),
        ("::: tip Look\nat *this*\n:::\n\n:::info\n\nand this\n\n:::", "Look at this\n\nand this"),
        ("> quoted\n>\n> twice", "quoted\n\ntwice"),
        ("fish &amp; chips &copy; \\*", "fish & chips © *"),
        ("H<sub>2</sub>O<br>is wet", "H₂O\nis wet"),
        ("<table><tr><td>a &lt; b</td><td>c</td></tr></table>", "a < b | c"),
        ("<!-- a\nnote -->\n<script>\nlet x = '<p>'\n</script>\n\ntext", "text"),
        ("<div>\n<!-- not closed", "<div>\n<!-- not closed"),
        ("- " * 15 + "deep", "- " * 15 + "deep"),
        ("copy <source-dir> to <target> now", "copy <source-dir> to <target> now"),
        ("<target>\nis *one* name", "<target> is one name"),
        ("a Set<Key>, a Map<Key, List<Value>> and `<code>`", "a Set<Key>, a Map<Key, List<Value>> and <code>"),
        ("<p>set <name> in <kbd>Esc</kbd></p>", "set <name> in Esc"),
        ("| a <b |\n|---|\n| <id> |", "a <b\n<id>"),
        ("<Tab label='x'>\n\ninside <Note>this</Note>\n\n</Tab>", "inside this"),
        ("<x-card>in a card</x-card> and <x-card>", "in a card and"),
        ("1 < 2 and 3 > 2, <3", "1 < 2 and 3 > 2, <3"),
    ],
)
def test_the_text_of(source: str, text: str, parsed: Parse) -> None:
    assert parsed("a.md", source.encode()).text == text


def test_headings_of_both_kinds_make_sections(parsed: Parse) -> None:
    result = parsed("a.md", "Über *uns*\n=====\n\nhello\n\n## More {#anchor}\n\nworld\n\n# End\n".encode())
    assert result.text == "Über uns\n\nhello\n\nMore\n\nworld\n\nEnd"
    assert [(section.level, section.title, result.text[section.body : section.end]) for section in result.sections] == [
        (1, "Über uns", "hello\n\nMore\n\nworld\n\n"),
        (2, "More", "world\n\n"),
        (1, "End", ""),
    ]


def test_a_comment_in_code_is_not_a_heading(parsed: Parse) -> None:
    assert parsed("a.md", b"```sh\n# comment\n```").sections == ()


def test_the_title_is_the_first_heading_of_level_one(parsed: Parse) -> None:
    assert parsed("a.md", b"## Two\n\n# One\n\n# Other").title == "One"


@pytest.mark.parametrize(
    "line", ['title: "Said: in front"', "title: 'Said: in front'", "title: >\n  Said:\n  in front"]
)
def test_front_matter_gives_the_title_and_is_not_text(line: str, parsed: Parse) -> None:
    result = parsed("a.md", f"---\n{line}\ndate: 2024-13-45\n---\n# Heading\n".encode())
    assert (result.title, result.text) == ("Said: in front", "Heading")


def test_front_matter_may_be_toml(parsed: Parse) -> None:
    result = parsed("a.md", b'+++\ntitle = "Tea"\ndate = 2024-01-02\n+++\ntext')
    assert (result.title, result.metadata, result.text) == ("Tea", {"date": "2024-01-02"}, "text")


def test_simple_values_of_front_matter_are_metadata(parsed: Parse) -> None:
    source = 'title: Tea\nyear: 2024\ntags: [green, 红茶, {a: b}]\nnested: {a: b}\nbad: "a\\0b"\nempty:'
    assert parsed("a.md", f"---\n{source}\n---\ntext".encode()).metadata == {
        "year": "2024",
        "tags": ["green", "红茶"],
        "bad": "a\ufffdb",
    }


def test_a_yaml_bomb_is_read_quickly(parsed: Parse) -> None:
    levels = "".join(f"l{n}: &l{n} [{', '.join(f'*l{n - 1}' for _ in range(9))}]\n" for n in range(1, 30))
    assert parsed("a.md", f"---\nl0: &l0 [x]\n{levels}---\ntext".encode()).metadata == {"l0": ["x"]}


def test_headings_in_html_make_sections(parsed: Parse) -> None:
    result = parsed(
        "a.md", b"<h1 align=center>Logo</h1>\n\ntext\n\n<details><summary>More</summary>\n\ninside\n\n</details>"
    )
    assert (result.title, result.text) == ("Logo", "Logo\n\ntext\n\nMore\n\ninside")
    assert [section.title for section in result.sections] == ["Logo"]


def test_what_only_looks_like_front_matter_is_text(parsed: Parse) -> None:
    assert parsed("a.md", b"---\nnot a mapping\n---\n\nmore").text == "not a mapping\n\nmore"


def test_a_page_of_components_is_read_as_its_source(parsed: Parse) -> None:
    assert parsed("a.md", b"---\npage: true\n---\n\n<ThemePage />\n").text == "<ThemePage />"
