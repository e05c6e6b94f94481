"""Section 8: registries."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from manifests import UNKNOWN_SIGNATURE, accepted, listed, load, manifest_text, write_files
from packaging.version import Version

from las_registry.load import is_manifest_file, load_directory, read_bytes
from las_registry.manifest import Pool
from las_registry.problem import RegistryUnusable
from las_registry.registry import Registry, default_directories
from las_registry.seal import sealed_text
from las_registry.trust.policy import Policy
from las_registry.trust.trust import Trust
from las_registry.yaml_document import Limits
from las_solver.constraint import Requirement
from las_solver.source import Source

BROKEN = "name: broken\nversion: [\n"


def problems(registry: Registry, directory: Path) -> list[str]:
    """The first lines of a registry's problems, with paths relative to a directory."""
    return [str(one).partition("\n")[0].replace(f"{directory}{os.sep}", "") for one in registry.problems]


@pytest.mark.parametrize(
    "name", ["manifest.yaml", "manifest.yml", "a.manifest.yaml", "a.b.manifest.yml", ".manifest.yaml"]
)
def test_section_8_names_of_manifest_files(name: str, tmp_path: Path) -> None:
    assert is_manifest_file(name)
    assert listed(load(tmp_path, {f"any/depth/{name}": manifest_text()})) == ["app 1.0"]


@pytest.mark.parametrize(
    "name", ["INSTALL.yaml", "manifests.yaml", "manifest.json", "manifest.yaml~", "amanifest.yaml", "Manifest.yaml"]
)
def test_section_8_every_other_file_is_left_alone(name: str, tmp_path: Path) -> None:
    assert not is_manifest_file(name)
    registry = load(tmp_path, {"manifest.yaml": manifest_text(), f"x/{name}": "\0 not yaml"})
    assert listed(registry) == ["app 1.0"] and registry.problems == ()


def test_section_8_a_stream_of_versions_is_newest_first(tmp_path: Path) -> None:
    versions = ["1.9", "1.10", "2.0rc1", "1.10.post1", "1!0.1"]
    text = "---\n".join(manifest_text(version=one) for one in versions) + "---\n---\n"
    registry = load(tmp_path, {"manifest.yaml": text})
    assert [str(one.version) for one in registry.versions("app")] == ["1!0.1", "2.0rc1", "1.10.post1", "1.10", "1.9"]
    assert registry.problems == ()


def test_section_8_a_rejected_manifest_leaves_the_rest(tmp_path: Path) -> None:
    stream = manifest_text("a", "1") + "---\n" + manifest_text("a", "two") + "---\n" + manifest_text("a", "3")
    registry = load(
        tmp_path, {"a/manifest.yaml": stream, "b/manifest.yaml": BROKEN, "c/manifest.yaml": manifest_text("c")}
    )
    assert listed(registry) == ["a 3", "a 1", "c 1.0"]
    assert problems(registry, tmp_path) == [
        "a/manifest.yaml:10: version: 'two' is not a PEP 440 version",
        "b/manifest.yaml:3: this is not YAML: did not find expected node content",
    ]
    assert [one.field for one in registry.rejected("a")] == ["version"]
    assert len(registry.rejected("broken")) == 1
    assert registry.rejected("c") == registry.rejected("unknown") == ()


def test_section_8_identical_content_counts_once_and_the_first_path_by_name(tmp_path: Path) -> None:
    same = "# another layout\n" + manifest_text().replace("tool", "'tool'")
    registry = load(tmp_path, {"b/manifest.yaml": same, "a.manifest.yaml": manifest_text(), "a/manifest.yaml": same})
    assert registry.problems == ()
    assert [one.source for one in registry.versions("app")] == ["a.manifest.yaml"]


def test_section_8_different_content_is_rejected_and_both_are_named(tmp_path: Path) -> None:
    files = {
        "a/manifest.yaml": manifest_text(),
        "b/manifest.yaml": manifest_text(rest="license: MIT\n"),
        "c/manifest.yaml": manifest_text(version="2.0"),
    }
    registry = load(tmp_path, files)
    assert listed(registry) == ["app 2.0"]
    assert problems(registry, tmp_path) == [
        "a/manifest.yaml:3: version: app 1.0 is also described, differently, in b/manifest.yaml:1: none of them counts",
        "b/manifest.yaml:3: version: app 1.0 is also described, differently, in a/manifest.yaml:1: none of them counts",
    ]
    assert len(registry.rejected("app")) == 2


