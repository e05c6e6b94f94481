"""What a directory may be made of so that its reader reads something else, or never ends."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from manifests import listed, manifest_text, write_files

from las_registry.compiled import tree
from las_registry.compiled.reading import known_by, read_file
from las_registry.load import load_directory, read_bytes
from las_registry.manifest import Pool
from las_registry.problem import RegistryUnusable
from las_registry.registry import Registry
from las_registry.trust.policy import Policy
from las_registry.trust.trust import NO_TRUST, Trust

OUT = (
    "it cannot be read: it leads out of the registry\n"
    "  hint: links: follow, for this registry in registries.yaml, allows it"
)
SECRET = "password: hunter2\n"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """What is none of the registry's business."""
    return write_files(tmp_path / "outside", {"manifest.yaml": manifest_text("out"), "secret": SECRET})


@pytest.fixture(params=["as a whole", "by an index"])
def problems(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> object:
    """Reads a registry, in both ways: what is listed, and what is wrong with it, without its directory."""
    if request.param == "by an index":
        monkeypatch.setattr("las_registry.compiled.refreshing._WORTHWHILE", 0)

    def read(directory: Path) -> tuple[list[str], list[str]]:
        found = []
        for _ in range(2 if request.param == "by an index" else 1):
            opened = Registry.open if request.param == "by an index" else Registry.load
            registry = opened([directory])
            found.append((listed(registry), [str(one).replace(f"{directory}/", "") for one in registry.problems]))
        assert all(one == found[0] for one in found)
        return found[0]

    return read


def test_a_link_to_a_file_elsewhere_is_not_read(tmp_path: Path, outside: Path, problems) -> None:
    directory = write_files(tmp_path / "registry", {"a/manifest.yaml": manifest_text("a")})
    (directory / "link.manifest.yaml").symlink_to(outside / "secret")
    (directory / "x.manifest.yaml").symlink_to("../outside/manifest.yaml")
    (directory / "p.manifest.yaml").symlink_to("/proc/self/environ")
    names, told = problems(directory)
    assert names == ["a 1.0"]
    assert told == [f"{name}.manifest.yaml: {OUT}" for name in ("link", "p", "x")]
    assert "hunter2" not in str(told)


def test_a_link_to_a_folder_elsewhere_is_not_entered(tmp_path: Path, outside: Path, problems) -> None:
    directory = write_files(tmp_path / "registry", {"a/manifest.yaml": manifest_text("a")})
    (directory / "up").symlink_to("..", target_is_directory=True)
    (directory / "a" / "out").symlink_to(outside, target_is_directory=True)
    (directory / "etc").symlink_to("/etc", target_is_directory=True)
    assert problems(directory) == (["a 1.0"], [f"{name}: {OUT}" for name in ("a/out", "etc", "up")])


def test_a_folder_whose_name_begins_like_the_registry_is_elsewhere(tmp_path: Path, problems) -> None:
    write_files(tmp_path / "registry-of-others", {"manifest.yaml": manifest_text("out")})
    directory = write_files(tmp_path / "registry", {"a/manifest.yaml": manifest_text("a")})
    (directory / "b").symlink_to("../registry-of-others", target_is_directory=True)
    assert problems(directory) == (["a 1.0"], [f"b: {OUT}"])


def test_links_that_stay_inside_count_and_the_registry_may_be_a_link_itself(tmp_path: Path, problems) -> None:
    real = write_files(tmp_path / "real", {"a/manifest.yaml": manifest_text("a"), "shared/b": manifest_text("b")})
    (real / "a" / "b.manifest.yaml").symlink_to("../shared/b")
    (real / "c").symlink_to("shared", target_is_directory=True)
    (real / "shared" / "d.manifest.yaml").symlink_to(tmp_path / "registry" / "a" / "manifest.yaml")
    (tmp_path / "registry").symlink_to("real", target_is_directory=True)
    assert problems(tmp_path / "registry") == (["a 1.0", "b 1.0"], [])


def test_links_are_followed_where_that_is_allowed(tmp_path: Path, outside: Path) -> None:
    directory = write_files(tmp_path / "registry", {"a/manifest.yaml": manifest_text("a")})
    (directory / "out.manifest.yaml").symlink_to(outside / "manifest.yaml")
    shelf = load_directory(directory, Pool(), trust=Trust(policy=Policy(links="follow")))
    assert sorted(shelf.manifests) == ["a", "out"] and shelf.problems == ()


def test_a_file_that_becomes_a_link_after_it_was_found_is_not_read(tmp_path: Path, outside: Path) -> None:
    directory = write_files(tmp_path / "registry", {"a/manifest.yaml": manifest_text("a")})
    (path,) = tree.walk(str(directory)).files()
    (directory / path).unlink()
    (directory / path).symlink_to(outside / "secret")
    found = read_file(str(directory), path, Pool(), NO_TRUST)
    assert not found.extracts and "leads out" in found.known and "hunter2" not in str(found)
    assert known_by(str(directory), path, NO_TRUST) == found.known


def test_a_folder_that_becomes_a_link_after_it_was_found_is_not_read(tmp_path: Path, outside: Path) -> None:
    directory = write_files(tmp_path / "registry", {"a/manifest.yaml": manifest_text("a")})
    (path,) = tree.walk(str(directory)).files()
    (directory / "a").rename(directory / "b")
    (directory / "a").symlink_to(outside, target_is_directory=True)
    assert "leads out" in known_by(str(directory), path, NO_TRUST)


def test_a_link_that_is_turned_between_looking_and_reading_is_not_read(
    tmp_path: Path, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = write_files(tmp_path / "registry", {"a/manifest.yaml": manifest_text("a")})
    path, looked = directory / "a" / "manifest.yaml", os.stat

    def look_then_turn(*arguments: object, **others: object) -> os.stat_result:
        status = looked(*arguments, **others)  # type: ignore[arg-type]
        path.unlink()
        path.symlink_to(outside / "secret")
        return status

    monkeypatch.setattr(os, "stat", look_then_turn)
    with pytest.raises(OSError, match="leads out of the registry"):
        read_bytes(str(path), str(directory))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipes_sockets_and_devices_are_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problems) -> None:
    directory = write_files(tmp_path / "registry", {"a/manifest.yaml": manifest_text("a")})
    os.mkfifo(directory / "pipe.manifest.yaml")
    (directory / "null.manifest.yaml").symlink_to("/dev/null")
    monkeypatch.chdir(directory)
    opened, really = [], os.open

    def note(path: object, *arguments: int, **others: object) -> int:
        opened.append(str(path))
        return really(path, *arguments, **others)  # type: ignore[arg-type]

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket.manifest.yaml")
        monkeypatch.setattr(os, "open", note)
        names, told = problems(directory)
    assert names == ["a 1.0"]
    kinds = ("null", "pipe", "socket")
    assert told == [f"{name}.manifest.yaml: it cannot be read: it is not a regular file" for name in kinds]
    assert not [path for path in opened if path.endswith(tuple(f"{name}.manifest.yaml" for name in kinds))]


def test_a_stamp_that_is_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    directory = write_files(tmp_path / "registry", {"manifest.yaml": manifest_text()})
    os.mkfifo(directory / ".las-solve-frozen")
    with pytest.raises(RegistryUnusable, match="does not say what is frozen"):
        Registry.open([directory])


@pytest.fixture
def changing(tmp_path: Path) -> Iterator[Path]:
    yield write_files(tmp_path / "registry", {"a/manifest.yaml": manifest_text("a") + "# " + "x" * 5000 + "\n"})


@pytest.mark.parametrize("how", ["grows", "shrinks", "vanishes", "is replaced"])
def test_a_file_that_changes_while_it_is_read_is_noticed_the_next_time(
    how: str, changing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = changing / "a" / "manifest.yaml"
    really = os.fstat

    def change(descriptor: int) -> os.stat_result:
        status = really(descriptor)
        monkeypatch.setattr(os, "fstat", really)
        match how:
            case "grows":
                with path.open("a") as file:
                    file.write("---\n" + manifest_text("b"))
            case "shrinks":
                os.truncate(path, 20)
            case "vanishes":
                path.unlink()
                write_files(changing, {"b/manifest.yaml": manifest_text("b")})
            case _:
                path.with_name("new").write_text(manifest_text("b"))
                path.with_name("new").replace(path)
        return status

    monkeypatch.setattr(os, "fstat", change)
    first = load_directory(changing, Pool())
    assert first.files == 1
    if how == "shrinks":
        path.write_text(manifest_text("b"))
    assert "b" in load_directory(changing, Pool()).manifests


def test_folders_as_deep_as_a_path_may_be_end(tmp_path: Path, problems) -> None:
    directory = write_files(tmp_path / "registry", {"a/manifest.yaml": manifest_text("a")})
    before = os.getcwd()  # noqa: PTH109
    os.chdir(directory)
    try:
        for _ in range(30):
            os.mkdir("d" * 200)  # noqa: PTH102
            os.chdir("d" * 200)
    finally:
        os.chdir(before)
    names, told = problems(directory)
    assert names == ["a 1.0"] and len(told) == 1 and "file name too long" in told[0]
