"""Names and texts that deceive."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linted import find, found, manifest
from manifests import write_files

from las_registry.lint.likeness import form_of, hidden_in_text, scripts_of, skeleton_of
from las_registry.lint.linting import lint


@pytest.mark.parametrize(
    ("one", "two", "code"),
    [
        ("llama-3", "Llama_3", "LAS301"),
        ("llama-3", "llama.3", "LAS301"),
        ("llama-3", "llama3", None),
        ("llama-3", "llama--3", "LAS301"),
        ("ollama", "0llama", "LAS302"),
        ("ollama", "oIlama", "LAS302"),
        ("modern", "rnodern", "LAS302"),
        ("lib5", "libs", None),
        ("qwen-7b", "qwen-1b", None),
    ],
)
def test_which_modules_are_taken_for_one_another(one: str, two: str, code: str | None, tmp_path: Path) -> None:
    names = {finding.code for finding in find(tmp_path, manifest(f"{one} 1"), manifest(f"{two} 1"), select="LAS3")}

    assert names == ({code} if code else set())


def test_each_name_is_told_of_once_beside_the_first(tmp_path: Path) -> None:
    names = ["a-b 1", "A-b 1", "a_b 1", "4-b 1"]
    findings = find(tmp_path, *map(manifest, names), select="LAS3")

    assert [(one.module, one.message) for one in findings] == [
        ("a-b", "the module 'a-b' differs in case, width or - _ . only from 'A-b'"),
        ("a_b", "the module 'a_b' differs in case, width or - _ . only from 'A-b'"),
    ]
    assert [(one.line, one.message) for one in findings[0].related] == [(9, "'A-b' is here")]


def test_a_name_is_told_of_where_it_is_linted_whichever_registry_has_it_first(tmp_path: Path) -> None:
    write_files(tmp_path / "first", {"all.manifest.yaml": manifest("App 1") + "---\n" + manifest("app 1")})
    write_files(tmp_path / "second", {"all.manifest.yaml": manifest("app 1")})
    linted = tmp_path / "second/all.manifest.yaml"

    (finding,) = lint([], [linted], beside=[tmp_path / "first", tmp_path / "second"]).findings
    assert (finding.code, finding.module, finding.file) == ("LAS301", "app", str(linted))


@pytest.mark.parametrize("key", ["provides", "consumes", "modes", "system", "runtime"])
def test_all_kinds_of_labels_are_compared(key: str, tmp_path: Path) -> None:
    texts = manifest("app 1.0", **{key: ["one", "abc"]}), manifest("lib 1.0", **{key: ["Abc", "two"]})

    (finding,) = find(tmp_path, *texts, select="LAS3")
    assert (finding.code, finding.module, finding.field[-3:]) == ("LAS303", "app", "[1]")
    assert finding.message.endswith("'abc' differs in case, width or - _ . only from 'Abc'")


def test_labels_of_different_kinds_are_not_compared(tmp_path: Path) -> None:
    texts = manifest("app 1.0", provides=["abc"], system=["Abc"]), manifest("abC 1.0", modes=["aBc"])

    assert found(tmp_path, "LAS3", *texts) == []


def test_a_label_of_letters_that_look_like_others_is_found(tmp_path: Path) -> None:
    texts = manifest("app 1.0", provides=["postgres"]), manifest("lib 1.0", consumes=["роstgrеs"])

    assert found(tmp_path, "LAS30", *texts) == [
        "LAS304 lib 1.0 interfaces.consumes[0]",
        "LAS306 lib 1.0 interfaces.consumes[0]",
    ]


@pytest.mark.parametrize("character", ["\\u200b", "\\u202e", "\\u2066", "\\u00ad", "\\ufeff", "\\u3164", "\\u2800"])
def test_what_is_not_seen_in_a_label_is_an_error(character: str, tmp_path: Path) -> None:
    (finding, *_) = find(tmp_path, manifest("app 1.0", provides=[f'"s{character}ql"']), select="LAS305")

    assert finding.severity == "error"
    assert f"U+{character[2:].upper()}" in finding.message


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Größe, naïve, 模型, نموذج, מודל", ""),
        ("two\nlines\tand more", ""),
        ("family \U0001f468\u200d\U0001f469\u200d\U0001f467", ""),
        ("می\u200cخواهم", ""),
        ("שלום\u200f!", ""),
        ("left\u200f", "\u200f"),
        ("a\u202eb\u202c", "\u202e\u202c"),
        ("a\x1b[8mb\x00\x85", "\x1b\x00\x85"),
        ("a\U000e0041", "\U000e0041"),
        ("line\u2028break", "\u2028"),
    ],
)
def test_what_is_hidden_in_a_text(text: str, hidden: str) -> None:
    assert "".join(hidden_in_text(text)) == hidden


def test_extra_fields_and_their_keys_are_looked_at(tmp_path: Path) -> None:
    text = manifest("app 1.0", 'x-a: {b: [one, "t\\u202ewo"]}\n"x-\\u200b": 1\n')

    assert found(tmp_path, "LAS3", text) == ["LAS307 app 1.0 x-a.b[1]", "LAS307 app 1.0 x-\u200b"]


@pytest.mark.parametrize(
    ("text", "scripts"),
    [
        ("sql", ()),
        ("größe", ("LATIN",)),
        ("скл", ("CYRILLIC",)),
        ("sqл", ("CYRILLIC", "LATIN")),
        ("ai模型", ("CJK",)),
        ("aiモデルひ漢", ("CJK",)),
        ("模型л", ("CJK", "CYRILLIC")),
        ("αbc", ("GREEK", "LATIN")),
    ],
)
def test_which_scripts_go_together(text: str, scripts: tuple[str, ...]) -> None:
    assert scripts_of(text) == scripts


@settings(max_examples=50)
@given(st.text(st.sampled_from("aBrnm0O1lI-_.ѕоéｱﬁ\u200b"), min_size=1, max_size=12))
def test_what_is_the_same_in_form_looks_the_same_once_case_is_gone(text: str) -> None:
    assert form_of(text) == form_of(text.upper().lower()) or not text.isascii()
    assert skeleton_of(skeleton_of(text)) == skeleton_of(text)