def test_section_2_a_second_manifest_for_the_same_version_in_another_spelling_is_a_duplicate(tmp_path: Path) -> None:
    registry = load(
        tmp_path,
        {
            "manifest.yaml": manifest_text(version="1.0")
            + "---\n"
            + manifest_text(version="1.0.0")
            + "---\n"
            + manifest_text("b")
        },
    )
    assert listed(registry) == ["b 1.0"]
    assert len(registry.problems) == 2


def test_section_8_three_copies_of_which_one_differs_are_all_rejected(tmp_path: Path) -> None:
    other = manifest_text(rest="x-a: b\n")
    registry = load(
        tmp_path,
        {
            "a/manifest.yaml": manifest_text(),
            "b/manifest.yaml": manifest_text(),
            "c/manifest.yaml": other,
            "d/manifest.yaml": manifest_text("d"),
        },
    )
    assert listed(registry) == ["d 1.0"]
    assert len(registry.problems) == 3


def test_section_8_names_are_case_sensitive(tmp_path: Path) -> None:
    assert listed(load(tmp_path, {"manifest.yaml": manifest_text("App") + "---\n" + manifest_text("app")})) == [
        "App 1.0",
        "app 1.0",
    ]


def two_registries(tmp_path: Path, first: Sequence[str], second: Sequence[str]) -> Registry:
    for name, texts in (("first", first), ("second", second)):
        write_files(tmp_path / name, {"manifest.yaml": "---\n".join(texts)})
    return Registry.load([tmp_path / "first", tmp_path / "second"])


def test_section_8_the_first_registry_with_a_name_is_the_only_source_for_it(tmp_path: Path) -> None:
    first = [manifest_text("a", "1"), manifest_text("b", "1")]
    second = [manifest_text("a", "2"), manifest_text("c", "2")]
    assert listed(two_registries(tmp_path, first, second)) == ["a 1", "b 1", "c 2"]


def test_section_8_even_if_the_first_has_the_name_only_in_rejected_manifests(tmp_path: Path) -> None:
    registry = two_registries(
        tmp_path,
        [manifest_text("a", "x"), manifest_text("b", "1"), BROKEN],
        [manifest_text("a", "2"), manifest_text("broken", "2")],
    )
    assert listed(registry) == ["b 1"]
    assert len(registry.rejected("a")) == 1


def test_section_8_rejected_manifests_of_a_later_registry_do_not_count_for_the_name(tmp_path: Path) -> None:
    registry = two_registries(tmp_path, [manifest_text("a", "1")], [manifest_text("a", "x")])
    assert listed(registry) == ["a 1"]
    assert registry.rejected("a") == ()
    assert len(registry.problems) == 1


def test_section_8_checksums_are_checked_before_a_manifest_is_accepted(tmp_path: Path) -> None:
    right = manifest_text("b", rest=f"integrity: {{checksum: {accepted(manifest_text('b')).checksum}}}\n")
    wrong = manifest_text("a", rest=f"integrity: {{checksum: sha256:{'0' * 64}}}\n")
    registry = load(tmp_path, {"manifest.yaml": right + "---\n" + wrong})
    assert listed(registry) == ["b 1.0"]
    assert [one.field for one in registry.problems] == ["integrity.checksum"]
    assert registry.versions("b")[0].checksum == accepted(manifest_text("b")).checksum


def test_section_8_a_signature_is_reported_as_unchecked(tmp_path: Path) -> None:
    signed = manifest_text("a", rest=f"integrity: {{signature: {UNKNOWN_SIGNATURE}}}\n")
    registry = load(tmp_path, {"manifest.yaml": signed + "---\n" + manifest_text("b")})
    assert [str(one) for one in registry.unchecked_signatures] == ["a 1.0"]


