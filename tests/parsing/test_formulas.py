"""Formulas, superscripts and subscripts keep their meaning in one line, alike in every format."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb.parsing.raised import Piece, joined
from tests.parsing.conftest import Parse
from tests.parsing.test_docx import paragraph, run, with_body


def tokens(text: str) -> str:
    """MathML of a name, number or operator."""
    kind = "mn" if text.isdecimal() else "mi" if text.isalpha() else "mo"
    return f"<{kind}>{text}</{kind}>"


def runs(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


def row(*parts: str) -> str:
    return f"<mrow>{''.join(parts)}</mrow>"


@pytest.mark.parametrize(
    ("mathml", "omml", "text"),
    [
        (
            f"<mfrac>{row(tokens('s'), tokens('−'), tokens('1'))}{row(tokens('3'), tokens('t'))}</mfrac>",
            f"<m:f><m:num>{runs('s−1')}</m:num><m:den>{runs('3t')}</m:den></m:f>",
            "(s−1)/(3t)",
        ),
        (
            f"<mfrac>{tokens('a')}{tokens('12')}</mfrac>",
            f"<m:f><m:num>{runs('a')}</m:num><m:den>{runs('12')}</m:den></m:f>",
            "a/12",
        ),
        (
            f"<msup>{tokens('r')}{tokens('2')}</msup>",
            f"<m:sSup><m:e>{runs('r')}</m:e><m:sup>{runs('2')}</m:sup></m:sSup>",
            "r²",
        ),
        (
            f"<msubsup>{tokens('a')}{tokens('i')}{row(tokens('j'), tokens('+'), tokens('1'))}</msubsup>",
            f"<m:sSubSup><m:e>{runs('a')}</m:e><m:sub>{runs('i')}</m:sub><m:sup>{runs('j+1')}</m:sup></m:sSubSup>",
            "a_i^(j+1)",
        ),
        (
            f"<msqrt>{tokens('3')}{tokens('p')}</msqrt><mo>=</mo><mroot>{tokens('x')}{tokens('3')}</mroot>",
            f"<m:rad><m:deg/><m:e>{runs('3p')}</m:e></m:rad>{runs('=')}"
            f"<m:rad><m:deg>{runs('3')}</m:deg><m:e>{runs('x')}</m:e></m:rad>",
            "√(3p)=∛x",
        ),
        (
            f"<munderover><mo>∑</mo>{row(tokens('k'), tokens('='), tokens('1'))}{tokens('9')}</munderover><mi>k</mi>",
            f"<m:nary><m:naryPr><m:chr m:val='∑'/></m:naryPr><m:sub>{runs('k=1')}</m:sub><m:sup>{runs('9')}</m:sup>"
            f"<m:e>{runs('k')}</m:e></m:nary>",
            "∑_(k=1)⁹ k",
        ),
        (
            f"<mfenced open='[' close=']' separators=';'>{tokens('a')}{tokens('b')}</mfenced>",
            "<m:d><m:dPr><m:begChr m:val='['/><m:sepChr m:val=';'/><m:endChr m:val=']'/></m:dPr>"
            f"<m:e>{runs('a')}</m:e><m:e>{runs('b')}</m:e></m:d>",
            "[a;b]",
        ),
        (
            f"{tokens('cos')}<mo>\u2061</mo>{tokens('x')}",
            f"<m:func><m:fName>{runs('cos')}</m:fName><m:e>{runs('x')}</m:e></m:func>",
            "cos x",
        ),
        (
            f"<munder>{tokens('lim')}{row(tokens('x'), tokens('→'), tokens('0'))}</munder>",
            f"<m:limLow><m:e>{runs('lim')}</m:e><m:lim>{runs('x→0')}</m:lim></m:limLow>",
            "lim_(x→0)",
        ),
        (
            f"<mover>{tokens('y')}<mo>¯</mo></mover>",
            f"<m:bar><m:barPr><m:pos m:val='top'/></m:barPr><m:e>{runs('y')}</m:e></m:bar>",
            "y\u0304",
        ),
        (
            "<mtable>"
            + "".join(f"<mtr><mtd>{tokens(a)}</mtd><mtd>{tokens(b)}</mtd></mtr>" for a, b in ("12", "34"))
            + "</mtable>",
            "<m:m>"
            + "".join(f"<m:mr><m:e>{runs(a)}</m:e><m:e>{runs(b)}</m:e></m:mr>" for a, b in ("12", "34"))
            + "</m:m>",
            "[1, 2; 3, 4]",
        ),
        (
            f"<mmultiscripts>{tokens('C')}<mprescripts/>{tokens('6')}{tokens('14')}</mmultiscripts>",
            f"<m:sPre><m:sub>{runs('6')}</m:sub><m:sup>{runs('14')}</m:sup><m:e>{runs('C')}</m:e></m:sPre>",
            "₆¹⁴C",
        ),
    ],
)
def test_a_formula_reads_alike_in_html_markdown_and_word(mathml: str, omml: str, text: str, parsed: Parse) -> None:
    page = f"so <math>{mathml}</math> holds"
    assert parsed("a.html", f"<p>{page}".encode()).text == f"so {text} holds"
    assert parsed("a.md", page.encode()).text == f"so {text} holds"
    body = paragraph(f"{run('so ')}<m:oMath>{omml}</m:oMath>{run(' holds')}")
    assert parsed("a.docx", with_body(body)).text == f"so {text} holds"


def test_what_was_deleted_from_a_formula_or_repeats_it_is_not_read(parsed: Parse) -> None:
    omml = f"{runs('a')}<w:del><m:r><m:t>b</m:t></m:r></w:del>"
    assert parsed("a.docx", with_body(paragraph(f"<m:oMath>{omml}</m:oMath>"))).text == "a"
    source = f"<math><semantics>{tokens('c')}<annotation encoding='application/x-tex'>d</annotation></semantics></math>"
    assert parsed("a.html", source.encode()).text == "c"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("10<sup>6</sup> and 10<sup>−3</sup>", "10⁶ and 10⁻³"),
        ("40<sup>2</sup>", "40²"),
        ("said<sup><a href='#n3'>3</a></sup> so", "said³ so"),
        ("said<sup>[3]</sup> so<sup>1, 2</sup>", "said[3] so¹, ²"),
        ("x<sup>n</sup>y<sup>k+1</sup>z<sup>T</sup>", "xⁿy^(k+1)z^T"),
        ("the 1<sup>st</sup>, la 2<sup>e</sup>, M<sup>me</sup> Weil", "the 1st, la 2e, Mme Weil"),
        ("CO<sub>2</sub>, Q<sub>max</sub>, a<sub>i,j</sub>", "CO₂, Q_max, a_(i,j)"),
        ("<sub>a whole line in small print</sub>", "a whole line in small print"),
        ("price<sup>*</sup> <sup>†</sup>", "price* †"),
        ("cm<sup> 2 </sup>", "cm ²"),
    ],
)
def test_superscripts_and_subscripts(source: str, text: str, parsed: Parse) -> None:
    assert parsed("a.html", f"<p>{source}</p>".encode()).text == text
    assert parsed("a.md", source.encode()).text == text


def test_superscripts_of_word_may_be_several_runs_or_a_style(parsed: Parse) -> None:
    def raised(text: str, how: str = "superscript") -> str:
        return f"<w:r><w:rPr><w:vertAlign w:val='{how}'/></w:rPr><w:t>{text}</w:t></w:r>"

    content = run("10") + raised("1") + raised("2") + run(" N") + raised("2", "subscript") + run(" 7") + raised("a")
    content += run(" m") + raised("3", "baseline")
    assert parsed("a.docx", with_body(paragraph(content))).text == "10¹² N₂ 7a m3"


@given(st.lists(st.tuples(st.text("12+-na,( x", max_size=4), st.sampled_from(["", "sup", "sub"])), max_size=6))
def test_neighbours_in_one_script_belong_together(parts: list[tuple[str, str]]) -> None:
    pieces = [Piece(*part) for part in parts]
    single = [Piece(letter, script) for text, script in parts for letter in text]
    assert joined(pieces) == joined(single)


@given(st.integers(1, 400))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_formulas_may_be_deep(parsed: Parse, depth: int) -> None:
    source = "<math>" + "<msqrt><mi>x</mi>" * depth + "</msqrt>" * depth + "</math>"
    assert parsed("a.html", source.encode()).text.count("√") == depth
