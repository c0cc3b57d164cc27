"""HTML files become the visible text of the page."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb.parsing.errors import NoText
from tests.parsing.conftest import Parse


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (
            "<p>One\n <b>two</b><br>three &amp; <a href='http://x'>four</a></p><p>five",
            "One two\nthree & four (http://x)\n\nfive",
        ),
        ("loose <i>text</i><div>block</div>and <span>more</span>", "loose text\n\nblock\n\nand more"),
        (
            "<ul><li>a<li>b<ol start=3><li>c<li value=9>d</ol><li><p>e</p><p>f</p></ul>",
            "- a\n- b\n  3. c\n  9. d\n- e\n  f",
        ),
        ("<table><thead><tr><th>n<th>p<tbody><tr><td>tea<br>bag<td>", "n | p\ntea bag |"),
        ("<table><tr><td>a<td><table><tr><td>b<td>c</table></table>", "a |\nb | c"),
        ("<table><tr><td><h2>Head</h2><p>in a frame</table>", "Head\n\nin a frame"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<pre><code class='language-sh'># no heading\n</code></pre>", "```sh\n# no heading\n```"),
        ("<div class='highlight-source-js'><pre>f()</pre></div>", "```js\nf()\n```"),
        ("<img src=x alt='a cat'> soft&shy;ly", "a cat softly"),
        ("<ruby>東<rt>とう</rt></ruby> H<sub>2</sub>O", "東 H₂O"),
        ("<dl><dt>Term<dd>Meaning</dl><blockquote>Quoted</blockquote>", "Term\n\nMeaning\n\nQuoted"),
        ("<tag-of-ones-own>kept</tag-of-ones-own>", "kept"),
    ],
)
def test_the_text_of(source: str, text: str, parsed: Parse) -> None:
    assert parsed("a.html", source.encode()).text == text


@pytest.mark.parametrize(
    "unseen",
    [
        "<script>let a = '<p>unseen</p>'</script>",
        "<style>p { content: 'unseen' }</style>",
        "<!-- unseen -->",
        "<nav>unseen</nav>",
        "<div role=navigation>unseen</div>",
        "<p hidden>unseen</p>",
        "<p style='color: red; display:none'>unseen</p>",
        "<template>unseen</template>",
        "<select><option>unseen</select>",
        "<svg><text>unseen</text></svg>",
        "<iframe src='http://x'>unseen</iframe>",
    ],
)
def test_what_is_not_shown_is_left_out(unseen: str, parsed: Parse) -> None:
    assert parsed("a.html", f"<p>before{unseen}</p>{unseen}after".encode()).text == "before\n\nafter"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<!doctype html><meta charset=utf-8><title>T</title><main><p>one<p>two</main>", "one\n\ntwo"),
        ("<!doctype html><title>T</title><details><summary>Why?</summary>So.</details>Else.", "Why?\n\nSo.\n\nElse."),
        ("<html><head><title>T</title></head><article>one</article>", "one"),
        ("<p>one <b>two <i>three</b> four</i>", "one two three four"),
        ("<div>one<div>two", "one\n\ntwo"),
        ("<table><p>astray</p><tr><td>a<td>b</table>", "astray\n\na | b"),
        ("one</body></html><p>two", "one\n\ntwo"),
        ("<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><head><title/></head><body>one", "one"),
        ("<frameset><noframes>unseen</noframes></frameset>", "only the title"),
        ("<nav>one</nav><noscript>two</noscript>", "one\n\ntwo"),
        ("<body hidden>one", "one"),
        ("<input type=checkbox checked> on <input type=radio> off <input value=9> <textarea>note</textarea>",
         "☒ on ☐ off 9 note"),
        ("<select><option>no<option selected>yes</select>", "yes"),
        ("<ul><li>a<div>b<ul><li>c</ul>d</div><li>e</ul>", "- a\n  b\n  - c\n\nd\n\n- e"),
        ("<pre>a<br>b<div>c</div>d</pre>", "a\nb\nc\nd"),
        ("<img alt='a map'>", "a map"),
        ("5 <span style='font-size:9pt;font-family:Symbol'>m</span>m <font face=Wingdings>ü</font> ok", "5 µm ✓ ok"),
    ],
)  # fmt: skip
def test_whatever_holds_text_is_read(source: str, text: str, parsed: Parse) -> None:
    title = "<title>only the title</title>" if "frameset" in source else ""
    assert parsed("a.html", (title + source).encode()).text == text


@given(
    st.lists(st.sampled_from(["<p>", "</p>", "<b>", "</b>", "<table>", "<td>", "<div>", "</div>", "<ul><li>", "<a>"]))
)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_tags_hide_words_or_change_their_order(parsed: Parse, tags: list[str]) -> None:
    """Except in a table, before which a browser puts what does not belong there."""
    source = "".join(f"{tag} w{number}." for number, tag in enumerate(tags)) + " end"
    words = [f"w{number}." for number in range(len(tags))] + ["end"]
    found = [word for word in parsed("a.html", source.encode()).text.split() if word not in ("-", "|")]
    assert sorted(found) == sorted(words)
    assert found == words or "<table>" in tags


def test_headings_make_sections_and_the_page_has_a_title(parsed: Parse) -> None:
    result = parsed(
        "a.html", b"<title> Tea\n shop</title><h1>All <em>about</em></h1>x<section><h2>Green</h2>y</section>"
    )
    assert result.title == "Tea shop"
    assert [(section.level, section.title) for section in result.sections] == [(1, "All about"), (2, "Green")]
    assert result.text == "All about\n\nx\n\nGreen\n\ny"


def test_without_a_title_it_is_the_first_heading(parsed: Parse) -> None:
    assert parsed("a.html", b"<h2>Two</h2><h1>One</h1>").title == "One"


@pytest.mark.parametrize("declaration", ["<meta charset=gb2312>", '<?xml version="1.0" encoding="GB2312"?>'])
def test_a_declared_encoding_is_used(declaration: str, parsed: Parse) -> None:
    assert parsed("a.html", f"{declaration}<p>汤</p>".encode("gbk")).text == "汤"


def test_an_invalid_declared_encoding_is_ignored(parsed: Parse) -> None:
    assert (
        parsed("a.html", "<meta charset=idna><p>Die Größe der Straße".encode("latin-1")).text == "Die Größe der Straße"
    )


@pytest.mark.parametrize("source", ["<p></p>", "<!-- nothing -->", "<script>x</script>"])
def test_a_page_without_text_says_so(source: str, parsed: Parse) -> None:
    with pytest.raises(NoText):
        parsed("a.html", source.encode())


def test_entities_of_a_document_type_are_not_resolved(parsed: Parse) -> None:
    source = b'<!DOCTYPE html [<!ENTITY e SYSTEM "file:///etc/hostname">]><p>before &e; after</p>'
    assert "&e;" in parsed("a.html", source).text


def test_nesting_has_no_limit(parsed: Parse) -> None:
    assert parsed("a.html", b"start" + b"<div>" * 5_000 + b"end").text == "start\n\nend"