def test_section_8_lookup(tmp_path: Path) -> None:
    texts = [manifest_text("a", version, "interfaces: {provides: [chat]}\n") for version in ("1", "2", "3rc1")]
    texts += [
        manifest_text(
            "b",
            rest="interfaces: {provides: [chat, other]}\ndependencies: {modules: ['a@>=3rc1'], runtime: [c]}\n",
        )
    ]
    registry = load(tmp_path, {"manifest.yaml": "---\n".join(texts)})
    assert [str(one) for one in registry.versions("a")] == ["a 3rc1", "a 2", "a 1"]
    assert [str(one) for one in registry.admitted(Requirement.parse("a@>=2"))] == ["a 3rc1", "a 2"]
    assert registry.admitted(Requirement.parse("a@>9")) == ()
    manifest = registry.manifest("a", Version("2.0"))
    assert manifest is not None and manifest.content["version"] == "2"
    assert registry.manifest("a", Version("9")) is None and registry.manifest("z", Version("1")) is None
    assert list(registry.providers("chat")) == ["a", "b"]
    assert list(registry.providers("none")) == []
    assert list(registry.interfaces()) == ["chat", "other"]
    assert list(registry.names()) == ["a", "b"]
    assert registry.versions("unknown") == ()


def test_the_registry_is_a_source_for_the_solver(tmp_path: Path) -> None:
    registry: Source = load(
        tmp_path,
        {
            "manifest.yaml": manifest_text(
                "b", rest="dependencies: {modules: ['a@>=3rc1', 'c@!=1rc1'], runtime: [cuda>=12rc1]}\n"
            )
        },
    )
    assert list(registry.prerelease_namers("a")) == ["b"]
    assert list(registry.prerelease_namers("cuda")) == ["b"]
    assert list(registry.prerelease_namers("c")) == []


def test_sources_are_relative_with_forward_slashes(tmp_path: Path) -> None:
    registry = load(tmp_path, {"cuda/12/manifest.yaml": manifest_text("cuda")})
    assert registry.versions("cuda")[0].source == "cuda/12/manifest.yaml"


FILES = {f"{at}/manifest.yaml": manifest_text(f"m{at % 4}", f"{at}.0") for at in range(9)} | {
    "x.manifest.yaml": manifest_text("m1", "1.0", "license: MIT\n") + "---\n" + BROKEN,
    "0/copy.manifest.yml": manifest_text("m0", "0.0"),
}


@settings(max_examples=20, deadline=None)
@given(order=st.permutations(sorted(FILES)))
def test_section_5_the_order_of_files_does_not_matter(
    order: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    directories = [tmp_path_factory.mktemp("registry") for _ in range(2)]
    one, two = (
        load(place, {path: FILES[path] for path in paths})
        for place, paths in zip(directories, (sorted(FILES), order), strict=True)
    )
    assert [one.versions(name) for name in one.names()] == [two.versions(name) for name in two.names()]
    assert problems(one, directories[0]) == problems(two, directories[1])


def test_the_digest_is_over_what_counts_and_not_over_names_and_order_of_files(tmp_path: Path) -> None:
    a, b = manifest_text("a", "1.0"), manifest_text("b", "2.0")
    digest = load(tmp_path / "one", {"a/manifest.yaml": a, "b/manifest.yaml": b}).digest
    assert re.fullmatch("sha256:[0-9a-f]{64}", digest)
    named_otherwise = {"x/manifest.yaml": b, "y/1.manifest.yaml": a, "notes.yaml": "", "z/manifest.yaml": BROKEN}
    assert load(tmp_path / "two", named_otherwise).digest == digest
    assert load(tmp_path / "three", {"a/manifest.yaml": a}).digest != digest
    assert load(tmp_path / "four", {"a/manifest.yaml": a, "b/manifest.yaml": b + "license: MIT\n"}).digest != digest
    shadowing = Registry.load(
        [tmp_path / "one", write_files(tmp_path / "five", {"b/manifest.yaml": manifest_text("b")})]
    )
    assert shadowing.digest == digest


def test_layout_does_not_matter_for_the_digest_where_manifests_carry_checksums(tmp_path: Path) -> None:
    text, _ = sealed_text(manifest_text("a").encode(), "a")
    sealed = text.decode()
    together = {"a/manifest.yaml": f"# a comment\n{sealed}---\n{BROKEN}"}
    assert load(tmp_path / "one", {"a.manifest.yaml": sealed}).digest == load(tmp_path / "two", together).digest


def test_each_manifest_of_a_file_counts_for_the_digest(tmp_path: Path) -> None:
    file = manifest_text("a") + "---\n" + manifest_text("b")
    both = load(tmp_path / "one", {"manifest.yaml": file})
    a_elsewhere = Registry.load(
        [write_files(tmp_path / "two", {"manifest.yaml": manifest_text("a", "2")}), tmp_path / "one"]
    )
    b_alone = Registry.load(
        [write_files(tmp_path / "three", {"manifest.yaml": manifest_text("a", "x")}), tmp_path / "one"]
    )
    assert len({both.digest, a_elsewhere.digest, b_alone.digest}) == 3


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), lambda path: path.write_text("x")])
def test_no_registry_an_empty_one_and_a_file_are_unusable(make: object, tmp_path: Path) -> None:
    assert callable(make)
    make(tmp_path / "registry")
    with pytest.raises(RegistryUnusable, match=r"does not exist|is empty|is not a directory") as caught:
        Registry.load([tmp_path / "registry"])
    assert caught.value.hint


