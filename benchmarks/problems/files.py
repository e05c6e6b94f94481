"""A problem as files: manifests, a host profile and the words of a request, as the command line takes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.problems.problem import Problem
from las_solver.model import Host, ModuleVersion

__all__ = ["ProblemFiles", "catalog_files", "profile_text", "write_problem", "write_streams"]

CATALOG = "catalog"
"""The name of the problem that is planned on the bundled catalog."""

_CATALOG_REQUEST = ("open-webui",)
_CATALOG_PROFILE = """\
cpu: {cores: 16}
memory: {ram: 64GiB}
gpus:
  - {name: Example 24 GB, vendor: nvidia, vram: 24GiB}
runtimes: {cuda: "12.4", nvidia-driver: "550.54"}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemFiles:
    """`registry` is a directory of manifests (None: the bundled catalog), `profile` a file, `request` as typed."""

    name: str
    registry: Path | None
    profile: Path
    request: tuple[str, ...]

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments of ``las-solve plan``."""
        registry = () if self.registry is None else ("--registry", str(self.registry))
        return (*self.request, *registry, "--profile", str(self.profile))


def catalog_files(folder: Path) -> ProblemFiles:
    """A request for the bundled catalog on a fixed machine, whose profile is written into `folder`."""
    profile = folder / "catalog-profile.yaml"
    profile.write_text(_CATALOG_PROFILE, encoding="utf-8")
    return ProblemFiles(name=CATALOG, registry=None, profile=profile, request=_CATALOG_REQUEST)


def write_problem(problem: Problem, folder: Path) -> ProblemFiles:
    """`problem` as files in `folder`."""
    registry = folder / problem.name
    write_streams(problem.module_versions, registry)
    profile = folder / f"{problem.name}-profile.yaml"
    profile.write_text(profile_text(problem.host), encoding="utf-8")
    return ProblemFiles(
        name=problem.name,
        registry=registry,
        profile=profile,
        request=tuple(map(str, problem.request.requirements)),
    )


def write_streams(module_versions: Iterable[ModuleVersion], folder: Path) -> None:
    """Write each module as ``NAME/manifest.yaml`` below `folder`, a YAML stream of its versions in the order given."""
    streams: dict[str, list[str]] = {}
    for one in module_versions:
        streams.setdefault(one.name, []).append(_manifest(one))
    for name, manifests in streams.items():
        home = folder / name
        home.mkdir(parents=True, exist_ok=True)
        (home / "manifest.yaml").write_text("---\n".join(manifests), encoding="utf-8", newline="\n")


def _manifest(one: ModuleVersion) -> str:
    """What the problems of the benchmarks use of a manifest: module entries, VRAM and modes."""
    lines = [
        f"name: {one.name}",
        f"category: {one.category}",
        f'version: "{one.version}"',
        f"description: {one.name}, made to measure planning.",
    ]
    if one.hardware.vram_min is not None:
        lines += ["hardware:", "  gpu:", f'    vram_min: "{one.hardware.vram_min}"']
    if one.requirements:
        lines += ["dependencies:", "  modules:", *(f'    - "{entry}"' for entry in one.requirements)]
    lines += ["runtime:", f"  modes: [{', '.join(one.modes)}]"]
    return "\n".join(lines) + "\n"


def profile_text(host: Host) -> str:
    """What the problems of the benchmarks use of a host, as a profile: cores, memory, cards and runtimes."""
    lines = [f"cpu: {{cores: {host.cores}}}", f"memory: {{ram: {host.ram}}}"]
    lines += ["gpus:"] if host.gpus else []
    lines += [f"  - {{name: {card.name}, vendor: {card.vendor}, vram: {card.vram}}}" for card in host.gpus]
    lines += ["runtimes:"] if host.runtimes else []
    lines += [f'  {name}: "{version}"' for name, version in host.runtimes.items()]
    return "\n".join(lines) + "\n"
