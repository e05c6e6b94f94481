"""The quick reader of plain YAML says what the library says, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from las_registry.yaml_document import LIMITS
from las_registry.yaml_events import EventReader
from las_registry.yaml_plain import read_plain
from las_registry.yaml_value import Quoted, Value

PLAIN = """\
# a comment
name: app   # and another

version: 1.10
null-ish: ~
empty:
quoted: "a: b # c"
single: 'x'
list: [a, "b, c", 'd', ~, e f, [g], {h: 1}]
mapping: {cpu: {cores_min: 4}, x: []}
nested:
  deeper:
    - one
    - two words
    # within
    - "3"
  same:
  - a@>=1,<2
after: a [b] {c}, d's
---
second: document
---
"""


def with_kinds(value: Value) -> object:
    """The tree with each text's kind, which equality alone does not tell."""
    if isinstance(value, list):
        return [with_kinds(one) for one in value]
    if isinstance(value, dict):
        return {key: with_kinds(one) for key, one in value.items()}
    return value if value is None else (type(value) is Quoted, str(value))


def by_the_library(text: str) -> list[tuple[int, object]] | None:
    """What the library's parser makes of a text; None if it finds a mistake."""
    documents = list(EventReader(text.encode(), "f", LIMITS).documents())
    if any(one.problems for one in documents):
        return None
    return [(one.line, with_kinds(one.value)) for one in documents]


def agrees(text: str) -> bool:
    """Whether the quick reader has read a text; fails if it has read it differently."""
    found = read_plain(text)
    if found is None:
        return False
    assert [(line, with_kinds(value)) for line, value in found] == by_the_library(text)
    return True


def test_what_it_reads() -> None:
    assert agrees(PLAIN)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "a: &x b",
            "a: *x",
            "a: !!str b",
            "a: |\n  b",
            "a: >\n  b",
            "a: b\n  c",
            "a: 'b\n  c'",
            "? a\n: b",
            "- a",
            "a",
        ),
        *(
            "a: b: c",
            "a: b:",
            "a:\tb",
            "a: b\r\n",
            "a : b",
            "'a': b",
            "a: 'b''c'",
            'a: "\\n"',
            "a: - b",
            "a: ? b",
            "a: @b",
        ),
        *(
            "a: b\na: c",
            "a: {b: c, b: d}",
            "a: b\n c: d",
            "  a: b\nc: d",
            "a:\n  b: c\n d: e",
            "a:\n- b\n c: d",
            "a: b\n- c",
        ),
        *(
            "a: [b",
            "a: [b,]",
            "a: [b: c]",
            "a: {b}",
            "a: {b: }",
            "a: [b] c",
            "a: [b,\n c]",
            "a: [b]#c",
            "a: [b#c]",
            "a: [&x b]",
        ),
        *(
            "--- a",
            "a: b\n...",
            "%YAML 1.2\n---\na: b",
            "---\t",
            "a: \u2028b",
            "a: \x85b",
            "a: \xa0b",
            "\ufeffa: b",
            "a: \0",
        ),
        *(
            "a:\n  -",
            "a:\n  - b: c",
            "a:\n  - - b",
            "a: b # c: d\n # e\n  f",
            "1: b",
            "a: " + "x" * 5000,
            "a: " + "[" * 20,
        ),
        "".join(" " * depth + "a:\n" for depth in range(60)),
        "a: b\n" + "# " + "x" * 200_000,
    ],
)
def test_what_it_leaves_to_the_library(text: str) -> None:
    assert not agrees(text)


PIECES = st.sampled_from(
    [
        *("\n", "\n", "\n  ", "\n    ", "\n- ", "\n  - ", "\n---\n", "\n--- ", "\n...\n", " ", "  ", "\t"),
        *(
            "a: ",
            "b: ",
            "c: ",
            "a:",
            "b:\n",
            "x-y: ",
            "a",
            "b",
            "1.0",
            "~",
            "null",
            "true",
            "é",
            ">=1,<2",
            "a@>=1",
            "\u3000",
        ),
        *(
            "[",
            "]",
            "{",
            "}",
            ", ",
            ",",
            "'",
            '"',
            "''",
            "\\",
            ": ",
            ":",
            " #",
            "#",
            "# c",
            "-",
            "- ",
            "? ",
            "?",
            "&a ",
            "*a",
            "!",
        ),
        *(
            "|",
            ">",
            "%",
            "@",
            "`",
            "=",
            "<",
            "<<: ",
            ".",
            "..",
            "/",
            "(",
            "+",
            "^",
            "$",
            ";",
            "[a, b]",
            "{a: b}",
            "'q'",
            '"q"',
        ),
    ]
)
VALUES = st.sampled_from(
    (
        "",
        "x",
        "1.10",
        "~",
        "'q'",
        '"d"',
        "[a, b]",
        "[]",
        "{a: b}",
        "a # b",
        "a#b",
        "null",
        "[~, 'x']",
        "a: b",
        "- a",
        "a:",
        "# c",
        "a b",
    )
)
LINES = st.builds(
    "{}{}{}".format,
    st.sampled_from(("", "", "  ", "    ", " ")),
    st.sampled_from(("a:", "b:", "c:", "d: ", "a: ", "-", "- ", "#", "", "---", "- e: ")),
    st.one_of(st.just(""), VALUES.map(lambda value: " " + value)),
)


@settings(max_examples=1500, deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join))
def test_it_agrees_with_the_library_on_pieces(text: str) -> None:
    agrees("k: v\na2: " + text)
    agrees(text)


@settings(max_examples=1500, deadline=None)
@given(st.lists(LINES, max_size=9).map("\n".join))
def test_it_agrees_with_the_library_on_lines(text: str) -> None:
    agrees(text)


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=20))
def test_it_agrees_with_the_library_on_any_text(text: str) -> None:
    agrees(text)
    agrees("a: " + text)
    agrees("a: [" + text + "]")
    agrees('a: "' + text + '"')


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_it_agrees_with_the_library_on_changed_manifests(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(PLAIN)))
    until = data.draw(st.integers(at, min(len(PLAIN), at + 8)))
    agrees(PLAIN[:at] + data.draw(PIECES | st.just("")) + PLAIN[until:])
