"""Cycles that no choice of versions avoids."""

from __future__ import annotations

from itertools import product
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from linted import find, found, manifest
from manifests import accepted

from las_registry.lint.cycles import unavoidable_cycles
from las_registry.lint.stock import LintShelf, Stock


def test_a_module_that_needs_itself(tmp_path: Path) -> None:
    (finding,) = find(tmp_path, manifest("app 1.0", modules=["app"]), select="LAS2")

    assert finding.message == "whatever is chosen, it leads into a cycle: app 1.0 -> app 1.0"


def test_a_cycle_of_names_that_versions_avoid_is_none(tmp_path: Path) -> None:
    texts = (
        manifest("app 1.0", modules=["lib"]),
        manifest("lib 2.0", modules=["app"]),
        manifest("lib 1.0"),
        manifest("app 0.9"),
    )

    assert found(tmp_path, "LAS2", *texts) == []


def test_a_way_back_to_another_version_of_the_module_is_none(tmp_path: Path) -> None:
    app = manifest("app 2.0", modules=["lib"]), manifest("app 1.0")
    (finding,) = find(tmp_path, *app, manifest("lib 1.0", modules=["app@<2"]), select="LAS2")

    assert finding.message == "whatever is chosen, it leads into a cycle: app 2.0 needs lib; lib 1.0 needs app <2"


def test_needs_that_contradict_one_another_are_no_cycle(tmp_path: Path) -> None:
    texts = (
        manifest("app 1.0", modules=["one", "two", "back"]),
        manifest("back 1.0", modules=["app"]),
        manifest("back 0.9"),
        manifest("one 1.0", modules=["lib@<2"]),
        manifest("two 1.0", modules=["lib@>=2"]),
        manifest("lib 1.0"),
        manifest("lib 2.0"),
    )

    assert [one for one in found(tmp_path, "LAS2", *texts) if " app " in one] == []


def test_a_local_version_does_not_stand_for_its_public_one(tmp_path: Path) -> None:
    app = manifest("app 1.0", modules=["lib"]), manifest("app 1.0+cpu")

    assert found(tmp_path, "LAS2", *app, manifest("lib 1.0", modules=["app@<2"])) == [
        "LAS205 app 1.0 dependencies.modules[0]"
    ]


def test_runtimes_and_interfaces_make_none(tmp_path: Path) -> None:
    texts = (
        manifest("app 1.0", runtime=["lib"], consumes=["sql"]),
        manifest("lib 1.0", modules=["app"], provides=["sql"]),
    )

    assert found(tmp_path, "LAS2", *texts) == []


ENTRIES = st.sampled_from(["a", "b", "c", "a@1", "a@2", "b@1", "b@2", "c@1", "c@2"])
NAMES = [f"{name} {number}" for name, number in product("abc", (1, 2))]
Needs = dict[str, list[str]]


def needs(most: int) -> st.SearchStrategy[Needs]:
    """What each of three modules' two versions needs, at most so many entries each."""
    return st.fixed_dictionaries({name: st.lists(ENTRIES, max_size=most, unique=True) for name in NAMES})


def cyclic(needs: Needs) -> set[str]:
    """The versions about which something is found."""
    manifests = [accepted(manifest(name, modules=needs[name])) for name in NAMES]
    modules = {name: tuple(one for one in reversed(manifests) if one.module.name == name) for name in "abc"}
    shelf = LintShelf(manifests=modules, repetitions=(), rejected={}, findings=(), secrets=(), files=())
    stock = Stock([shelf], frozenset(["app/manifest.yaml"]))
    return {str(one.manifest.module) for one in unavoidable_cycles(stock)}


@settings(max_examples=40)
@given(needs(most=3))
def test_what_is_found_is_in_no_valid_answer(needs: Needs) -> None:
    """All sets of versions are tried."""
    found = cyclic(needs)

    assert not any(found & chosen for chosen in valid_sets(needs))


@settings(max_examples=40)
@given(needs(most=1))
def test_what_has_no_answer_leads_to_what_is_found(needs: Needs) -> None:
    """With one entry each, nothing but a cycle rules out a version: it is in one, or needs what is."""
    found = cyclic(needs)

    for name in set(NAMES) - set().union(*valid_sets(needs)):
        reached = [name]
        for one in reached:
            entries = [entry.partition("@") for entry in needs[one]]
            following = [f"{module} {number}" for module, _, at in entries for number in at or "12"]
            reached += [one for one in following if one not in reached]
        assert found & set(reached)


def valid_sets(needs: Needs) -> list[set[str]]:
    """All sets of versions that meet their needs, without a cycle."""
    found = []
    for choice in product((None, 1, 2), repeat=3):
        chosen = {f"{name} {number}" for name, number in zip("abc", choice, strict=True) if number}
        numbers = {one[0]: one[2] for one in chosen}
        entries = {one[0]: [entry.partition("@") for entry in needs[one]] for one in chosen}
        is_met = [numbers.get(name, "0") in (at or "12") for several in entries.values() for name, _, at in several]
        if all(is_met) and is_acyclic({name: {entry[0] for entry in several} for name, several in entries.items()}):
            found.append(chosen)
    return found


def is_acyclic(edges: dict[str, set[str]]) -> bool:
    left = dict(edges)
    while left:
        ends = [name for name, needed in left.items() if not needed & left.keys()]
        if not ends:
            return False
        for name in ends:
            del left[name]
    return True
