"""Codes: each is unique, says what it means, is found where it should be and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from lint_examples import EXAMPLES
from linted import manifest
from manifests import write_files

from las_registry.lint.codes import CODES, GROUPS, group_of
from las_registry.lint.linting import lint


def codes_in(directory: Path, files: Mapping[str, str]) -> set[str]:
    write_files(directory, {path: text for path, text in files.items() if not text.startswith("->")})
    for path, text in files.items():
        if text.startswith("->"):
            (directory / path).parent.mkdir()
            (directory / path).symlink_to(text[2:])
    return {one.code for one in lint([directory]).findings}


def test_every_code_has_an_example_in_the_tests() -> None:
    assert EXAMPLES.keys() | {"LAS204"} == CODES.keys()


@pytest.mark.parametrize("code", sorted(EXAMPLES))
def test_a_code_is_found_where_it_should_be_and_not_where_that_is_mended(code: str, tmp_path: Path) -> None:
    has_it, does_not = EXAMPLES[code]

    assert code in codes_in(tmp_path / "has", has_it)
    assert code not in codes_in(tmp_path / "not", does_not)


def test_what_only_a_later_registry_has_is_found(tmp_path: Path) -> None:
    app, lib = manifest("app 1.0", modules=["lib@>=2"]), manifest("lib 1")
    first = write_files(tmp_path / "first", {"app.manifest.yaml": app, "manifest.yaml": lib})
    second = write_files(tmp_path / "second", {"manifest.yaml": manifest("lib 2.0")})

    (finding,) = lint([first], beside=[second]).findings
    assert (finding.code, finding.message) == (
        "LAS204",
        "lib@>=2 admits lib 2.0, which does not count: an earlier registry has lib",
    )
    assert lint([second], beside=[first]).findings == ()
    assert {one.code for one in lint([first]).findings} == {"LAS202"}


def test_codes_and_names_are_of_one_form_and_unique() -> None:
    assert list(CODES) == sorted(CODES)
    assert len({one.name for one in CODES.values()}) == len(CODES)
    for code, one in CODES.items():
        assert code == one.code
        assert re.fullmatch(r"LAS[0-9]{3}", code)
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", one.name)
        assert group_of(code) in GROUPS.values()
        assert one.title and one.why.endswith(".") and one.example
