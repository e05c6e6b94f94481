"""Making signed lists: they say what is there, their numbers go up, and nothing is left out silently."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import pytest
from manifests import manifest_text, write_files
from signed_lists import NOW, OTHER, OURS, REGISTRY, change_payload, digests, payload_of, read, trusting, write_registry

from las_registry.problem import InvalidFile, RegistryUnusable
from las_registry.trust import listing
from las_registry.trust.listing import LONGEST, ListWritten, sign_list
from las_registry.trust.signed_list import LARGEST_NUMBER, LIST_NAME, check_files
from las_registry.trust.signing import sign_file
from las_registry.trust.trusted_keys import RevokedKey, TrustedKey, TrustedKeys
from las_registry.yaml_document import Limits
from las_solver.errors import InvalidInput


def sign(
    directory: Path, number: int | None = None, *, registry: str | None = None, force: bool = False
) -> ListWritten:
    return sign_list(directory, OURS, 30, number, registry=registry, force=force, now=NOW)


def test_a_list_says_what_the_registry_has(tmp_path: Path) -> None:
    write_registry(tmp_path, "b", "a")
    write_files(tmp_path, {"x/two.manifest.yml": manifest_text("d") + "---\n" + manifest_text("c"), "README.md": "no"})
    counts: list[tuple[int, int]] = []
    written = sign_list(tmp_path, OURS, 30, registry=REGISTRY, now=NOW, on_progress=lambda *count: counts.append(count))
    assert written.path == tmp_path / LIST_NAME
    assert written.problems == ()
    assert counts == [(1, 3), (2, 3), (3, 3)]
    assert payload_of(written.path.read_bytes()) == {
        "format": 1,
        "registry": REGISTRY,
        "number": 1,
        "expires": "2027-02-14T08:00:00Z",
        "files": {
            path: {"sha256": sha256((tmp_path / path).read_bytes()).hexdigest(), "modules": names}
            for path, names in {
                "a/manifest.yaml": ["a"],
                "b/manifest.yaml": ["b"],
                "x/two.manifest.yml": ["c", "d"],
            }.items()
        },
    }
    assert list(written.content.files) == sorted(written.content.files)
    assert written.content == read(tmp_path, trusting(OURS))
    check_files(written.content, digests(tmp_path), LIST_NAME)


def test_the_same_registry_gives_the_same_bytes(tmp_path: Path) -> None:
    lists = [
        sign(write_registry(tmp_path / str(at), *names), registry=REGISTRY).path.read_bytes()
        for at, names in enumerate((["a", "b", "c"], ["c", "b", "a"]))
    ]
    assert lists[0] == lists[1]


def test_numbers_go_up_and_the_registry_stays_the_same_one(tmp_path: Path) -> None:
    write_registry(tmp_path, "a")
    first, second, tenth, next_one = sign(tmp_path), sign(tmp_path), sign(tmp_path, 10), sign(tmp_path)
    assert [one.content.number for one in (first, second, tenth, next_one)] == [1, 2, 10, 11]
    assert {one.content.registry for one in (first, second, tenth, next_one)} == {first.content.registry}
    for number in (0, 10, 11, LARGEST_NUMBER + 1):
        with pytest.raises(InvalidInput, match="number"):
            sign(tmp_path, number)
    assert sign(tmp_path, LARGEST_NUMBER).content.number == LARGEST_NUMBER
    with pytest.raises(InvalidInput, match="there is no number after"):
        sign(tmp_path)


def test_two_registries_are_told_apart(tmp_path: Path) -> None:
    one, two = (sign(write_registry(tmp_path / name, "a")) for name in ("one", "two"))
    assert one.content.registry != two.content.registry


def test_a_number_is_not_taken_from_a_list_that_was_changed(tmp_path: Path) -> None:
    sign(write_registry(tmp_path, "a"))
    change_payload(tmp_path, lambda payload: payload.update(number=LARGEST_NUMBER - 1))
    before = (tmp_path / LIST_NAME).read_bytes()
    for number in (None, LARGEST_NUMBER):
        with pytest.raises(InvalidInput, match="the list that is there is not intact"):
            sign(tmp_path, number)
    assert (tmp_path / LIST_NAME).read_bytes() == before


def test_a_new_key_has_to_be_told_the_number(tmp_path: Path) -> None:
    first = sign(write_registry(tmp_path, "a"), 4)
    with pytest.raises(InvalidInput, match=r"signed by another key(.|\n)*hint: give the number: --number 5, if list 4"):
        sign_list(tmp_path, OTHER, 30, now=NOW)
    second = sign_list(tmp_path, OTHER, 30, 5, now=NOW)
    assert second.content.registry == first.content.registry
    assert read(tmp_path, trusting(OURS, OTHER)).key_ids == (OTHER.id,)


def test_rejected_manifests_are_listed_only_by_force(tmp_path: Path) -> None:
    write_registry(tmp_path, "a")
    write_files(
        tmp_path,
        {
            "bad/manifest.yaml": "name: b\n",
            "clash/manifest.yaml": manifest_text("a", rest="license: MIT\n"),
            "nameless/manifest.yaml": "name: 'a b'\n",
            "empty/manifest.yaml": "",
        },
    )
    with pytest.raises(InvalidFile) as caught:
        sign(tmp_path)
    assert {os.path.relpath(one.file, tmp_path) for one in caught.value.problems} == {
        f"{name}/manifest.yaml" for name in ("a", "bad", "clash", "nameless", "empty")
    }
    assert not (tmp_path / LIST_NAME).exists()
    written = sign(tmp_path, force=True)
    assert written.problems == caught.value.problems
    assert written.content.modules == {
        "a/manifest.yaml": ("a",),
        "bad/manifest.yaml": ("b",),
        "clash/manifest.yaml": ("a",),
        "empty/manifest.yaml": (),
        "nameless/manifest.yaml": (),
    }


def test_a_manifest_that_was_changed_after_it_was_signed_is_listed_only_by_force(tmp_path: Path) -> None:
    write_registry(tmp_path, "ours", "theirs")
    for key, name in ((OURS, "ours"), (OTHER, "theirs")):
        sign_file(tmp_path / name / "manifest.yaml", key)
    assert sign(tmp_path).problems == ()
    for path in sorted(tmp_path.glob("*/manifest.yaml")):
        path.write_text(path.read_text().replace("category: tool", "category: model"))
    with pytest.raises(InvalidFile, match="was changed after the key") as caught:  # by its own key, which is at hand
        sign(tmp_path)
    assert [one.file for one in caught.value.problems] == [str(tmp_path / "ours/manifest.yaml")]
    written = sign(tmp_path, force=True)
    assert written.problems == caught.value.problems
    assert written.content.modules["ours/manifest.yaml"] == ("ours",)


def test_the_signatures_of_contributors_are_checked_by_the_keys_that_are_trusted(tmp_path: Path) -> None:
    write_registry(tmp_path, "a", "b")
    theirs = tmp_path / "b" / "manifest.yaml"
    sign_file(theirs, OTHER)
    trusted = TrustedKeys({OTHER.id: TrustedKey(OTHER.id, OTHER.public)}, {})
    revoked = trusted.with_revoked(RevokedKey(OTHER.id, "lost"))
    assert sign_list(tmp_path, OURS, 30, keys=trusted).problems == ()
    with pytest.raises(InvalidFile, match="which is revoked: lost"):
        sign_list(tmp_path, OURS, 30, keys=revoked)
    (problem,) = sign_list(tmp_path, OTHER, 30, 9, keys=revoked, force=True).problems  # not even its own word counts
    assert problem.file == str(theirs)
    theirs.write_text(theirs.read_text().replace("category: tool", "category: model"))
    with pytest.raises(InvalidFile, match="was changed after the key"):
        sign_list(tmp_path, OURS, 30, 10, keys=trusted)


def test_what_cannot_be_read_is_never_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = write_registry(tmp_path / "registry", "a")
    write_registry(tmp_path / "outside", "b")
    cases = {
        "leads out of the registry": lambda path: path.symlink_to(tmp_path / "outside" / "b" / "manifest.yaml"),
        "no such file": lambda path: path.symlink_to("nowhere"),
        "not a regular file": os.mkfifo,
    }
    path = inside / "manifest.yaml"
    for expected, make in cases.items():
        make(path)
        with pytest.raises(InvalidFile, match=expected):
            sign(inside, force=True)
        path.unlink()
    link = inside / "linked"
    link.symlink_to(tmp_path / "outside")
    with pytest.raises(InvalidFile, match="leads out of the registry"):
        sign(inside, force=True)
    link.unlink()
    monkeypatch.setattr(listing, "LIMITS", Limits(size=10))
    with pytest.raises(InvalidFile, match="it is larger than 0 MiB"):
        sign(inside, force=True)


def test_links_inside_of_the_registry_are_listed_as_they_are_walked(tmp_path: Path) -> None:
    write_registry(tmp_path, "a")
    (tmp_path / "again").symlink_to("a")
    (tmp_path / "one.manifest.yaml").symlink_to("a/manifest.yaml")
    assert sorted(sign(tmp_path).content.files) == ["a/manifest.yaml", "one.manifest.yaml"]


@pytest.mark.skipif(os.name != "posix", reason="names of bytes")
def test_names_that_a_list_cannot_have_are_refused(tmp_path: Path) -> None:
    for name, expected in (
        (b"\xff.manifest.yaml", "its name is not UTF-8"),
        (b"\x1b.manifest.yaml", "control characters"),
    ):
        path = write_registry(tmp_path, "a") / os.fsdecode(name)
        path.write_text(manifest_text("b"))
        with pytest.raises(InvalidInput, match=expected):
            sign(tmp_path, force=True)
        path.unlink()
    assert not (tmp_path / LIST_NAME).exists()


@pytest.mark.parametrize("days", [0, -1, LONGEST + 1])
def test_lists_expire_in_a_time_that_is_meant(tmp_path: Path, days: int) -> None:
    with pytest.raises(InvalidInput, match=f"a list cannot expire after {days} days"):
        sign_list(write_registry(tmp_path, "a"), OURS, days)


def test_there_has_to_be_a_registry(tmp_path: Path) -> None:
    for directory in (tmp_path, tmp_path / "none"):
        with pytest.raises(RegistryUnusable):
            sign(directory)


def test_a_list_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sign(write_registry(tmp_path, "a"))
    before = (tmp_path / LIST_NAME).read_bytes()

    def full(path: Path, data: bytes) -> None:
        raise InvalidInput(f"{path} cannot be written: No space left on device")

    monkeypatch.setattr(listing, "write_output_file", full)
    with pytest.raises(InvalidInput, match="No space"):
        sign(tmp_path)
    assert (tmp_path / LIST_NAME).read_bytes() == before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a", LIST_NAME]
