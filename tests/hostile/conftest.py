"""A registry and files whose every text is hostile."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from command_line import RunCli, run_command
from hostile.strategies import EVIL, quoted
from manifests import write_files

LABEL = "".join(one for one in EVIL if ord(one) > 32 and not 127 <= ord(one) <= 160 and one not in "\u2028,")
"""What is left of it in the names of modes, interfaces and packages."""


def hostile_manifest(name: str, version: str, rest: str = "", modes: str = "native") -> str:
    """A manifest that is accepted, with `rest` as further lines."""
    return (
        f"name: {name}\ncategory: tool\nversion: {version}\ndescription: {quoted(EVIL)}\nlicense: {quoted(EVIL)}\n"
        f"x-own: {quoted(EVIL)}\nruntime: {{modes: [{modes}, {quoted(LABEL)}]}}\n{rest}"
    )


FILES = {
    "app/manifest.yaml": hostile_manifest(
        "app",
        "2.0",
        f"interfaces: {{provides: [{quoted(LABEL)}], consumes: [{quoted(LABEL + '2')}]}}\n"
        f"dependencies: {{modules: [lib], system: [{quoted(LABEL)}]}}\n",
    )
    + "---\n"
    + hostile_manifest("app", "1.0"),
    "lib/manifest.yaml": hostile_manifest("lib", "1.0")
    + "---\n"
    + hostile_manifest("lib", "2.0", "hardware: {memory: {ram_min: 900TB}}\n"),
    "provider/manifest.yaml": hostile_manifest("provider", "1", f"interfaces: {{provides: [{quoted(LABEL + '2')}]}}\n"),
    "hard/manifest.yaml": hostile_manifest(
        "hard", "1", f"interfaces: {{consumes: [{quoted(LABEL + '3')}]}}\n", modes=quoted(LABEL + "4")
    ),
    "wrong/manifest.yaml": "".join(f"{key}: {quoted(EVIL)}\n" for key in ("name", "category", "version", "license"))
    + f"{quoted(EVIL)}: {quoted(EVIL)}\nhardware: {{memory: {{ram_min: {quoted(EVIL)}}}}}\n"
    + f"dependencies: {{modules: [{quoted(EVIL)}], runtime: [{quoted(EVIL)}], system: [{quoted(EVIL)}]}}\n"
    + f"integrity: {{checksum: {quoted(EVIL)}, signature: {quoted(EVIL)}}}\n"
    + f"runtime: {{modes: [{quoted(EVIL)}, {quoted(EVIL)}], preferred: {quoted(EVIL)}}}\n",
    "tags/manifest.yaml": "!<tag:yaml%1b%e2%80%ae> {a: &x 1, b: *x, c: *nope}\n",
    "bytes/manifest.yaml": b"name: \x1b[31m\n",
    "utf/manifest.yaml": b"a: \xff\x1b\n",
    "asks/manifest.yaml": hostile_manifest("app", "3", f"dependencies: {{modules: [{quoted('lib@^1' + EVIL)}]}}\n"),
    "na\x1b]0;me\x07/manifest.yaml": "a: [",
}


@pytest.fixture(scope="session")
def hostile_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry whose own name, files and texts are hostile."""
    directory = tmp_path_factory.mktemp("hostile") / "re\x1b[31m\u202egistry"
    write_files(directory, FILES)
    (directory / "out\x1b[1m").symlink_to("/", target_is_directory=True)
    return directory


@pytest.fixture(scope="session")
def hostile_profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile whose texts are as hostile as profiles may be."""
    path = tmp_path_factory.mktemp("profile") / "profile.yaml"
    labels = quoted("<script>`|](x)\u3164\ufe0f")
    path.write_text(
        f"cpu: {{cores: 16}}\nmemory: {{ram: 64GiB}}\ngpus: [{{vram: 24GB, name: {labels}}}]\n"
        f"modes: [native]\ninterfaces: [{labels}]\nsystem_packages: [{labels}]\n"
    )
    return path


@pytest.fixture
def run_hostile(hostile_registry: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> RunCli:
    """``las-solve`` with that registry."""
    for name in list(os.environ):
        if name.startswith(("LAS_SOLVE_", "_LAS_SOLVE_")) or name in ("COLUMNS", "NO_COLOR"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("LAS_SOLVE_REGISTRY", str(hostile_registry))
    monkeypatch.chdir(tmp_path)
    return run_command
