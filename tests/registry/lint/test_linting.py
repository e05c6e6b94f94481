"""Linting as a whole: what is looked at, what is left out, and in which order it is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from linted import find, found, manifest
from manifests import write_files

from las_registry.lint.codes import CODES
from las_registry.lint.finding import Finding
from las_registry.lint.linting import lint
from las_registry.lint.reading import read_stock
from las_registry.lint.selection import Selection
from las_registry.load import load_directory
from las_registry.manifest import Pool
from las_registry.problem import RegistryUnusable
from las_registry.registry import default_directories
from las_solver.errors import InvalidInput

CORPUS = os.environ.get("LAS_SOLVE_CORPUS")


def shown(findings: tuple[Finding, ...]) -> list[tuple[str, str | None]]:
    return [(one.code, one.module) for one in findings]


@pytest.mark.parametrize(
    ("select", "ignore", "codes"),
    [
        ([], [], ["LAS401", "LAS601"]),
        (["LAS4"], [], ["LAS401"]),
        (["las401, LAS6"], [], ["LAS401", "LAS601"]),
        ([], ["LAS"], []),
        ([], ["LAS4"], ["LAS601"]),
        (["LAS401"], ["LAS4"], ["LAS401"]),
        (["LAS4"], ["LAS401"], []),
        (["LAS401"], ["LAS401"], []),
        (["LAS2"], [], []),
    ],
)
def test_the_longest_beginning_decides(select: list[str], ignore: list[str], codes: list[str]) -> None:
    selection = Selection.parse(select, ignore)

    assert [one for one in ("LAS401", "LAS601") if selection.has(one)] == codes


def test_a_beginning_of_no_code_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        Selection.parse(["LAS1"], ["LSA401"])

    assert (caught.value.message, caught.value.hint) == (
        "'LSA401' is no code, and none begins with it",
        "did you mean LAS401?",
    )


def test_a_manifest_can_ask_for_findings_to_be_left_out(tmp_path: Path) -> None:
    bare = manifest("app 1.0", system=["gcc", "gcc"]).replace("license: MIT\n", "")

    assert found(tmp_path / "a", "LAS", bare) == ["LAS401 app 1.0 license", "LAS601 app 1.0 dependencies.system[1]"]
    ignoring = bare + "x-lint: {ignore: [LAS401, LAS601, LAS602]}\n"
    assert found(tmp_path / "b", "LAS", ignoring) == ["LAS007 app 1.0 x-lint.ignore[2]"]


def test_what_is_not_asked_for_does_not_make_a_suppression_unused(tmp_path: Path) -> None:
    text = manifest("app 1.0", "x-lint: {ignore: [LAS601]}\n", system=["gcc", "gcc"])

    assert found(tmp_path, "LAS0", text) == []


def test_a_secret_can_be_suppressed_where_it_stands(tmp_path: Path) -> None:
    note = "x-note: ghp" + "_Zk3Rv9TqLx7Bn2Wp5Ys8Hd4Mf6Gc1Ja0Ue9QoI\n"
    texts = manifest("app 1.0", note), manifest("app 1.1", f"{note}x-lint: {{ignore: [LAS502]}}\n")

    assert [(one.version, one.code) for one in find(tmp_path, *texts)] == [("1.0", "LAS502")]


@pytest.mark.parametrize(
    "written",
    ["[LAS401]", "{ignore: LAS401}", "{ignore: [LAS4]}", "{ignore: [{a: b}]}", "{ignore: [], select: []}", "yes"],
)
def test_a_suppression_that_is_none_is_told_of(written: str, tmp_path: Path) -> None:
    assert [one.code for one in find(tmp_path, manifest("app 1.0", f"x-lint: {written}\n"))] == ["LAS008"]


def test_single_files_are_linted_among_all_others(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {
            "lib/manifest.yaml": manifest("lib 1.0", modules=["none"]),
            "app/manifest.yaml": manifest("app 1.0", provides=["sql"]),
            "app/new.manifest.yaml": manifest("app 1.1", modules=["lib"]),
        },
    )
    new = tmp_path / "app" / "new.manifest.yaml"

    inside = lint([], [new], beside=[tmp_path])
    assert shown(inside.findings) == [("LAS101", "app"), ("LAS104", "app")]
    assert (inside.files, inside.manifests) == (1, 1)
    assert shown(lint([], [new]).findings) == [("LAS201", "app")]


@pytest.mark.parametrize("turn", [0, 1])
def test_a_folder_of_a_registry_is_linted_as_part_of_it(turn: int, tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {
            "lib/manifest.yaml": manifest("lib 1.0", modules=["none"]),
            "old/manifest.yaml": manifest("app 1.0", provides=["sql"]),
            "new/manifest.yaml": manifest("app 1.1", modules=["lib"]),
        },
    )

    part = lint([tmp_path / "new", tmp_path / "old"][:: 1 - 2 * turn], beside=[tmp_path])
    assert shown(part.findings) == [("LAS101", "app"), ("LAS104", "app")]
    assert (part.files, part.manifests) == (2, 2)
    assert lint([tmp_path], beside=[tmp_path, tmp_path / "new"]) == lint([tmp_path])


def test_a_file_outside_is_linted_as_if_it_were_inside(tmp_path: Path) -> None:
    write_files(tmp_path, {"in/manifest.yaml": manifest("app 1.0", provides=["sql"]), "any.yaml": manifest("app 1.1")})

    assert shown(lint([], [tmp_path / "any.yaml"], beside=[tmp_path / "in"]).findings) == [("LAS101", "app")]


def test_a_file_that_is_not_there_is_told_of_and_a_directory_without_manifests_refused(tmp_path: Path) -> None:
    assert [one.code for one in lint([], [tmp_path / "manifest.yaml"]).findings] == ["LAS004"]
    with pytest.raises(RegistryUnusable):
        lint([tmp_path])


def test_a_file_with_a_mistake_in_every_one_of_many_documents_ends_early(tmp_path: Path) -> None:
    findings = find(tmp_path, manifest(), *["- a\n"] * 2000)

    assert 1000 <= len(findings) <= 1002
    assert findings[-1].message == "there are more than 1000 mistakes: nothing after this was read"


def test_progress_counts_every_file_once(tmp_path: Path) -> None:
    write_files(tmp_path, {f"{at}/manifest.yaml": manifest(f"app {at}") for at in range(3)})
    seen: list[tuple[int, int]] = []

    lint([tmp_path], [tmp_path / "1" / "manifest.yaml"], on_progress=lambda done, count: seen.append((done, count)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_the_catalog_is_read_as_a_registry_is_and_has_no_errors() -> None:
    (catalog,) = default_directories()
    loaded, stock = load_directory(catalog, Pool()), read_stock([catalog], [], [], None)

    assert {name: [one.module for one in several] for name, several in stock.modules.items()} == {
        name: [one.module for one in loaded.manifests[name]] for name in sorted(loaded.manifests)
    }
    findings = lint([catalog]).findings
    assert [one for one in findings if one.severity == "error"] == []
    assert {one.code[:4] for one in findings} <= {"LAS1", "LAS4"}


@pytest.mark.skipif(CORPUS is None, reason="there is no corpus")
def test_real_manifests_deceive_nobody_and_hold_no_secrets() -> None:
    codes = {one.code for one in lint([Path(CORPUS or "") / "localaistack"]).findings}

    assert codes <= CODES.keys()
    assert not [one for one in codes if one[:4] in ("LAS3", "LAS5")]
