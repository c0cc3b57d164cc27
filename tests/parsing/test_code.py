"""Source code stays unchanged; its definitions are sections that keep their first line."""

from textwrap import dedent

import pytest

from tests.parsing.conftest import Parse

PYTHON = '''\
"""About it:
def not_one():
"""
import os

# What it is.
@decorated(
    "so",
)
class Shop(Base):
    """Sells."""

    @property
    def price(self) -> int:
        def inner(): ...
        return 1

    async def close(self): ...

TEMPLATE = """
class NotOne:
"""

if True:
    def later(): ...
'''


def test_classes_and_functions_are_sections(parsed: Parse) -> None:
    result = parsed("shop.py", PYTHON.encode())
    assert result.text == PYTHON.strip()
    assert [(section.level, section.title) for section in result.sections] == [
        (1, "Shop"),
        (2, "price"),
        (2, "close"),
        (1, "later"),
    ]


def test_a_section_begins_with_the_comments_and_decorators_of_its_definition(parsed: Parse) -> None:
    shop, price, *_ = parsed("shop.py", PYTHON.encode()).sections
    text = parsed("shop.py", PYTHON.encode()).text
    assert text[shop.body :].startswith("# What it is.\n@decorated(")
    assert text[price.start : price.end].strip().startswith("@property\n    def price")
    assert shop.start == shop.body


@pytest.mark.parametrize(
    ("name", "source", "names"),
    [
        (
            "a.ts",
            """
            /* function fake() {} */
            export async function read(path: string) {
              if (path) {
              }
            }
            export default class Store<T> extends Base {
              constructor(private a: string) {
              }
              async get(key: string): Promise<T> {
              }
            }
            const twice = (x: number) => x * 2;
            """,
            ["read", "Store", "Store.constructor", "Store.get", "twice"],
        ),
        (
            "A.java",
            """
            public final class Foo<T> extends Bar {
                private int x = call(3);
                @Override
                public <U> List<String> names(Map<String, Integer> m) throws IOException {
                    return foo(a);
                }
            }
            """,
            ["Foo", "Foo.names"],
        ),
        (
            "a.go",
            "type Server struct {\n}\n\nfunc (s *Server) Run(a int) error {\n}\nfunc main() {\n}",
            ["Server", "Run", "main"],
        ),
        (
            "a.rs",
            "pub struct P<T> { x: T }\nimpl<T> fmt::Display for P<T> {\n    fn fmt(&self) {}\n}\npub(crate) fn go() {}",
            ["P", "fmt::Display for P<T>", "fmt::Display for P<T>.fmt", "go"],
        ),
        (
            "a.c",
            "static int add(int a)\n{\n    call(a);\n}\nint declared(int);\nchar *name(void) {\n}",
            ["add", "name"],
        ),
        ("a.rb", "module A\n  class B < C\n    def go?(x)\n    end\n  end\nend", ["A", "A.B", "A.B.go?"]),
        ("a.sql", "CREATE TABLE IF NOT EXISTS users (id int);\ncreate or replace view v as select 1;", ["users", "v"]),
        ("a.sh", "greet() {\n  echo hi\n}\nfunction bye { echo; }", ["greet", "bye"]),
    ],
)
def test_definitions_of(name: str, source: str, names: list[str], parsed: Parse) -> None:
    result = parsed(name, dedent(source).encode())
    around: list[str] = []
    paths = []
    for section in result.sections:
        around[section.level - 1 :] = [section.title]
        paths.append(".".join(around))
    assert paths == names


@pytest.mark.parametrize("name", ["a.json", "a.yaml", "a.xml", "a.log", "a.css"])
def test_data_is_kept_as_it_is(name: str, parsed: Parse) -> None:
    data = '{"a":\n  [1,   2]}\nCHAPTER 1\n\n== x =='
    result = parsed(name, data.encode())
    assert (result.text, result.sections) == (data, ())
