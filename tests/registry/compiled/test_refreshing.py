"""An index follows its registry, whatever happens to that: what it says is what reading everything says."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from indexes import as_a_whole, by_index, kept, state, wait_for_the_clock
from manifests import UNKNOWN_SIGNATURE, listed, manifest_text, write_files

from las_registry import user_directories
from las_registry.compiled import marks, opening, reading, refreshing, tree, updating
from las_registry.compiled.locking import locked
from las_registry.compiled.opening import Event, open_shelf
from las_registry.compiled.refreshing import freeze
from las_registry.problem import RegistryUnusable
from las_registry.registry import Registry

RICH = """\
license: "no"   # a quoted text
hardware: {cpu: {cores_min: 0x4}, gpu: {multi_gpu: True, vram_min: 8GB}}
dependencies: {modules: [&need "lib@>=1", ~], runtime: []}
interfaces: {provides: [chat, *need]}
"""
TEXTS = [
    manifest_text("app", "1.10", RICH) + "---\n" + manifest_text("app", "1.9"),
    manifest_text("app", "1.10"),
    manifest_text("app", "1.10.0", "license: MIT\n"),
    manifest_text("app", "2.0rc1", "interfaces: {provides: [chat]}\n") + "---\n" + manifest_text("lib", "2.0"),
    manifest_text("lib", "1.0", "dependencies: {modules: ['app@>=2.0rc1', 'c@==1.*']}\n"),
    manifest_text("lib", "1.0", "dependencies: {modules: ['app@>=1.9', 'b@!=1.0']}\n"),
    manifest_text("b", "1.0+local", f"integrity: {{signature: {UNKNOWN_SIGNATURE}}}\n"),
    manifest_text("c", "1.0", f"integrity: {{checksum: 'sha256:{'0' * 64}'}}\n"),
    manifest_text("c", "bad"),
    "name: [\n",
    "",
    "- a\n---\n" + manifest_text("a", "3"),
    "name: a\nversion: 1\ninterfaces: {provides: [chat]}\n",
    b"\xff",
]
PLACES = ["manifest.yaml", "a/manifest.yaml", "b/manifest.yml", "c/deep/x.manifest.yaml", "c/y.manifest.yml", "d/other"]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory for caches, for registries of any size."""
    monkeypatch.setattr(refreshing, "_WORTHWHILE", 0)
    monkeypatch.setenv("LAS_SOLVE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A registry that no one has read."""
    files = dict(zip(PLACES, TEXTS, strict=False))
    return write_files(tmp_path / "registry", files)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if everything had been written long ago."""
    monkeypatch.setattr(marks, "_TICK", -1)


def change(directory: Path, chance: random.Random) -> str:
    """One thing that people, or their tools, do to files."""
    place = directory / chance.choice(PLACES)
    what = chance.choice(["write"] * 6 + ["remove", "remove folder", "rename", "link", "link folder", "dangle", "pipe"])
    match what:
        case "write":
            if place.parent.is_file() or place.parent.is_symlink():
                place.parent.unlink()
            place.parent.mkdir(parents=True, exist_ok=True)
            text = chance.choice(TEXTS)
            if place.is_dir():
                shutil.rmtree(place)
            elif place.is_fifo():
                place.unlink()
            place.write_bytes(text if isinstance(text, bytes) else text.encode())
        case "remove":
            if place.is_file():
                place.unlink()
        case "remove folder":
            if place.parent != directory and place.parent.is_dir() and not place.parent.is_symlink():
                shutil.rmtree(place.parent)
        case "rename":
            folders = sorted(one for one in directory.iterdir() if one.is_dir())
            if folders:
                chance.choice(folders).rename(directory / f"{chance.choice('abcdez')}{chance.randrange(10**6)}")
        case _:
            target = {"link folder": chance.choice(["a", "..", "nowhere"]), "link": "y.manifest.yml"}.get(what, "gone")
            link = directory / chance.choice("cxyz") / chance.choice(["manifest.yaml", "more", "q.manifest.yaml"])
            if link.parent.is_dir() and not link.exists() and not link.is_symlink():
                if what == "pipe":
                    os.mkfifo(link)
                else:
                    link.symlink_to(f"../{target}" if what == "link folder" else target)
    return what


@pytest.mark.parametrize("is_patient", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_whatever_happens_the_index_says_what_the_files_say(
    seed: int, is_patient: bool, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updating, "_FEW", 4 if seed % 2 else 100)
    monkeypatch.setattr(tree, "_CHUNK", 3)
    if is_patient:
        monkeypatch.setattr(marks, "_TICK", -1)
    chance = random.Random(seed)
    done = []
    for _ in range(25):
        done.append(change(directory, chance))
        wait_for_the_clock(directory)
        expected = as_a_whole(directory)
        assert by_index(directory) == expected, done
        assert by_index(directory) == expected, done


def test_several_registries_and_how_they_are_named(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    other = write_files(tmp_path / "other", {"x/manifest.yaml": TEXTS[1], "b/manifest.yaml": TEXTS[4]})
    monkeypatch.chdir(directory)
    for places in ([directory, other], [Path(), other], [other, Path("../registry")], [Path("../other"), Path()]):
        assert by_index(*places) == as_a_whole(*places)
    assert len(kept(cache)) == 2


def test_a_file_name_that_is_not_utf_8(tmp_path: Path) -> None:
    for name in (b"\xff", "n\u00e4\U0001f600".encode()):
        folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/registry-\xfe/" + name))
        try:
            folder.mkdir(parents=True)
        except OSError:
            pytest.skip("the file system takes no such name")
        (folder / "manifest.yaml").write_text(manifest_text("app", f"1.{len(name)}"))
        (folder / "b.manifest.yaml").write_text("name: app\nversion: []\n")
    directory = Path(os.fsdecode(os.fsencode(tmp_path) + b"/registry-\xfe"))
    for _ in range(2):
        assert by_index(directory) == as_a_whole(directory)


def test_what_did_not_change_is_not_opened(
    directory: Path, patient: None, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    by_index(directory)
    before = state(*kept(cache))
    monkeypatch.setattr(refreshing, "refreshed", None)
    monkeypatch.setattr("las_registry.load.read_bytes", None)
    assert len(listed(Registry.open([directory]))) == 4
    assert state(*kept(cache)) == before


def test_only_the_modules_of_a_changed_file_are_read_again(
    directory: Path, patient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_index(directory)
    wait_for_the_clock(directory)
    (directory / "c/y.manifest.yml").write_text(TEXTS[1])  # was lib, and is app
    read: list[str] = []
    read_file = reading.read_file
    monkeypatch.setattr(
        reading, "read_file", lambda at, path, *rest: (read.append(path), read_file(at, path, *rest))[1]
    )
    Registry.open([directory])
    assert read == ["c/y.manifest.yml", "a/manifest.yaml", "b/manifest.yml", "c/deep/x.manifest.yaml", "manifest.yaml"]
    read.clear()
    Registry.open([directory])
    assert read == []


def test_files_that_come_and_go_need_no_walk(directory: Path, patient: None, monkeypatch: pytest.MonkeyPatch) -> None:
    by_index(directory)
    monkeypatch.setattr(updating, "walk", None)
    for path, text in {"b/q.manifest.yaml": TEXTS[4], "q.manifest.yaml": TEXTS[2], "b/z.manifest.yaml": "["}.items():
        write_files(directory, {path: text})
        assert by_index(directory) == as_a_whole(directory)
    (directory / "b/q.manifest.yaml").rename(directory / "b/a.manifest.yaml")
    (directory / "q.manifest.yaml").rename(directory / "c/deep/manifest.yaml")
    write_files(directory, {"b/manifest.yml": TEXTS[1]})
    assert by_index(directory) == as_a_whole(directory)
    (directory / "manifest.yaml").unlink()
    (directory / "b/z.manifest.yaml").unlink()
    (directory / "b/nowhere.manifest.yaml").symlink_to("gone")
    for _ in range(2):
        assert by_index(directory) == as_a_whole(directory)


def test_all_files_are_gone(directory: Path, patient: None) -> None:
    by_index(directory)
    for path in directory.rglob("*.y*ml"):
        path.unlink()
    told = by_index(directory)
    assert told == as_a_whole(directory) and "is empty" in told


def test_a_change_is_noticed_even_where_size_and_time_are_put_back(directory: Path, patient: None) -> None:
    by_index(directory)
    path = directory / "c/y.manifest.yml"
    path.write_text(manifest_text("lib", "5.0"))
    by_index(directory)
    before = path.stat()
    wait_for_the_clock(directory)
    path.write_text(manifest_text("lib", "6.0"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert "lib 6.0" in listed(Registry.open([directory]))


def test_a_second_write_in_the_same_tick_is_noticed(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a file system whose clock stands still."""
    path = directory / "c/y.manifest.yml"
    path.write_text(manifest_text("lib", "5.0"))
    by_index(directory)
    real = os.stat

    def stopped(*given: object, **named: object) -> os.stat_result:
        status = real(*given, **named)  # type: ignore[call-overload]
        values = list(status.__reduce__()[1][0]), dict(status.__reduce__()[1][1])
        values[1].update(st_mtime_ns=tick, st_ctime_ns=tick)
        return os.stat_result(*values)

    tick = marks.time_ns()
    monkeypatch.setattr(os, "stat", stopped)
    by_index(directory)
    path.write_text(manifest_text("lib", "6.0"))
    assert "lib 6.0" in listed(Registry.open([directory]))


@pytest.mark.parametrize("jump", [-(10**10), 10**18, -(10**18)])
def test_a_clock_that_jumps(jump: int, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "time_ns", lambda now=marks.time_ns: now() + jump)
    by_index(directory)
    wait_for_the_clock(directory)
    (directory / "a/manifest.yaml").write_text(manifest_text("new"))
    assert by_index(directory) == as_a_whole(directory)


def test_times_that_prove_nothing_are_looked_at_once_more_and_then_kept(
    directory: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    by_index(directory)
    before = state(*kept(cache))
    by_index(directory)
    assert state(*kept(cache)) == before
    monkeypatch.setattr(marks, "time_ns", lambda now=marks.time_ns: now() + 10**10)
    by_index(directory)
    after = state(*kept(cache))
    assert after != before
    monkeypatch.setattr(updating.Update, "__init__", None)
    by_index(directory)
    assert state(*kept(cache)) == after


def test_an_index_of_another_release_or_registry_is_none(
    directory: Path, patient: None, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    expected = by_index(directory)
    (path,) = kept(cache)
    whole = path.read_bytes()
    monkeypatch.setattr(opening, "RELEASE", "0.0.1")
    assert by_index(directory) == expected
    assert path.read_bytes() != whole
    other = write_files(directory.parent / "other", {"manifest.yaml": manifest_text("other")})
    assert by_index(other) == as_a_whole(other)
    (stranger,) = set(kept(cache)) - {path}
    shutil.copyfile(path, stranger)
    assert by_index(other) == as_a_whole(other)


@pytest.mark.parametrize("obstacle", ["file", "read-only", "empty", "full"])
def test_where_nothing_can_be_kept_it_works(
    obstacle: str, directory: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    match obstacle:
        case "file":
            cache.write_text("a file in place of the directory")
        case "read-only":
            if os.geteuid() == 0:
                pytest.skip("the superuser may write everywhere")
            cache.mkdir(mode=0o500)
        case "empty":
            monkeypatch.setenv("LAS_SOLVE_CACHE", "")
            monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
        case "full":

            def fail(*ignored: object, **named: object) -> None:
                raise OSError(28, "No space left on device")

            finish = refreshing.TableWriter.finish
            monkeypatch.setattr(
                refreshing.TableWriter,
                "finish",
                lambda self, **named: finish(self, **named) if self._path is None else fail(),
            )
    for _ in range(2):
        assert by_index(directory) == as_a_whole(directory)
    assert not (tmp_path / "other").exists() and not list(tmp_path.glob("cache/*.sqlite3"))
    assert not list(tmp_path.glob("cache/*.new"))


def test_what_cannot_be_tidied_up_or_locked_does_not_matter(
    directory: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cache / "manifests-0.json").mkdir(parents=True)
    assert by_index(directory) == as_a_whole(directory) and len(kept(cache)) == 1
    (lock,) = cache.glob("*.lock")
    before, refused, opened = lock.stat().st_ino, [], os.open

    def refuse_once(path: Path, flags: int, mode: int = 0o777, **named: int) -> int:
        if path == lock and not refused:
            refused.append(path)
            raise PermissionError(13, "Permission denied")
        return opened(path, flags, mode, **named)

    monkeypatch.setattr(os, "open", refuse_once)
    write_files(directory, {"manifest.yaml": manifest_text("fresh", "7")})
    keep = lock.open()  # so that its inode is not used again
    assert by_index(directory) == as_a_whole(directory)
    assert refused and lock.stat().st_ino != before
    keep.close()


@pytest.mark.skipif(os.name == "nt", reason="names are UTF-16 there")
def test_a_cache_whose_name_is_not_utf_8(directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / os.fsdecode(b"\xff")
    monkeypatch.setenv("LAS_SOLVE_CACHE", str(cache))
    for _ in range(2):
        assert by_index(directory) == as_a_whole(directory)
    assert len(kept(cache)) == 1


def test_a_link_that_leads_elsewhere_meanwhile(directory: Path, tmp_path: Path, patient: None) -> None:
    outside = tmp_path / "outside"
    write_files(outside, {"one/manifest.yaml": manifest_text("one"), "two/manifest.yaml": manifest_text("two")})
    (outside / "link").symlink_to("one")
    (directory / "A").symlink_to(outside / "link")
    assert by_index(directory) == as_a_whole(directory)
    for target in (outside / "two", directory / "a", outside / "one", outside):
        (outside / "link").unlink()
        (outside / "link").symlink_to(target)
        assert by_index(directory) == as_a_whole(directory), target


def test_the_cache_is_the_users_alone(directory: Path, cache: Path) -> None:
    by_index(directory)
    (path,) = kept(cache)
    assert path.stat().st_mode & 0o077 == cache.stat().st_mode & 0o077 == 0


def test_a_small_registry_is_not_worth_it(directory: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refreshing, "_WORTHWHILE", 64 << 10)
    assert by_index(directory) == as_a_whole(directory)
    assert not kept(cache)


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps the working directory")
def test_a_working_directory_that_is_gone_is_no_place(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    monkeypatch.setenv("LAS_SOLVE_CACHE", "here")
    assert by_index(directory) == as_a_whole(directory)


@pytest.mark.parametrize("name", ["none", "a\0b", "a" * 5000, "file", "empty", "loop"])
def test_what_is_no_registry_is_told_alike(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    told = by_index(tmp_path / name)
    assert told == as_a_whole(tmp_path / name) and isinstance(told, str)


def test_of_many_registries_those_used_longest_ago_are_forgotten(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refreshing, "_MOST_REGISTRIES", 2)
    places = [write_files(tmp_path / f"registry-{at}", {"manifest.yaml": manifest_text()}) for at in range(4)]
    for at, place in enumerate(places):
        for path in kept(cache):
            os.utime(path, (0, 0) if at == 1 else (at, at))
        by_index(place)
        by_index(places[0])  # which is used every day
    assert len(kept(cache)) == 2
    before = {path: state(path) for path in kept(cache)}
    by_index(places[0]), by_index(places[3])
    assert before.keys() == set(kept(cache))


def test_what_earlier_releases_kept_goes(directory: Path, cache: Path) -> None:
    write_files(cache, {"manifests-0123.json": "{}", "settings.json": "{}"})
    by_index(directory)
    assert not (cache / "manifests-0123.json").exists() and (cache / "settings.json").exists()


def test_the_release_is_that_of_the_package() -> None:
    text = (Path(__file__).parents[3] / "pyproject.toml").read_text()
    assert f'\nversion = "{opening.RELEASE}"\n' in text


def test_the_index_is_where_caches_belong(directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAS_SOLVE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    by_index(directory)
    folder = user_directories.cache_directory()
    assert folder is not None and kept(folder) == kept(tmp_path / "xdg" / "las-solve") != []


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_index_is_none(seed: int, directory: Path, cache: Path, patient: None) -> None:
    expected = by_index(directory)
    (path,) = kept(cache)
    whole, chance = path.read_bytes(), random.Random(seed)
    for _ in range(15):
        at = chance.randrange(len(whole))
        damage = [
            whole[:at] + bytes([whole[at] ^ 1 << chance.randrange(8)]) + whole[at + 1 :],
            whole[:at],
            whole[:at] + bytes(512) + whole[at + 512 :],
        ]
        path.write_bytes(chance.choice(damage))
        assert by_index(directory) == expected


def test_files_that_change_while_a_damaged_index_is_read_are_an_error(directory: Path, patient: None) -> None:
    by_index(directory)
    same, other = open_shelf(directory), open_shelf(directory)
    for shelf in (same, other):
        shelf._table.close()  # nothing can be read any more
    assert len(same.versions("app")) == 2
    write_files(directory, {"new/manifest.yaml": manifest_text("new")})
    with pytest.raises(RegistryUnusable, match="changed while it was read"):
        other.versions("app")


def test_an_index_that_is_used_stays_young(directory: Path, cache: Path, patient: None) -> None:
    by_index(directory)
    (path,) = kept(cache)
    os.utime(path, (0, 0))
    by_index(directory)
    young = path.stat().st_mtime
    by_index(directory)
    assert path.stat().st_mtime == young > 0


def test_where_nothing_changed_little_is_imported(directory: Path, patient: None) -> None:
    by_index(directory)
    program = """if True:
        import sys
        from pathlib import Path
        from las_registry.compiled import marks
        from las_registry.registry import Registry
        marks._TICK = -1
        Registry.open([Path(sys.argv[1])]).ranked("app")
        print(*sys.modules)
    """
    done = subprocess.run([sys.executable, "-c", program, str(directory)], capture_output=True, text=True, check=True)
    imported = done.stdout.split()
    unwanted = (
        "hashlib",
        "yaml",
        "concurrent.futures",
        "multiprocessing",
        "las_registry.load",
        "las_registry.manifest",
    )
    assert "las_registry.compiled.opening" in imported and not set(unwanted) & set(imported)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything")
def test_what_cannot_be_read_is_tried_again(directory: Path, patient: None) -> None:
    for name in ("a", "b/manifest.yml"):
        mode = (directory / name).stat().st_mode
        for wanted in (0, mode):
            (directory / name).chmod(wanted)
            expected = as_a_whole(directory)
            assert by_index(directory) == expected == by_index(directory)


def test_what_became_of_the_index_is_told(
    directory: Path, cache: Path, patient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = ExitStack()

    def told() -> list[tuple[str, Path | None]]:
        events: list[tuple[str, Path | None]] = []

        def tell(event: Event, registry: Path, index: Path | None) -> None:
            assert registry == directory
            events.append((event, index))
            if event == "waiting":
                held.close()

        Registry.open([directory], on_index=tell)
        return events

    first = told()
    (path,) = kept(cache)
    assert first == [("compiled", path)]
    assert told() == [("current", path)]
    write_files(directory, {"new/manifest.yaml": manifest_text("new")})
    assert told() == [("refreshed", path)]
    freeze(directory, is_forced=True)
    assert told() == [("frozen", path)]
    path.write_bytes(b"damaged")
    held.enter_context(locked(path.with_suffix(".lock")))
    assert told() == [("waiting", path), ("compiled", path)]
    monkeypatch.setenv("LAS_SOLVE_CACHE", "")
    assert told() == [("compiled", None)]
