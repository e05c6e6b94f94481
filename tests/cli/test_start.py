"""What a process imports: most of the time that a cold command takes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

SLOW = ("structlog", "jsonschema", "jsonschema_rs", "psutil", "pynvml", "yaml", "pysat", "asyncio", "rich")
"""Libraries that take long to import."""

UNUSED = (
    *SLOW,
    "concurrent.futures",
    "difflib",
    "hashlib",
    "importlib.metadata",
    "logging",
    "multiprocessing",
    "packaging.specifiers",
    "secrets",
    "sqlalchemy",
    "subprocess",
    "tempfile",
    "las_registry.compiled.building",
    "las_registry.load",
    "las_registry.manifest",
    "las_registry.output_file",
    "las_registry.validate",
    "las_registry.yaml_document",
    "las_solver.change",
    "las_solver.check",
    "las_solver.conflict",
    "las_solver.explain",
)
"""What a plan that a descent finds does without, once registry and profile were read before."""


@pytest.mark.parametrize(
    "arguments", [["--version"], ["--help"], ["completion", "bash"], ["plan", "--help"]], ids=" ".join
)
def test_nothing_slow_is_imported_where_it_is_not_used(arguments: list[str]) -> None:
    assert _imported(arguments, SLOW) == []


@pytest.mark.parametrize("modules", [["python"], ["open-webui"]], ids=["at its newest", "held back"])
def test_an_easy_plan_imports_only_what_it_uses(
    modules: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAS_SOLVE_CACHE", str(tmp_path / "cache"))
    host = tmp_path / "host.yaml"
    host.write_text('cpu: {cores: 16}\nmemory: {ram: 64GiB}\ngpus: [{vram: 24GB}]\nruntimes: {cuda: "12.4"}\n')
    plan = ["plan", *modules, "--profile", str(host)]
    assert "yaml" in _imported(plan, UNUSED)
    assert _imported(plan, UNUSED) == []


def test_a_plan_as_json_imports_no_more_than_it_uses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAS_SOLVE_CACHE", str(tmp_path / "cache"))
    plan = ["plan", "python", "--profile", "gpu-24gb", "--format", "json"]
    _imported(plan, UNUSED)
    assert {*_imported(plan, UNUSED)} <= {"hashlib", "las_solver.change"}


def test_what_the_user_says_of_registries_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAS_SOLVE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("LAS_SOLVE_CONFIG", str(tmp_path))
    (tmp_path / "registries.yaml").write_text("registries: [{path: catalog, names: [python]}]")
    (tmp_path / "registries.yaml").chmod(0o600)
    tmp_path.chmod(0o700)
    plan = ["plan", "python", "--profile", "gpu-24gb"]
    assert "yaml" in _imported(plan, UNUSED)
    assert {*_imported(plan, UNUSED)} <= {"hashlib", "secrets"}


def _imported(arguments: Sequence[str], names: Sequence[str]) -> list[str]:
    """Those of `names` that a process with these arguments imports."""
    program = (
        "import sys\n"
        "from las_cli.main import cli\n"
        f"sys.argv[1:] = {list(arguments)!r}\n"
        "try: cli()\n"
        f"finally: print(*[name for name in {tuple(names)!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stderr.split()
