"""Records of modules: what is read of them is what manifests say."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cmp_to_key

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version
from tables import needs_of, ranks_in

from las_registry.compiled.encoding import edition_of, encode_module
from las_registry.compiled.extract import Extract, Shape, source_of
from las_registry.compiled.linking import version_keys
from las_registry.compiled.record import Record, Shared
from las_solver.constraint import ANY, Constraint, Requirement, parse_version
from las_solver.model import Hardware, ModuleVersion
from las_solver.ranked import RankedModule
from las_solver.ranks import Intervals, admitted_ranks

LABELS = st.lists(st.sampled_from(["native", "chat", "ünï", "\u3000x", "a|b", 'q"q']), max_size=3, unique=True).map(
    tuple
)
NEEDS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", "absent"]), st.sampled_from(["", ">=2", "<2,!=1.5", "==1.*", ">9"])),
    max_size=3,
    unique=True,
).map(tuple)
MINIMA = st.sampled_from([None, None, 1, 2**40])
VERSIONS = ("0.5.dev1", "1.0a1", "1.0", "1.0.post1", "1.5", "2!0.1", "2.0+local.1", "2.0rc1", "2.0", "10.0", "9.0")


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    """What a version may say."""
    modes = draw(LABELS.filter(bool))
    return Shape(
        category=draw(st.sampled_from(["tool", "model"])),
        requirements=draw(NEEDS),
        runtimes=draw(NEEDS),
        hardware=(draw(MINIMA), draw(MINIMA), draw(MINIMA), draw(st.booleans())),
        modes=modes,
        preferred=draw(st.sampled_from([None, *modes])),
        provides=draw(LABELS),
        consumes=draw(LABELS),
        system_packages=draw(LABELS),
    )


@st.composite
def modules(draw: st.DrawFn, name: str) -> list[Extract]:
    """Versions of a module from old to new, of which neighbours are often alike."""
    versions = draw(st.lists(st.sampled_from(VERSIONS), min_size=1, max_size=6, unique=True))
    choices = draw(st.lists(shapes(), min_size=1, max_size=2))
    extracts = []
    for version in sorted(versions, key=Version):
        checksum = draw(st.sampled_from([None, "sha256:" + "0" * 64]))
        document = draw(st.integers(0, 30))
        mark = draw(st.sampled_from(["0" * 64 + f":{document}", "0" * 64 + ":7", "sha256:" + "1" * 64]))
        extracts.append(
            Extract(
                name,
                version,
                draw(st.sampled_from(choices)),
                draw(st.sampled_from([f"{name}/manifest.yaml", "\udcff/ü.manifest.yaml"])),
                document=document,
                line=draw(st.integers(1, 10**6)),
                checksum=checksum,
                standing=draw(st.sampled_from(("unsigned", f"unknown-key {'0' * 64}", f"valid {'1' * 64}"))),
                mark=checksum or mark,
                description=draw(st.sampled_from(["", "x", "Lines\n\nof \0 \u2028 text", "\U0001f600"])),
                license=draw(st.sampled_from([None, "", "MIT"])),
            )
        )
    return extracts


REGISTRIES = st.fixed_dictionaries({"a": modules("a"), "b": modules("b"), "c": modules("c")})


def module_version(one: Extract) -> ModuleVersion:
    """What an extract stands for."""
    shape = one.shape
    cores, ram, vram, several = shape.hardware
    return ModuleVersion(
        name=one.name,
        version=Version(one.version),
        category=shape.category,
        requirements=tuple(requirement(name, text) for name, text in shape.requirements),
        runtimes=tuple(requirement(name, text) for name, text in shape.runtimes),
        hardware=Hardware(cores_min=cores, ram_min=ram, vram_min=vram, multi_gpu=several),
        modes=shape.modes,
        preferred_mode=shape.preferred,
        provides=shape.provides,
        consumes=shape.consumes,
        system_packages=shape.system_packages,
        source=source_of(one.path),
        checksum=one.checksum,
    )


def requirement(name: str, text: str) -> Requirement:
    """A need as the solver has it."""
    return Requirement(name, Constraint.parse(text) if text else ANY)


def nothing_known(name: str, constraint: str) -> None:
    """Of no module are there versions."""


def record_of(several: Sequence[Extract], shared: Shared | None = None) -> Record:
    """The record of versions of which nobody knows what they need."""
    return Record(several[0].name, encode_module(several, nothing_known), shared or Shared())


@given(several=modules("a"))
def test_a_record_says_what_the_manifests_say(several: list[Extract]) -> None:
    record = record_of(several)
    ranks = range(len(several))
    assert [record.path(rank) for rank in ranks] == [one.path for one in several]
    assert [record.place(rank) for rank in ranks] == [(one.document, one.line) for one in several]
    assert [record.checksum(rank) for rank in ranks] == [one.checksum for one in several]
    assert [record.standing(rank).text for rank in ranks] == [one.standing for one in several]
    assert [record.mark(rank) for rank in ranks] == [one.mark for one in several]
    assert [record.description(rank) for rank in ranks] == [one.description for one in several]
    assert [record.license(rank) for rank in ranks] == [one.license for one in several]


@given(several=modules("a"))
def test_a_ranked_module_is_the_one_of_its_versions(several: list[Extract]) -> None:
    found = record_of(several).ranked
    expected = RankedModule.of("a", [module_version(one) for one in reversed(several)])
    assert (found.name, len(found), found.newest) == ("a", len(expected), expected.newest)
    assert tuple(found.candidates) == expected.candidates
    assert tuple(found.versions) == expected.versions and list(map(str, found.versions)) == [
        one.version for one in several
    ]
    assert found.prereleases == expected.prereleases
    assert list(found.runs) == list(expected.runs)
    assert list(found.footprints) == list(expected.footprints)


@given(registry=REGISTRIES, order=st.permutations(["a", "b", "c"]))
def test_the_ranks_of_every_need_are_those_that_its_constraint_admits(
    registry: dict[str, list[Extract]], order: list[str]
) -> None:
    shared = Shared()
    records = {name: Record(name, encode_module(registry[name], ranks_in(registry)), shared) for name in order}
    for several in registry.values():
        for name, text in {need for one in several for need in needs_of(one)}:
            if name in registry:
                constraint = Constraint.of_text(text)
                expected = admitted_ranks([Version(one.version) for one in registry[name]], constraint)
                known = records[name].ranked._known
                assert known.get(text) == expected == known[text]
                assert records[name].ranked.admitted(constraint) == expected
                assert text in set(known) and len(known) == len(set(known))
            else:
                assert not shared.needs[name] or shared.needs[name][0].startswith(" ")


def test_ranks_of_another_edition_do_not_count() -> None:
    before = {"a": [Extract("a", "1.0", Shape(), "a")]}
    after = [Extract("a", one, Shape(), "a") for one in ("0.1", "1.0", "3.0")]
    needing = [Extract("b", "1.0", Shape(requirements=(("a", ">=1"),)), "b")]
    shared = Shared()
    for known in (before, {"a": after}):
        for reads_first in (True, False):
            shared = Shared()
            if reads_first:
                module = record_of(after, shared).ranked
            Record("b", encode_module(needing, ranks_in(known)), shared)
            if not reads_first:
                module = record_of(after, shared).ranked
            assert module._known.get(">=1") == (None if known is before else ((1, 2),))
            assert module.admitted(Constraint.of_text(">=1")) == ((1, 2),)


def test_values_that_are_alike_are_the_same_objects() -> None:
    shape = Shape(requirements=(("x", ">=1"), ("y", "")), provides=("chat",), hardware=(1, None, None, False))
    other = shape._replace(consumes=("z",))
    extracts = [Extract("a", f"{at}.0", (shape, other, shape)[at], "a") for at in range(3)]
    shared = Shared()
    one, two, three = record_of(extracts, shared).ranked.candidates
    (four,) = record_of([Extract("b", "1.0", shape, "b")], shared).ranked.candidates
    assert one.requirements is two.requirements is three.requirements
    assert one.requirements[0] is four.requirements[0]
    assert one.modes is four.modes and one.hardware is four.hardware and one.provides is four.provides


def test_nothing_is_made_of_what_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    needing = [Extract("a", f"{at}.0", Shape(requirements=(("x", f">={at}"),)), "a") for at in range(1, 9)]
    data, made = encode_module(needing, nothing_known), list[str]()

    def count(text: str) -> Version:
        made.append(text)
        return parse_version(text)

    monkeypatch.setattr("las_registry.compiled.record.parse_version", count)
    module = Record("a", data, Shared()).ranked
    assert module.candidates[-1].requirements == (requirement("x", ">=8"),)
    assert module.versions[-1] == module.versions[7] == Version("8.0")
    assert made == ["8.0"]
    assert [str(one) for one in module.versions[2:4]] == ["3.0", "4.0"]
    with pytest.raises(IndexError):
        module.candidates[8]


def test_a_module_of_ten_thousand_versions() -> None:
    extracts = [
        Extract("a", f"{at // 100}.{at % 100}", Shape(requirements=(("x", f">={at // 3}"),)), "a/manifest.yaml", at)
        for at in range(10_000)
    ]
    record = record_of(extracts)
    module = record.ranked
    assert len(module) == 10_000 and len(module.runs) == 3334
    assert module.admitted(Constraint.of_text(">=50,<51")) == ((5000, 5099),)
    assert module.candidates[9999] == module_version(extracts[9999])
    assert record.place(5000) == (5000, 1)


@given(versions=st.lists(st.sampled_from([*VERSIONS, "1", "1.0.0", "0", "0.0", "1.10", "1.9", "3.0.1"]), max_size=12))
def test_keys_order_versions_as_versions_do(versions: list[str]) -> None:
    def compare(one: tuple[object, Version], two: tuple[object, Version]) -> int:
        (left, first), (right, second) = one, two
        assert (left == right, left < right) == (first == second, first < second)  # type: ignore[operator]
        return (first > second) - (first < second)

    sorted(zip(version_keys(versions), map(Version, versions), strict=True), key=cmp_to_key(compare))


def test_the_edition_is_that_of_the_list_of_versions() -> None:
    def edition(*versions: str) -> str:
        return edition_of(versions)

    assert edition("1.0", "2.0") == edition("1.0", "2.0") and len(edition("1.0")) == 12
    assert len({edition("1.0", "2.0"), edition("1.0"), edition("1.0", "2"), edition("2.0", "1.0"), edition()}) == 5


def test_random_intervals_are_kept() -> None:
    dice = random.Random(1)
    edges = sorted(dice.sample(range(10**6), 400))
    intervals: Intervals = tuple(zip(edges[::2], edges[1::2], strict=True))

    def ranks_of(name: str, constraint: str) -> tuple[str, Intervals]:
        return edition_of(["1.0"]), intervals

    shared = Shared()
    Record("b", encode_module([Extract("b", "1", Shape(requirements=(("a", "!=1"),)), "b")], ranks_of), shared)
    assert record_of([Extract("a", "1.0", Shape(), "a")], shared).ranked._known.get("!=1") == intervals


def test_paths_are_shown_as_manifests_carry_them() -> None:
    assert source_of("a/manifest.yaml") == "a/manifest.yaml"
    assert source_of("ü/x") == "ü/x"
    assert source_of("\udcff/x") == "\\xff/x"