def test_a_registry_of_which_nothing_can_be_used_is_unusable_and_says_why(tmp_path: Path) -> None:
    with pytest.raises(RegistryUnusable, match="this is not YAML"):
        load(tmp_path, {"manifest.yaml": BROKEN})


def test_no_directory_is_unusable() -> None:
    with pytest.raises(RegistryUnusable, match="no registry was named"):
        Registry.load([])


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "bad/manifest.yaml: the file is empty"),
        ("# only this\n---\n", "bad/manifest.yaml: the file is empty"),
        ("\0", "bad/manifest.yaml:1: this is not YAML: control characters are not allowed"),
        ("a: b".encode("utf-16"), "bad/manifest.yaml:1: the file is UTF-16 or UTF-32, not UTF-8"),
        (b"\xff", "bad/manifest.yaml:1: byte 0 (0xff) is not UTF-8"),
        ("[" * 100_000, "bad/manifest.yaml:1: the document is nested more than 64 levels deep"),
        ("- a\n", "bad/manifest.yaml:1: a manifest is a mapping of fields, not a list"),
        ("x" * 3_000_000, "bad/manifest.yaml:1: a manifest is a mapping of fields, not 'xxx"),
        (
            "x-0: &a0 b\n" + "".join(f"x-{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 50)}]\n" for n in range(1, 9)),
            "bad/manifest.yaml:5: the document has aliases",
        ),
    ],
)
def test_a_hostile_file_is_one_problem_and_the_rest_serves(content: str | bytes, problem: str, tmp_path: Path) -> None:
    registry = load(tmp_path, {"bad/manifest.yaml": content, "good/manifest.yaml": manifest_text()})
    assert listed(registry) == ["app 1.0"]
    (found,) = problems(registry, tmp_path)
    assert found.startswith(problem) and len(found) < 300


def test_a_file_with_a_mistake_in_every_one_of_many_documents_ends_early(tmp_path: Path) -> None:
    registry = load(tmp_path, {"manifest.yaml": manifest_text() + "---\n- a\n" * 2000})
    assert 1000 <= len(registry.problems) <= 1002
    assert "there are more than 1000 mistakes" in str(registry.problems[-1])


def test_a_directory_named_like_a_manifest_is_a_directory(tmp_path: Path) -> None:
    registry = load(tmp_path, {"manifest.yaml/manifest.yaml": manifest_text()})
    assert listed(registry) == ["app 1.0"] and registry.problems == ()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipes_sockets_and_devices_are_problems_and_nothing_waits_for_them(tmp_path: Path) -> None:
    write_files(tmp_path, {"good/manifest.yaml": manifest_text(), "pipe/x": "", "dev/x": "", "gone/x": ""})
    os.mkfifo(tmp_path / "pipe" / "manifest.yaml")
    (tmp_path / "dev" / "manifest.yaml").symlink_to("/dev/zero")
    (tmp_path / "gone" / "manifest.yaml").symlink_to("nowhere")
    registry = Registry.load([tmp_path])
    assert listed(registry) == ["app 1.0"]
    assert problems(registry, tmp_path) == [
        "dev/manifest.yaml: it cannot be read: it is not a regular file",
        "gone/manifest.yaml: it cannot be read: no such file or directory",
        "pipe/manifest.yaml: it cannot be read: it is not a regular file",
    ]


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="needs sockets in the file system")
def test_a_socket_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path, {"good/manifest.yaml": manifest_text()})
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("manifest.yaml")
        registry = Registry.load([tmp_path])
    assert listed(registry) == ["app 1.0"] and len(registry.problems) == 1


