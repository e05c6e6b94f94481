"""What one can do who stands between a registry and its users and cannot sign: nothing that is not noticed.

A user has list 3 of a registry, and has seen it. Each attack changes what is served, and has to be told by its reason.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias
from unittest import mock

import pytest
from manifests import manifest_text, write_files
from signed_lists import (
    NOW,
    OTHER,
    OURS,
    REGISTRY,
    add_signature,
    change_payload,
    digests,
    private_key,
    read,
    signature_by,
    trusting,
    write_registry,
)

from las_registry.compiled import building, reading
from las_registry.load import read_bytes
from las_registry.problem import RegistryUnusable
from las_registry.registry import Registry
from las_registry.trust.listing import sign_list
from las_registry.trust.seen_lists import check_number, last_seen, remember
from las_registry.trust.signed_list import LIST_NAME, check_expiry, check_files
from las_registry.trust.trusted_keys import change_trusted_keys, keys_path
from las_solver.errors import InvalidInput

REVOKED = private_key(3)
DAY = 86_400

Use: TypeAlias = Callable[[Path, float], None]


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("LAS_SOLVE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("LAS_SOLVE_CONFIG", str(tmp_path / "settings"))
    path = keys_path()
    assert path is not None
    change_trusted_keys(path, lambda _: trusting(OURS, OTHER, revoked=[REVOKED]))


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """List 2 and its files, which a mirror kept."""
    return signed_registry(tmp_path / "old", 2)


@pytest.fixture
def registry(tmp_path: Path, use: Use) -> Path:
    """What the mirror serves."""
    directory = write_registry(tmp_path / "registry", "a", "b", "c")
    write_files(
        directory, {"c/manifest.yaml": manifest_text("c", rest=f"x-filler: {'x' * 70_000}\n")}
    )  # an index is kept
    write_registry(directory, "a", version="1.1")
    sign_list(directory, OURS, 30, 3, registry=REGISTRY, now=NOW)
    use(directory, NOW)
    return directory


def signed_registry(directory: Path, number: int, registry: str = REGISTRY, *names: str) -> Path:
    sign_list(write_registry(directory, *(names or "abc")), OURS, 30, number, registry=registry, now=NOW)
    return directory


def by_hand(directory: Path, now: float) -> None:
    """What is checked before a registry whose list counts is used."""
    found = read(directory, trusting(OURS, OTHER, revoked=[REVOKED]))
    if not found.key_ids:
        raise InvalidInput("it has a list that is signed by no key that counts")
    check_expiry(found, now, LIST_NAME)
    check_number(last_seen(directory), found, LIST_NAME)
    check_files(found, digests(directory), LIST_NAME)
    remember(directory, found, LIST_NAME)


def by_registry(make: Callable[[Sequence[Path]], Registry]) -> Callable[[Path, float], None]:
    """That a plan reads the registry."""

    def use(directory: Path, now: float) -> None:
        with mock.patch("las_registry.trust.vouching.time", lambda: now):
            found = make([directory])
        standings = {name: found.standing(name, one.version) for name in "abc" for one in found.versions(name)}
        assert {one.kind for one in standings.values() if one is not None} == {"listed"}

    return use


WAYS = {"by hand": by_hand, "all read": by_registry(Registry.load), "by the index": by_registry(Registry.open)}


@pytest.fixture(params=WAYS)
def use(request: pytest.FixtureRequest) -> Use:
    """Uses a registry, at a time, as a user does who saw list 3 of it."""
    return WAYS[request.param]


def refusal(use: Use, directory: Path, now: float = NOW) -> str:
    with pytest.raises((InvalidInput, RegistryUnusable)) as caught:
        use(directory, now)
    return caught.value.message


def serve(directory: Path, other: Path) -> None:
    """Serves another registry in place of this one."""
    shutil.rmtree(directory)
    shutil.copytree(other, directory)


def test_what_the_maintainers_signed_is_used(registry: Path, use: Use) -> None:
    use(registry, NOW)
    write_registry(registry, "d")
    sign_list(registry, OURS, 30, now=NOW)
    use(registry, NOW)
    seen = last_seen(registry)
    assert seen is not None
    assert seen.number == 4


def replace_a_byte(directory: Path) -> None:
    path = directory / "a" / "manifest.yaml"
    path.write_bytes(path.read_bytes().replace(b"1.1", b"1.2"))


def swap(directory: Path) -> None:
    one, two = directory / "a" / "manifest.yaml", directory / "b" / "manifest.yaml"
    first = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(first)


def rename(directory: Path) -> None:
    (directory / "a").rename(directory / "z")


FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a byte is replaced": (replace_a_byte, "changed: a/manifest.yaml"),
    "a file is withheld": (lambda at: (at / "b" / "manifest.yaml").unlink(), "missing: b/manifest.yaml"),
    "a module is withheld": (lambda at: shutil.rmtree(at / "b"), "missing: b/manifest.yaml"),
    "a file is emptied": (lambda at: (at / "b" / "manifest.yaml").write_bytes(b""), "changed: b/manifest.yaml"),
    "a file is added": (lambda at: write_registry(at, "d"), "not in the list: d/manifest.yaml"),
    "a linked folder is added": (
        lambda at: (write_registry(at / ".hidden", "d"), (at / "e").symlink_to(".hidden/d")),
        "not in the list: .hidden/d/manifest.yaml",
    ),
    "a further version is added": (
        lambda at: (at / "a" / "new.manifest.yaml").write_text(manifest_text("a", "9")),
        "not in the list: a/new.manifest.yaml",
    ),
    "files are swapped between two paths": (swap, "changed: a/manifest.yaml, b/manifest.yaml"),
    "a folder is renamed": (rename, "missing: a/manifest.yaml; not in the list: z/manifest.yaml"),
}


@pytest.mark.parametrize("attack", FILES)
def test_files_are_as_they_were_signed(attack: str, registry: Path, use: Use) -> None:
    change, expected = FILES[attack]
    change(registry)
    assert refusal(use, registry).endswith(f"the registry is not as its signed list says; {expected}")


def test_an_old_list_with_its_files_is_noticed(registry: Path, use: Use, old: Path) -> None:
    serve(registry, old)
    assert "this is list 2 of the registry, and list 3 was seen before: the registry was set back" in refusal(
        use, registry
    )


def test_old_files_under_the_new_list_are_noticed(registry: Path, use: Use, old: Path) -> None:
    shutil.copy(old / "a" / "manifest.yaml", registry / "a" / "manifest.yaml")
    assert "changed: a/manifest.yaml" in refusal(use, registry)


def test_an_old_list_over_new_files_is_noticed(registry: Path, use: Use, old: Path) -> None:
    shutil.copy(old / LIST_NAME, registry / LIST_NAME)
    assert "set back" in refusal(use, registry)


def test_two_lists_of_one_number_are_noticed(registry: Path, use: Use, tmp_path: Path) -> None:
    serve(registry, signed_registry(tmp_path / "same", 3))
    assert "this is another list 3 than the one that was seen before" in refusal(use, registry)


def test_a_registry_that_is_kept_from_changing_expires(registry: Path, use: Use) -> None:
    use(registry, NOW + 30 * DAY - 1)
    assert "the list expired at 2027-02-14T08:00:00Z" in refusal(use, registry, NOW + 30 * DAY)


def test_the_list_of_another_registry_by_the_same_key_is_noticed(registry: Path, use: Use, tmp_path: Path) -> None:
    other = signed_registry(tmp_path / "other", 9, "f" * 32, "a", "b", "c")
    shutil.copy(other / LIST_NAME, registry / LIST_NAME)
    assert "this is the list of another registry" in refusal(use, registry)
    serve(registry, other)
    assert "this is the list of another registry" in refusal(use, registry)


@pytest.mark.parametrize("use", ["all read", "by the index"], indirect=True)
def test_a_list_that_is_gone_is_missed(registry: Path, use: Use) -> None:
    (registry / LIST_NAME).unlink()
    assert "it has no signed list, and list 3 was seen before" in refusal(use, registry)


CHANGES: dict[str, Callable[[dict[str, object]], object]] = {
    "its number": lambda payload: payload.update(number=4),
    "its expiry": lambda payload: payload.update(expires="2099-01-01T00:00:00Z"),
    "its registry": lambda payload: payload.update(registry="f" * 32),
    "its files": lambda payload: payload.update(files={}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_in_a_list_can_be_changed(change: str, registry: Path, use: Use) -> None:
    change_payload(registry, CHANGES[change])
    assert "the signature by the key" in refusal(use, registry)
    assert "is not of what stands here" in refusal(use, registry)


def test_a_list_whose_signature_is_taken_away_is_nobody_s(registry: Path, use: Use) -> None:
    path = registry / LIST_NAME
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "signatures": []}))
    assert "signatures: expected a list of 1 to 64" in refusal(use, registry)


def test_the_signature_of_another_key_does_not_count(registry: Path, use: Use) -> None:
    stranger = private_key(9)
    path = registry / LIST_NAME
    signature = signature_by(registry, stranger)
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "signatures": []}))
    add_signature(registry, stranger.id, signature)
    assert "is signed by no key that counts" in refusal(use, registry)


def test_a_stranger_s_signature_does_not_pass_for_that_of_a_trusted_key(registry: Path, use: Use) -> None:
    path = registry / LIST_NAME
    signature = signature_by(registry, private_key(9))
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "signatures": []}))
    add_signature(registry, OURS.id, signature)
    assert "is not of what stands here" in refusal(use, registry)


def test_the_signature_of_a_revoked_key_does_not_count(registry: Path, use: Use) -> None:
    path = registry / LIST_NAME
    signature = signature_by(registry, REVOKED)
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "signatures": []}))
    add_signature(registry, REVOKED.id, signature)
    assert f"it is signed by the key {REVOKED.id[:16]}, which is revoked: it was stolen" in refusal(use, registry)


def test_of_two_signatures_none_may_be_bad(registry: Path, use: Use) -> None:
    add_signature(registry, OTHER.id, signature_by(registry, OURS))
    assert f"the signature by the key {OTHER.id[:16]} is not of what stands here" in refusal(use, registry)


def test_a_bad_signature_by_a_stranger_takes_nothing_away(registry: Path, use: Use) -> None:
    add_signature(registry, private_key(9).id, bytes(64))
    use(registry, NOW)


def test_a_second_maintainer_may_sign_the_same_list_later(registry: Path, use: Use) -> None:
    add_signature(registry, OTHER.id, signature_by(registry, OTHER))
    use(registry, NOW)
    assert read(registry, trusting(OURS, OTHER)).key_ids == tuple(sorted([OURS.id, OTHER.id]))


@pytest.mark.parametrize("name", ["c/1.manifest.yaml", "c/2.manifest.yaml"])
@pytest.mark.parametrize("is_refreshed", [False, True])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_drive_that_hands_over_other_bytes_at_another_time(
    name: str, is_refreshed: bool, at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same version stands in two files, or a version is added to others: files are read more than once then."""
    monkeypatch.setattr("las_registry.compiled.marks.time_ns", lambda: 0)
    directory = write_registry(tmp_path / "drive", "a", "b")
    texts = {"c/1.manifest.yaml": manifest_text("c"), "c/2.manifest.yaml": manifest_text("c")}
    write_files(directory, {"d/manifest.yaml": manifest_text("d", rest=f"x-filler: {'x' * 70_000}\n"), **texts})
    sign_list(directory, OURS, 30, 1, registry=REGISTRY)
    if is_refreshed:
        Registry.open([directory])
        write_files(directory, {"c/3.manifest.yaml": manifest_text("c", "2")})
        sign_list(directory, OURS, 30, 2, registry=REGISTRY)
    times = 0

    def other_bytes(path: str, within: str | None = None) -> bytes:
        nonlocal times
        times += path.endswith(name)
        data = read_bytes(path, within)
        return data.replace(b"Something", b"Another thing") if path.endswith(name) and times == at else data

    with mock.patch.object(reading, "read_bytes", other_bytes), mock.patch.object(building, "read_bytes", other_bytes):
        try:
            found = Registry.open([directory])
        except RegistryUnusable:
            return
    (one,) = [one for one in found.versions("c") if str(one.version) == "1.0"]
    manifest = found.manifest("c", one.version)
    assert manifest is not None and manifest.text("description") == "Something"
