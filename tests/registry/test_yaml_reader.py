"""Section 1: scalars are their source text, duplicate keys are refused; and what hostile files come to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from las_registry.problem import InvalidFile
from las_registry.yaml_reader import Document, Limits, Quoted, Value, read_document, read_documents, write_document


def read(text: str | bytes, limits: Limits | None = None) -> list[Document]:
    data = text.encode() if isinstance(text, str) else text
    return list(read_documents(data, "f.yaml", limits) if limits else read_documents(data, "f.yaml"))


def value_of(text: str | bytes) -> Value:
    (document,) = read(text)
    assert not document.problems, document.problems
    return document.value


def problems_of(text: str | bytes, limits: Limits | None = None) -> list[str]:
    return [str(problem).partition("\n")[0] for one in read(text, limits) for problem in one.problems]


@pytest.mark.parametrize(
    "text",
    [
        "1.10",
        "no",
        "yes",
        "on",
        "0x1F",
        "1e3",
        "2024-01-01",
        "12:30:45",
        "1_000",
        ".inf",
        "true",
        "=",
        "<<",
        "0o7",
        "-",
        "+1",
    ],
)
def test_section_1_every_scalar_is_its_source_text(text: str) -> None:
    value = value_of(f"a: {text}" if text != "-" else 'a: "-"')
    assert value == {"a": text}


@pytest.mark.parametrize("text", ["", "~", "null", "Null", "NULL"])
def test_section_1_null_is_none(text: str) -> None:
    assert value_of(f"a: {text}\nb: [{text or '~'}]") == {"a": None, "b": [None]}


@pytest.mark.parametrize("text", ["'null'", '"~"', "''", "!!str null", "! ~", "|-\n  null"])
def test_section_1_a_quoted_null_is_a_text(text: str) -> None:
    value = value_of(f"a: {text}")
    assert isinstance(value, dict) and isinstance(value["a"], Quoted)


def test_a_plain_text_is_told_from_a_quoted_one() -> None:
    value = value_of("plain: 8\nsingle: '8'\ndouble: \"8\"\nblock: |-\n  8\ntagged: !!str 8\nnumber: !!int 8")
    assert isinstance(value, dict)
    assert {key: type(one) is str for key, one in value.items()} == {
        "plain": True,
        "single": False,
        "double": False,
        "block": False,
        "tagged": False,
        "number": True,
    }
    assert set(value.values()) == {"8"}


def test_keys_are_their_source_text() -> None:
    assert value_of("1: a\n~: b\ntrue: c\n1.0: d\n'q': e") == {"1": "a", "~": "b", "true": "c", "1.0": "d", "q": "e"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: 2\na: 3", "f.yaml:3: a: the key is there twice"),
        ("x:\n  a: 1\n  'a': 3", "f.yaml:3: x.a: the key is there twice"),
        ("x: [{a: 1, a: 2}]", "f.yaml:1: x[0].a: the key is there twice"),
        ("1: a\n'1': b", "f.yaml:2: 1: the key is there twice"),
        ("? [a, b]\n: c", "f.yaml:1: a key has to be a text"),
        ("{a: b}: c", "f.yaml:1: a key has to be a text"),
        ("a: !!binary eA==", "f.yaml:1: a: the tag '!!binary' has no meaning here"),
        ("a: !!python/object:os.system []", "f.yaml:1: a: the tag '!!python/object:os.system' has no meaning here"),
        ("a: !local {}", "f.yaml:1: a: the tag '!local' has no meaning here"),
        ("a: !!map []", "f.yaml:1: a: the tag '!!map' has no meaning here"),
        ("a: *b", "f.yaml:1: a: the alias '*b' has no anchor"),
        ("a: &b [*b]", "f.yaml:1: a[0]: the alias '*b' stands for a value that it is part of"),
        ("&b a: {c: *d}", "f.yaml:1: a.c: the alias '*d' has no anchor"),
    ],
)
def test_section_1_what_is_refused(text: str, problem: str) -> None:
    assert problems_of(text) == [problem]


def test_a_merge_key_is_an_ordinary_key() -> None:
    assert value_of("a: &x {b: c}\n<<: *x") == {"a": {"b": "c"}, "<<": {"b": "c"}}


def test_aliases_stand_for_their_values() -> None:
    assert value_of("a: &x [1]\nb: *x\nc: &y t\n*y : z\nd: &n ~\ne: *n") == {
        "a": ["1"],
        "b": ["1"],
        "c": "t",
        "t": "z",
        "d": None,
        "e": None,
    }


def test_anchors_end_with_their_document() -> None:
    assert problems_of("a: &x 1\n---\nb: *x") == ["f.yaml:3: b: the alias '*x' has no anchor"]


def test_section_1_a_stream_holds_several_documents() -> None:
    documents = read("# head\na: 1\n---\nb: 2\n...\n---\n\nc: 3\n")
    assert [(one.index, one.line, one.value) for one in documents] == [
        (0, 2, {"a": "1"}),
        (1, 3, {"b": "2"}),
        (2, 6, {"c": "3"}),
    ]


def test_a_mistake_in_one_document_leaves_the_others() -> None:
    documents = read("a: 1\na: 2\n---\nb: 2\n---\nc: *x\n---\nd: 4")
    assert [bool(one.problems) for one in documents] == [True, False, True, False]
    assert [one.value for one in documents][1::2] == [{"b": "2"}, {"d": "4"}]


def test_documents_before_a_syntax_error_stand() -> None:
    first, second = read("a: 1\n---\nname: b\nc: [\n---\nd: 4")
    assert first.value == {"a": "1"} and not first.problems
    assert not second.complete and second.value == {"name": "b"}
    assert str(second.problems[0]) == (
        "f.yaml:5: this is not YAML: did not find expected node content\n"
        "  hint: a bracket, a quote or an indent may be left open above; nothing after this line was read"
    )


def test_lines_of_values() -> None:
    document = read("---\na:\n  b:\n   - x\n   - {c: d,\n      e: f}\n'g': |\n  h\n")[0]
    lines = {(): 2, ("a",): 2, ("a", "b"): 3, ("a", "b", 1): 5, ("a", "b", 1, "e"): 6, ("g",): 7, ("a", "b", 9): 3}
    assert {path: document.line_of(path) for path in lines} == lines  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "# nothing\n", "\n\n", "\ufeff"])
def test_an_empty_file_has_no_document(text: str) -> None:
    assert read(text) == []
    assert read_document(text.encode(), "f.yaml").value is None


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert value_of(b"\xef\xbb\xbfa: b") == {"a": "b"}


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ("a: b".encode("utf-16"), "f.yaml:1: the file is UTF-16 or UTF-32, not UTF-8"),
        ("a: b".encode("utf-32"), "f.yaml:1: the file is UTF-16 or UTF-32, not UTF-8"),
        (b"a: b\nc: \xe9", "f.yaml:2: byte 8 (0xe9) is not UTF-8"),
        (b"\xed\xa0\x80", "f.yaml:1: byte 0 (0xed) is not UTF-8"),
        (b"a: b\nc: \0", "f.yaml:2: this is not YAML: control characters are not allowed"),
        ("a: b".encode("utf-16-le"), "f.yaml:1: this is not YAML: control characters are not allowed"),
        (b"\x1b[31m", "f.yaml:1: this is not YAML: control characters are not allowed"),
        (b"\x7f\x80", "f.yaml:1: byte 1 (0x80) is not UTF-8"),
    ],
)
def test_a_file_that_is_not_utf_8_text_is_refused_with_one_error(data: bytes, problem: str) -> None:
    assert problems_of(data) == [problem]


@pytest.mark.parametrize("opening", ["[", "- ", "{a: ", "? ", "[a, ", "- - a: ", "!!seq ["])
def test_deep_nesting_is_refused(opening: str) -> None:
    (problem,) = problems_of(opening * 100_000)
    assert problem.endswith("the document is nested more than 64 levels deep") or "not YAML" in problem


def test_deep_block_nesting_is_refused() -> None:
    text = "".join(" " * depth + "a:\n" for depth in range(2000))
    assert problems_of(text) == ["f.yaml:65: the document is nested more than 64 levels deep"]


@pytest.mark.parametrize("unit", ["x", "[x, x]", "'" + "x" * 1000 + "'"])
def test_an_alias_bomb_is_refused(unit: str) -> None:
    lines = [f"a0: &a0 {unit}"] + [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 10)}]" for at in range(1, 30)]
    (problem,) = problems_of("\n".join(lines))
    assert problem.endswith("the document has aliases that stand for more than 1000000 characters")


def test_too_many_values_are_refused() -> None:
    assert problems_of("- a\n" * 11, Limits(nodes=10)) == ["f.yaml:11: the document has more than 10 values"]
    assert problems_of("- a\n" * 9, Limits(nodes=10)) == []


def test_too_large_a_file_is_refused_unread() -> None:
    (problem,) = problems_of(b"[" * (1024**2 + 1), Limits(size=1024**2))
    assert problem == "f.yaml: the file is larger than 1 MiB"


def test_a_huge_scalar_is_a_text() -> None:
    assert value_of("a: " + "x" * 3_000_000) == {"a": "x" * 3_000_000}


def test_problems_of_one_document_are_bounded() -> None:
    assert len(problems_of("a: 1\n" * 1000)) == 100


def test_a_limit_ends_the_file_and_says_so() -> None:
    (document,) = read("[" * 100 + "\n---\na: b")
    assert document.problems[0].hint == "nothing after this line was read"


@pytest.mark.parametrize(
    "text", ["a: [", "a: 'b", "a:\n\t- b", "a: @b", "a: b: c", "%YAML 3.0\n---\na", "a: *", "&", "}"]
)
def test_what_is_not_yaml_is_one_error_with_line_and_hint(text: str) -> None:
    (document,) = read(text)
    (problem,) = document.problems
    assert problem.line is not None
    assert problem.message.startswith("this is not YAML: ")
    assert problem.hint


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for document in read(data):
        document.line_of(("a", 0))
        assert document.complete or document.problems


TREES = st.recursive(
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(codec="ascii", exclude_categories=("Cc",)), max_size=8), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@given(TREES)
def test_a_written_document_is_read_as_the_same(tree: object) -> None:
    assert read_document(write_document(tree).encode(), "f.yaml").value == tree


def test_read_document_wants_one_document() -> None:
    with pytest.raises(InvalidFile, match=r"f\.yaml:3: a second document begins here"):
        read_document(b"a: 1\n---\nb: 2", "f.yaml")
    with pytest.raises(InvalidFile, match=r"f\.yaml:2: this is not YAML"):
        read_document(b"a: [", "f.yaml")
