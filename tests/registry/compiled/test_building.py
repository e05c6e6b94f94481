"""Registries are compiled into what their files say, by whatever road."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from indexes import said
from manifests import manifest_text, write_files

from las_registry.compiled import building, reading
from las_registry.compiled.building import Compilation, compile_registry, settled, traits_of
from las_registry.compiled.extract import Extract, Shape
from las_registry.compiled.linking import Linker
from las_registry.compiled.opening import Place
from las_registry.compiled.refreshing import rebuilt
from las_registry.compiled.shelf import CompiledShelf
from las_registry.compiled.state import state_of
from las_registry.compiled.table import Table
from las_registry.manifest import Pool
from las_registry.registry import Registry
from las_registry.trust.trust import NO_TRUST
from las_solver.constraint import Constraint, parse_version
from las_solver.errors import InvalidConstraint
from las_solver.ranks import admitted_ranks

numbers = st.integers(0, 3).map(str)
releases = st.lists(numbers, min_size=1, max_size=3).map(".".join)
endings = st.sampled_from([""] * 6 + ["rc1", ".post1", ".dev2", "+local"])
versions = st.builds("{}{}".format, releases, endings)


def is_constraint(text: str) -> bool:
    """Whether `text` spells a constraint."""
    try:
        Constraint.parse(text)
    except InvalidConstraint:
        return False
    return True


specifiers = st.one_of(
    st.builds("{}{}".format, st.sampled_from([">=", "<=", ">", "<", "==", "!="]), versions),
    st.builds("{}{}.*".format, st.sampled_from(["==", "!="]), releases),
    st.builds("~={}.{}".format, numbers, releases),
)


constraints = st.lists(specifiers, min_size=1, max_size=3).map(",".join).filter(is_constraint)


@given(st.lists(versions, min_size=1, max_size=12), st.lists(constraints, max_size=6))
def test_what_constraints_admit_is_what_the_solver_works_out(texts: list[str], wanted: list[str]) -> None:
    parsed = sorted({parse_version(one) for one in texts})
    linker = Linker({"lib": [str(one) for one in parsed]}.get)
    for text in wanted:
        found = linker.ranks_of("lib", Constraint.parse(text).text)
        assert found is not None and found[1] == admitted_ranks(parsed, Constraint.parse(text))
    found = linker.ranks_of("lib", "")
    assert found is not None and found[1] == ((0, len(parsed) - 1),)
    assert linker.ranks_of("other", ">=1") is None


def test_a_registry_without_files_is_compiled_like_one_with_them(tmp_path: Path) -> None:
    needs = "dependencies: {modules: ['app@>=1.5rc1']}\ninterfaces: {provides: [chat]}\n"
    texts = [manifest_text("app", "1.10"), manifest_text("app", "1.9"), manifest_text("lib", "2", needs)]
    directory = write_files(tmp_path / "registry", {"manifest.yaml": "---\n".join(texts)})
    extracts = reading.read_file(str(directory), "manifest.yaml", Pool(), NO_TRUST).extracts
    compile_registry(reversed(extracts), tmp_path / "index", identity="made")

    def never() -> Table:
        raise AssertionError

    shelf = CompiledShelf(Table.open(tmp_path / "index", "made"), directory, never)
    assert said(Registry([shelf])) == said(Registry.load([directory]))


def test_what_fails_on_the_way_leaves_nothing(tmp_path: Path) -> None:
    def several() -> object:
        yield Extract("app", "1", Shape(), "manifest.yaml")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compile_registry(several(), tmp_path / "index")  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_a_module_is_found_by_what_any_version_of_it_says() -> None:
    shapes = [
        Shape(provides=("b",), requirements=(("x", ">=1"), ("y", ">1rc1"))),
        Shape(provides=("a", "b"), runtimes=(("cuda", "==2.0.dev1"), ("z", "!=1rc1"))),
    ]
    several = [Extract("app", str(at), shape, "manifest.yaml") for at, shape in enumerate(shapes)]
    assert traits_of(several) == (["a", "b"], ["cuda", "y"])


def test_versions_that_are_spelled_alike_are_settled_like_manifests(tmp_path: Path) -> None:
    texts = {"a.manifest.yaml": "1.0", "b.manifest.yaml": "1.0", "c.manifest.yaml": "2", "d.manifest.yaml": "2.0"}
    directory = write_files(
        tmp_path / "registry", {path: manifest_text("app", version) for path, version in texts.items()}
    )
    several = [one for path in texts for one in reading.read_file(str(directory), path, Pool(), NO_TRUST).extracts]
    accepted, clashes = settled(str(directory), several, NO_TRUST, str)
    assert [(one.version, one.path) for one in accepted] == [("1.0", "a.manifest.yaml")]
    assert [one.key for one in clashes] == [(1, "a.manifest.yaml", 0, 0), (1, "a.manifest.yaml", 0, 1)]


def test_a_file_that_is_gone_meanwhile_has_no_manifests(tmp_path: Path) -> None:
    several = [Extract("app", "1", Shape(), "gone.manifest.yaml"), Extract("app", "1.0", Shape(), "gone.manifest.yaml")]
    assert settled(str(tmp_path), several, NO_TRUST, str) == ([], [])


def test_the_state_is_that_of_the_files_in_any_order() -> None:
    files = [("a", "1"), ("b", "2"), ("c\udcff", "3")]
    assert state_of(files) == state_of(files[::-1]) != state_of(files[:2])
    assert state_of(files[1:2], state_of(files), -1) == state_of([files[0], files[2]])
    assert state_of([("a", "2"), ("b", "1")]) != state_of(files[:2])


def test_equal_shapes_are_one(tmp_path: Path) -> None:
    directory = write_files(tmp_path, {f"{at}.manifest.yaml": manifest_text("app", str(at)) for at in range(3)})
    compilation = Compilation(str(directory), NO_TRUST)
    for at in range(3):
        compilation.add(reading.read_file(str(directory), f"{at}.manifest.yaml", Pool(), NO_TRUST))
    assert len({id(one.shape) for one in compilation.modules["app"]}) == 1


def test_the_same_files_make_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAS_SOLVE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("las_registry.compiled.refreshing._WORTHWHILE", 0)
    monkeypatch.setattr("las_registry.compiled.marks.time_ns", lambda: 0)
    directory = write_files(tmp_path / "registry", {f"{at}/manifest.yaml": manifest_text(f"m{at}") for at in range(9)})
    place = Place.of(directory, NO_TRUST)
    assert place.path is not None
    made = []
    for _ in range(2):
        rebuilt(place).close()
        made.append(place.path.read_bytes())
    assert made[0] == made[1]
    assert building.encoded([1, "ü"]) == b'[1,"\\u00fc"]'


def test_everything_that_is_read_is_counted(tmp_path: Path) -> None:
    directory = write_files(tmp_path, {f"{at}/manifest.yaml": manifest_text(f"m{at}") for at in range(3)})
    told: list[tuple[int, int]] = []
    rebuilt(Place(directory, None, "", NO_TRUST), lambda done, total: told.append((done, total))).close()
    assert told == [(3, 3)]