def test_loops_of_links_end_and_a_file_is_known_by_its_real_path(tmp_path: Path) -> None:
    write_files(tmp_path, {"real/manifest.yaml": manifest_text()})
    (tmp_path / "a-link").symlink_to("real", target_is_directory=True)
    (tmp_path / "real" / "loop").symlink_to("..", target_is_directory=True)
    (tmp_path / "self").symlink_to("self")
    registry = Registry.load([tmp_path])
    assert [one.source for one in registry.versions("app")] == ["real/manifest.yaml"]
    assert registry.problems == ()


def test_a_link_to_a_directory_elsewhere_is_followed_where_that_is_allowed(tmp_path: Path) -> None:
    write_files(tmp_path, {"elsewhere/manifest.yaml": manifest_text(), "registry/x": ""})
    (tmp_path / "registry" / "link").symlink_to("../elsewhere", target_is_directory=True)
    shelf = load_directory(tmp_path / "registry", Pool(), trust=Trust(policy=Policy(links="follow")))
    assert [one.module.source for one in shelf.manifests["app"]] == ["link/manifest.yaml"] and not shelf.problems


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything")
def test_an_unreadable_file_or_directory_is_a_problem(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {
            "a/manifest.yaml": manifest_text("a"),
            "b/manifest.yaml": manifest_text("b"),
            "c/manifest.yaml": manifest_text("c"),
        },
    )
    (tmp_path / "a" / "manifest.yaml").chmod(0)
    (tmp_path / "b").chmod(0)
    try:
        registry = Registry.load([tmp_path])
    finally:
        (tmp_path / "b").chmod(0o755)
    assert listed(registry) == ["c 1.0"]
    assert len(registry.problems) == 2


def test_an_error_while_reading_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path, {"a/manifest.yaml": manifest_text("a"), "b/manifest.yaml": manifest_text("b")})

    def fail(path: str, within: str | None = None) -> bytes:
        if "b" in path.rpartition("manifest")[0][-2:]:
            raise PermissionError(13, "Permission denied", path)
        return Path(path).read_bytes()

    monkeypatch.setattr("las_registry.load.read_bytes", fail)
    registry = Registry.load([tmp_path])
    assert listed(registry) == ["a 1.0"]
    assert problems(registry, tmp_path) == ["b/manifest.yaml: it cannot be read: permission denied"]


def test_a_file_name_that_is_not_utf_8_is_shown_escaped(tmp_path: Path) -> None:
    directory = os.fsencode(tmp_path) + b"/\xff"
    try:
        Path(os.fsdecode(directory)).mkdir()
    except OSError:
        pytest.skip("the file system takes no such name")
    Path(os.fsdecode(directory), "manifest.yaml").write_text(manifest_text())
    source = Registry.load([tmp_path]).versions("app")[0].source
    assert source == "\\xff/manifest.yaml"


def test_a_file_that_does_not_say_its_size_is_read_whole() -> None:
    path = Path("/proc/self/limits")
    if not path.is_file() or path.stat().st_size:
        pytest.skip("this system has no such file")
    assert read_bytes(str(path)) == path.read_bytes() != b""


def test_no_more_is_read_of_a_file_than_is_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "manifest.yaml").write_bytes(b"x" * 100)
    monkeypatch.setattr("las_registry.load.LIMITS", Limits(size=10))
    assert read_bytes(str(tmp_path / "manifest.yaml")) == b"x" * 11


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    write_files(tmp_path, {f"{at}/manifest.yaml": manifest_text(f"m{at}") for at in range(3)})
    Registry.load([tmp_path], on_progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_the_default_registry_is_the_bundled_catalog() -> None:
    registry = Registry.load(default_directories())
    assert registry.problems == ()
    assert len(list(registry.names())) > 0
