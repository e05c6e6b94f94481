"""A machine that has modules already, for tests of what the command line says about changing it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from command_line import RunCli
from manifests import manifest_text
from stored import document

__all__ = ["add", "install", "named", "steps"]


def add(
    registry: Path,
    name: str,
    *versions: str,
    needs: Sequence[str] = (),
    provides: Sequence[str] = (),
    consumes: Sequence[str] = (),
    vram: str = "",
) -> None:
    """Adds versions of a module to a registry."""
    rest = f"dependencies:\n  modules: {[*needs]}\ninterfaces: {{provides: {[*provides]}, consumes: {[*consumes]}}}\n"
    rest += f"hardware:\n  gpu:\n    vram_min: {vram}\n" if vram else ""
    directory = registry / name
    directory.mkdir(exist_ok=True)
    for version in versions:
        (directory / f"{version}.manifest.yaml").write_text(manifest_text(name, version, rest))


def install(run: RunCli, *modules: str, asked: bool = True) -> None:
    """Records modules at versions as installed, which somebody has `asked` for or not."""
    for module in modules:
        for state in ("resolved", "installed"):
            done = run("state", "set", module, state, "--requested" if asked else "--needed")
            assert done.exit_code == 0, done.output


def steps(run: RunCli, *arguments: str) -> list[str]:
    """What a plan changes, in its order; fails if there is none."""
    return named(document(run, *arguments))


def named(plan: dict[str, object]) -> list[str]:
    """What the JSON of a plan changes, in its order."""
    found = plan["steps"]
    assert isinstance(found, list)
    return [f"{one['action']} {one['module']} {one['version']}" for one in found if one["action"] != "keep"]
