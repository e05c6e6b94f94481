"""Hostile manifests, profiles and requests: each is taken or refused, by the laws that hold of the fuzzer's input."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from fuzz.targets import TARGETS
from hostile.strategies import manifests, profiles, requests, texts
from hypothesis import HealthCheck, example, given, settings
from manifests import load, manifest_text, problems_of

from las_registry.load import manifests_in
from las_registry.manifest import Manifest, Pool, read_manifest
from las_registry.yaml_reader import read_documents

BOUNDED = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])


@BOUNDED
@given(manifests())
@example("name: app\n" * 3)
@example("? [a]\n: &a [*a]\n")
@example("name: *a\n--- &a\n*a: b\n")
def test_manifests(text: str) -> None:
    TARGETS["manifest"](text.encode("utf-8", "surrogatepass"))


@BOUNDED
@given(profiles)
def test_profiles(text: str) -> None:
    TARGETS["profile"](text.encode("utf-8", "surrogatepass"))


@BOUNDED
@given(requests)
@example("app@" + "," * 999)
@example("a" * 10_000)
@example("app@>=" + "9" * 5000)
@example("app@\ud800")
def test_requests(text: str) -> None:
    for kind in range(9):
        TARGETS["texts"](bytes([kind]) + text.encode("utf-8", "surrogatepass"))


@BOUNDED
@given(texts)
def test_a_text_is_taken_as_it_is_or_refused(text: str) -> None:
    """YAML has no escape for half of a pair, and nothing else is lost on the way."""
    from hostile.strategies import quoted

    data = manifest_text().replace("Something", quoted(text)).encode()
    (document,) = read_documents(data, "app/manifest.yaml")
    found = read_manifest(document, "app/manifest.yaml", Pool())
    if isinstance(found, Manifest):
        assert found.text("description") == text
    else:
        assert not text or any(0xD800 <= ord(one) <= 0xDFFF for one in text)


@pytest.mark.parametrize(
    "tag", ["!!python/object:os.system", "!!python/object/apply:os.system", "!!python/name:os.system"]
)
def test_tags_build_no_objects(tag: str, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[object] = []
    monkeypatch.setattr("os.system", called.append)
    problems = problems_of(manifest_text(rest=f"x-a: {tag} [echo]\nx-b: !!python/module:antigravity ''\n"))
    assert not called and "antigravity" not in sys.modules
    assert all("has no meaning here" in one for one in problems) and len(problems) == 2


def test_an_alias_bomb_beside_good_manifests_costs_only_itself(tmp_path: Path) -> None:
    bomb = "x-a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"x-a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 9)}]\n" for at in range(1, 30)
    )
    registry = load(tmp_path, {"a.manifest.yaml": manifest_text("a"), "b.manifest.yaml": manifest_text("b", rest=bomb)})
    assert list(registry.names()) == ["a"]
    assert [one.line for one in registry.problems] == [12] and "aliases that stand for more than" in registry.problems[
        0
    ].message


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("version: 1.0", f"version: {'9' * 5000}", "is not a PEP 440 version"),
        ("version: 1.0", "version: 1e400", "is not a PEP 440 version"),
        ("version: 1.0", f"version: {2**64}!{2**64}.{2**64}.post{2**64}", None),
        ("runtime:", "hardware: {cpu: {cores_min: 9007199254740992}}\nruntime:", "is more than"),
        ("runtime:", f"hardware: {{cpu: {{cores_min: {'9' * 5000}}}}}\nruntime:", "is not an integer"),
        ("runtime:", "hardware: {cpu: {cores_min: 1e400}}\nruntime:", "is not an integer"),
        ("runtime:", f"hardware: {{memory: {{ram_min: {'9' * 30}TiB}}}}\nruntime:", None),
        (
            "runtime:",
            f"hardware: {{memory: {{ram_min: {'9' * 5000}}}}}\nruntime:",
            "5000 characters is too long",
        ),
        ("runtime:", f"dependencies: {{modules: ['x@>={2**70}']}}\nruntime:", None),
        ("runtime:", f"dependencies: {{modules: ['x@>={'9' * 5000}']}}\nruntime:", "a constraint of 5002 characters"),
    ],
)
def test_numbers_beyond_64_bits(old: str, new: str, problem: str | None, tmp_path: Path) -> None:
    text = manifest_text().replace(old, new)
    registry = load(tmp_path, {"good.manifest.yaml": manifest_text("good"), "app.manifest.yaml": text})
    assert ("app" in registry.names()) == (problem is None)
    assert [problem in one.message or len(one.message) > 1000 for one in registry.problems if problem] == [True] * bool(
        problem
    )


@pytest.mark.parametrize(
    "data",
    [
        manifest_text().encode("utf-16"),
        manifest_text().encode("utf-16-be"),
        manifest_text().encode("utf-32"),
        manifest_text().replace("Something", "\udc80").encode("utf-8", "surrogateescape"),
        manifest_text().replace("Something", "\ud800").encode("utf-8", "surrogatepass"),
        manifest_text().replace("Something", '"\\ud800"').encode(),
        manifest_text().replace("Something", "a\0b").encode(),
        b"\0" * 1000,
        b"\xff" * 1000,
    ],
    ids=[
        "utf-16",
        "utf-16-be",
        "utf-32",
        "a byte",
        "a half",
        "an escaped half",
        "a zero",
        "zeros",
        "ones",
    ],
)
def test_what_is_not_utf_8_is_one_problem_of_its_file(data: bytes, tmp_path: Path) -> None:
    registry = load(tmp_path, {"good.manifest.yaml": manifest_text("good"), "app.manifest.yaml": data})
    assert list(registry.names()) == ["good"]
    problem = registry.problems[0]
    assert (
        problem.file.endswith("app.manifest.yaml") and problem.line == (problem.line or 1) and len(str(problem)) < 500
    )


def test_all_mistakes_of_a_file_are_bounded() -> None:
    from las_registry.load import ManifestFile

    file = ManifestFile("f", "f", "f")
    data = (manifest_text(rest="".join(f"k{at}: 1\n" for at in range(3000))) + "---\n" + manifest_text()).encode()
    several = list(manifests_in(file, data, Pool()))
    assert [len(one.problems) for one in several if not isinstance(one, Manifest)] == [1000]
