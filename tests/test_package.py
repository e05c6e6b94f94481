"""The package as a whole: what the wheel carries, which way the imports run, what the repository must not hold."""

from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import packaging
import pytest
from mypy import api
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PACKAGES = ("las_solver", "las_registry", "las_cli")
EMBEDDING = """
from collections.abc import Collection, Iterable, Sequence
from typing import assert_type
from las_solver import Conflict, Deadline, Host, Limit, ModuleVersion, Plan, Planner, Repair, Request, Requirement, Step

class Shelf:
    def versions(self, name: str) -> Sequence[ModuleVersion]: return ()
    def providers(self, interface: str) -> Collection[str]: return ()
    def prerelease_namers(self, name: str) -> Collection[str]: return ()
    def names(self) -> Iterable[str]: return ()

planner = Planner(Shelf(), Host(ram=8))
limit = Limit("things", 2, lambda one: one.name == "app")
request = Request(requirements=(Requirement.parse("app"),), limits=(limit,))
answer = planner.plan(request, stop=Deadline(10))
assert_type(answer, Plan | Conflict)
if isinstance(answer, Conflict):
    assert_type(planner.diagnose(answer).repairs, tuple[Repair, ...])
else:
    assert_type(answer.steps, tuple[Step, ...])
Planner(object(), Host())  # type: ignore[arg-type]
Host(ram="8GB")  # type: ignore[arg-type]
answer.steps = ()  # type: ignore[union-attr, misc]
"""
"""A planner of somebody else, with three mistakes that mypy has to find."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    directory = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(directory)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (path,) = directory.glob("*.whl")
    return zipfile.ZipFile(path)


def _source_files() -> dict[str, Path]:
    """Everything in the import packages, by its path in a wheel."""
    return {
        str(path.relative_to(root.parent)): path
        for root in (ROOT / "solver/las_solver", ROOT / "registry/las_registry", ROOT / "cli/las_cli")
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_carries_everything_of_the_packages(wheel: zipfile.ZipFile) -> None:
    carried = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert carried == set(_source_files())


@pytest.mark.parametrize(
    "pattern",
    [
        r"las_solver/schema/plan\.schema\.json",
        r"las_solver/schema/why\.schema\.json",
        r"las_registry/schema/manifest\.schema\.json",
        r"las_registry/catalog/.*\.manifest\.yaml",
        r"las_solver/py\.typed",
        r"las_solve-.*\.dist-info/licenses/LICENSE",
    ],
)
def test_the_wheel_carries_schema_catalog_types_and_licence(pattern: str, wheel: zipfile.ZipFile) -> None:
    assert any(re.fullmatch(pattern, name) for name in wheel.namelist())


def test_the_command_is_an_entry_point(wheel: zipfile.ZipFile) -> None:
    (name,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    assert "las-solve = las_cli.main:main" in wheel.read(name).decode()


def test_a_program_that_embeds_the_wheel_is_typed_strictly(
    wheel: zipfile.ZipFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv.create(tmp_path / "venv")
    (site,) = tmp_path.glob("venv/lib/python*/site-packages")
    wheel.extractall(site)
    (site / "packaging").symlink_to(Path(packaging.__file__).parent)
    (tmp_path / "embedding.py").write_text(EMBEDDING)
    monkeypatch.chdir(tmp_path)
    python = str(tmp_path / "venv/bin/python")
    report, errors, status = api.run(["--strict", "--python-executable", python, "embedding.py"])
    assert (status, errors) == (0, ""), report


def test_the_arrows_run_one_way() -> None:
    program = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def _modules() -> list[str]:
    found = []
    for package in PACKAGES:
        imported = importlib.import_module(package)
        found.append(package)
        found += [module.name for module in pkgutil.walk_packages(imported.__path__, f"{package}.")]
    return found


@pytest.mark.parametrize("name", _modules())
def test_every_name_in_all_is_there_and_all_is_complete(name: str) -> None:
    module = importlib.import_module(name)
    public = {
        key
        for key, value in vars(module).items()
        if not key.startswith("_")
        and getattr(value, "__module__", None) == name
        and (isinstance(value, type) or callable(value))
    }
    if not hasattr(module, "__all__"):
        assert not public, f"{name} has no __all__"
        return
    assert sorted(module.__all__, key=str) == sorted(set(module.__all__), key=str)
    assert [key for key in module.__all__ if not hasattr(module, key)] == []
    if hasattr(module, "__path__"):
        imported = {key for key in vars(module) if not key.startswith("_") and _is_ours(vars(module)[key])}
        assert imported <= set(module.__all__)


def _is_ours(value: object) -> bool:
    """Whether `value` is a class or function of this project."""
    return callable(value) and str(getattr(value, "__module__", "")).startswith("las_")


# The wheels are a folder that the comparison with uv writes itself.
FORBIDDEN = {
    "a package index": re.compile(r"py[p]i\.org|python[h]osted|index-url|find-links(?!=\{wheels\})", re.IGNORECASE),
    "a path of one machine": re.compile(r"(?<![\w.~$}])/(?:home|root|Users|opt|work|mnt)/\w+"),
}


def _texts() -> list[Path]:
    """Every text file of the repository that is tracked, or the whole tree where it is no repository."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no checkout")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_repository_names_no_index_and_no_machine(what: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in _texts()
        if path != Path(__file__)
        for number, line in enumerate(path.read_bytes().decode("utf-8", "replace").splitlines(), 1)
        if FORBIDDEN[what].search(line)
    ]
    assert found == []


def test_every_pinned_requirement_has_a_hash() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        for entry in path.read_text().replace("\\\n", "").splitlines():
            assert re.fullmatch(r"[a-z0-9.-]+==\S+( ; [^-]+)?(\s+--hash=sha256:[0-9a-f]{64})+\s*", entry), entry


@pytest.mark.parametrize(
    ("name", "extras"),
    [
        ("run", ()),
        ("serve", ("serve",)),
        ("test", ("serve", "docs", "test", "bench")),
        ("fuzz", ("fuzz",)),
    ],
)
def test_what_is_pinned_is_what_the_project_asks_for(name: str, extras: tuple[str, ...]) -> None:
    pins = dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", (ROOT / f"requirements/{name}.txt").read_text(), re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    texts = [*project["dependencies"], *(text for extra in extras for text in project["optional-dependencies"][extra])]
    asked = [Requirement(text) for text in texts]
    unmet = [str(one) for one in asked if not one.specifier.contains(pins.get(canonicalize_name(one.name), "0"))]
    assert unmet == []
