"""Requirements that nothing meets."""

from __future__ import annotations

from pathlib import Path

import pytest
from linted import find, found, manifest


def messages(directory: Path, *texts: str) -> list[tuple[str, str, str | None]]:
    return [(one.code, one.message, one.hint) for one in find(directory, *texts, select="LAS2")]


def test_what_is_said_helps(tmp_path: Path) -> None:
    runtimes, modules = ["cuda>=121", "cudda"], ["libb", "lib@>=3", "rejected"]
    needs = manifest("app 1.0", modules=modules, runtime=runtimes, consumes=["sqll"])
    lib = [manifest("lib 1.0", provides=["sql"]), manifest("lib 2.0"), manifest("cuda 14.4")]

    assert messages(tmp_path, needs, *lib, manifest("rejected 1.0", "licence: MIT\n")) == [
        ("LAS201", "there is no module libb", "did you mean lib?"),
        ("LAS202", "lib@>=3 admits no version of lib", "there are 1.0 to 2.0"),
        ("LAS203", "rejected admits only what was rejected: rejected 1.0", "mend its manifest"),
        (
            "LAS206",
            "no module and no example host has cuda at a version that >=121 admits",
            "the newest cuda known is 14.4",
        ),
        ("LAS206", "no module and no example host has the runtime cudda", "did you mean cuda?"),
        ("LAS207", "no module and no example host provides 'sqll'", "did you mean sql?"),
    ]


@pytest.mark.parametrize(
    ("entry", "versions", "code"),
    [
        ("lib", "1.0", None),
        ("lib", "1.0rc1", None),  # all versions are pre-releases
        ("lib@<1", "1.0rc1 2.0", "LAS202"),  # PEP 440: <1 admits no pre-release of 1
        ("lib@<2", "1.0rc1 2.0", "LAS208"),
        ("lib@<2,>=1.0rc1", "1.0rc1 2.0", None),
        ("lib@!=2.0", "1.0rc1 2.0", "LAS208"),
        ("lib@<2", "1.0rc1 1.0 2.0", None),
        ("lib@==2", "2.0+local", None),
    ],
)
def test_pre_releases_are_enough_where_they_may_be_chosen(
    entry: str, versions: str, code: str | None, tmp_path: Path
) -> None:
    lib = [manifest(f"lib {one}") for one in versions.split()]

    expected = [f"{code} app 1.0 dependencies.modules[0]"] if code else []
    assert found(tmp_path, "LAS2", manifest("app 1.0", modules=[entry]), *lib) == expected


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (["lib@<2", "lib@>=2"], ["LAS202 app 1.0 dependencies.modules[1]"]),
        (["lib@>2.0", "lib@>=3rc1"], []),  # together they name the pre-release
        (["lib@>2.0", "lib@!=2.1"], ["LAS208 app 1.0 dependencies.modules[0]"]),
        (["lib@<2", "lib@<3"], []),
        (["lib@<1", "lib@>=2"], ["LAS202 app 1.0 dependencies.modules[0]"]),
    ],
)
def test_entries_on_one_module_are_met_together(entries: list[str], expected: list[str], tmp_path: Path) -> None:
    lib = [manifest(f"lib {one}") for one in ("1.0", "2.0", "3rc1")]

    assert found(tmp_path, "LAS2", manifest("app 1.0", modules=entries), *lib) == expected


def test_an_unreadable_version_of_a_module_may_be_the_one(tmp_path: Path) -> None:
    broken = manifest("lib 1.0").replace("version: 1.0", "version: one")

    (finding,) = find(tmp_path, manifest("app 1.0", modules=["lib@>=3"]), broken, select="LAS2")
    assert (finding.code, finding.message) == (
        "LAS203",
        "lib@>=3 admits only what was rejected: of lib, a manifest whose version cannot be read",
    )


def test_manifests_that_contradict_each_other_are_rejected_ones(tmp_path: Path) -> None:
    two = manifest("lib 1.0"), manifest("lib 1.0.0", "x-note: other\n")

    assert found(tmp_path, "LAS2", manifest("app 1.0", modules=["lib"]), *two) == [
        "LAS203 app 1.0 dependencies.modules[0]"
    ]


def test_a_module_cannot_serve_itself(tmp_path: Path) -> None:
    app = manifest("app 1.0", provides=["sql"], consumes=["sql"])

    (finding,) = find(tmp_path / "alone", app, select="LAS2")
    assert finding.message == "'sql' is provided by app alone, which cannot serve itself"
    assert found(tmp_path / "two", "LAS2", app, manifest("lib 1.0", provides=["sql"])) == []


def test_what_example_hosts_have_is_known(tmp_path: Path) -> None:
    assert found(tmp_path, "LAS2", manifest("app 1.0", runtime=["nvidia-driver>=500"])) == []
    assert found(tmp_path, "LAS2", manifest("app 1.0", runtime=["nvidia-driver>=99999"])) == [
        "LAS206 app 1.0 dependencies.runtime[0]"
    ]
