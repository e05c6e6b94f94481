"""Registries that are generated once and kept, each with a profile of its host; and their indexes."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.options import Options
from benchmarks.problems.files import profile_text
from benchmarks.processes import las_solve_command, run_command
from benchmarks.registries import HOST, Spec, fitting, generate, planted_modules, request, write_tree

__all__ = ["FLOOR", "FLOOR_COMMAND", "Prepared", "prepare", "prepare_all"]

FLOOR = "python, imports only"
FLOOR_COMMAND = (sys.executable, "-c", "import click, sqlite3, pysat.solvers")
"""F: an interpreter that imports what every plan needs and does nothing else."""

_FREEZE_SECONDS = 3600.0
_STAMP = ".las-solve-frozen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A registry as a tree of manifests in `folder`, with the profile of the host.

    `variables` of the environment say where its index is kept.
    """

    spec: Spec
    folder: Path
    variables: Mapping[str, str]

    @property
    def tree(self) -> Path:
        return self.folder / "manifests"

    @property
    def profile(self) -> Path:
        return self.folder / "profile.yaml"

    @property
    def name(self) -> str:
        if self.spec.versions:
            return f"{self.spec.versions:,} versions"
        return " and ".join(f"closure-{closure}" for closure in self.spec.closures)

    def request(self, closure: int) -> tuple[str, ...]:
        """The planted request of that size, as typed."""
        return tuple(map(str, request(self.spec, closure).requirements))

    def plan_command(self, closure: int, *more: str) -> tuple[str, ...]:
        """``las-solve plan`` with that request."""
        place = ("--registry", str(self.tree), "--profile", str(self.profile), "--no-store")
        return las_solve_command("plan", *self.request(closure), *place, *more)

    def freeze(self) -> None:
        """Declare the registry finished, and have its index made."""
        if not (self.tree / _STAMP).is_file():
            print(f"freezing {self.name}", file=sys.stderr, flush=True)
            command = las_solve_command("registry", "freeze", str(self.tree))
            run_command(command, limit=_FREEZE_SECONDS, variables=self.variables)

    def thaw(self) -> None:
        """Take that back."""
        if (self.tree / _STAMP).is_file():
            run_command(las_solve_command("registry", "freeze", "--undo", str(self.tree)), variables=self.variables)


def prepare_all(sizes: Sequence[int], options: Options) -> list[Prepared]:
    """Registries of these sizes, the smallest first, each with the requests that fit into it."""
    return [prepare(fitting(Spec(versions=size), options.closures), options) for size in sorted(sizes)]


def prepare(spec: Spec, options: Options) -> Prepared:
    """The registry that `spec` describes, written if it was not before; with no `versions`, its planted modules."""
    described, generator = _keys(spec)
    registries = options.cache.absolute() / "registries"
    folder = registries / f"{spec.versions}-{described}-{generator}"
    prepared = Prepared(spec=spec, folder=folder, variables=options.index_variables)
    if not prepared.folder.is_dir():
        print(f"generating {prepared.name}", file=sys.stderr, flush=True)
        for other in registries.glob(f"{spec.versions}-{described}-*"):  # unfinished, or of another generator
            shutil.rmtree(other, ignore_errors=True)
        unfinished = replace(prepared, folder=prepared.folder.with_suffix(".unfinished"))
        unfinished.folder.mkdir(parents=True)
        write_tree(generate(spec) if spec.versions else planted_modules(spec), unfinished.tree)
        unfinished.profile.write_text(profile_text(HOST), encoding="utf-8")
        unfinished.folder.rename(prepared.folder)
    return prepared


def _keys(spec: Spec) -> tuple[str, str]:
    """What tells registries apart: their description, and the generator itself."""
    sources = sorted((Path(__file__).parents[1] / "registries").glob("*.py"))
    generator = hashlib.sha256(b"".join(source.read_bytes() for source in sources))
    return hashlib.sha256(repr(spec).encode()).hexdigest()[:8], generator.hexdigest()[:8]
