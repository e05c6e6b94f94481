"""The synthetic registry has the shape that is promised, and is the same each time."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import pytest
from benchmarks.check import check_answer
from benchmarks.problems import Problem, synthetic
from benchmarks.problems.files import write_problem, write_streams
from packaging.version import Version

from las_solver.source import MemorySource

SEEDS = (1, 2, 3)

generate = lru_cache(synthetic.generate)


def digest(folder: Path) -> str:
    """A digest over the names and bytes of all files of a tree."""
    content = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return content.hexdigest()


@pytest.mark.parametrize("seed", SEEDS)
def test_it_has_500_modules_10_000_versions_and_2_6_requirements_a_version(seed: int) -> None:
    versions = [one for module in generate(seed) for one in module.versions]
    assert len(generate(seed)) == 500
    assert len(versions) == 10_000
    assert sum(len(one.requirements) for one in versions) / len(versions) == pytest.approx(2.6, abs=0.02)


@pytest.mark.parametrize("seed", SEEDS)
def test_15_in_100_newer_versions_are_blocked_half_of_them_by_hardware(seed: int) -> None:
    newer = [one for module in generate(seed) for one in module.versions[10:]]
    blocked = [one.blocked_by for one in newer if one.blocked_by]
    assert len(blocked) == 0.15 * len(newer)
    assert blocked.count("hardware") == blocked.count("requirement")
    assert not any(one.blocked_by for module in generate(seed) for one in module.versions[:10])


def test_a_blocked_version_cannot_be_part_of_an_answer() -> None:
    registry = generate(1)
    newest = {module.name: Version(module.versions[-1].version) for module in registry}
    largest = max(card.vram for card in synthetic.HOST.gpus)
    by_name = {(one.name, one.version): one for one in synthetic.module_versions(registry)}
    for module in registry:
        for one in module.versions:
            made = by_name[module.name, Version(one.version)]
            impossible = [need for need in made.requirements if str(need.constraint) == ">=99"]
            assert bool(impossible) == (one.blocked_by == "requirement")
            assert not any(need.constraint.admits(newest[need.name]) for need in impossible if need.name in newest)
            assert ((made.hardware.vram_min or 0) > largest) == (one.blocked_by == "hardware")


def test_versions_grow_and_needs_point_along_the_row() -> None:
    for module in generate(1):
        numbers = [Version(one.version) for one in module.versions]
        assert numbers == sorted(set(numbers))
        for one in module.versions:
            assert all(text.partition("@")[0] > module.name for text in one.requirements)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_snapshot_is_a_valid_answer(seed: int) -> None:
    registry = generate(seed)
    snapshot = {module.name: module.versions[module.snapshot] for module in registry}
    chosen: dict[str, str] = {}
    ahead = [requirement.name for requirement in synthetic.request().requirements]
    while ahead:
        name = ahead.pop()
        if name not in chosen:
            chosen[name] = snapshot[name].version
            ahead += [text.partition("@")[0] for text in snapshot[name].requirements]
    problem = Problem(
        name="snapshot",
        module_versions=tuple(synthetic.module_versions(registry)),
        host=synthetic.HOST,
        request=synthetic.request(),
    )
    verdict = check_answer(problem, chosen)
    assert verdict.problems == ()
    assert verdict.cycle == ()
    assert verdict.versions_behind > 0


def test_the_newest_versions_alone_are_no_answer() -> None:
    registry = generate(1)
    newest = {module.name: module.versions[-1] for module in registry}
    assert any(one.blocked_by for one in newest.values())


def test_the_same_seed_writes_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for folder, seed in (("one", 1), ("again", 1), ("other", 2)):
        write_streams(synthetic.module_versions(generate(seed, modules=30)), tmp_path / folder)
    assert digest(tmp_path / "one") == digest(tmp_path / "again") != digest(tmp_path / "other")


def test_written_streams_say_what_the_solver_is_told(tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml")
    registry = generate(1, modules=30)
    made = MemorySource(synthetic.module_versions(registry))
    problem = Problem(
        name="small",
        module_versions=tuple(synthetic.module_versions(registry)),
        host=synthetic.HOST,
        request=synthetic.request(30),
    )
    files = write_problem(problem, tmp_path)
    assert files.registry is not None
    for module in registry:
        text = (files.registry / module.name / "manifest.yaml").read_text(encoding="utf-8")
        manifests = list(yaml.load_all(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
        versions = made.versions(module.name)[::-1]
        assert [one["version"] for one in manifests] == [str(one.version) for one in versions]
        for manifest, one in zip(manifests, versions, strict=True):
            entries = manifest.get("dependencies", {}).get("modules", [])
            assert entries == [str(need) for need in one.requirements]
            assert ("hardware" in manifest) == (one.hardware.vram_min is not None)
    assert files.arguments == (
        *(f"part-{position:03d}" for position in range(10)),
        *("--registry", str(tmp_path / "small"), "--profile", str(tmp_path / "small-profile.yaml")),
    )
