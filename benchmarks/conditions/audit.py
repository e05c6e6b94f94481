"""How long does it take to tell of every version of a registry whether it can be planned at all, on one host?

Whole processes, a registry whose index is made. *las-solve* works out a minimal conflict for every version that cannot
be planned, and writes all of it as JSON. *dose-debcheck* has the registry as a Debian archive, without hardware, which
was applied before (see ``peers/dose.py``): verdicts alone, or with the chains of dependencies that fail (*explained*).
The registry has neither cycles nor pre-releases, for which dose has no words. Both verdicts are compared.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.conditions.prepared import Prepared, prepare
from benchmarks.measure import Comparison, Figure, Measurement
from benchmarks.options import Options
from benchmarks.peers import dose
from benchmarks.processes import Costs, cost_processes, las_solve_command, run_command
from benchmarks.registries import HOST, Spec, fitting, generate, module_versions
from benchmarks.results import Section
from las_registry.audit.document import read_audit
from las_solver.model import ModuleVersion

__all__ = ["TITLE", "run"]

TITLE = "Auditing a registry on one host"

_ROUNDS = 5
_TARGET_CPU = 60.0
_PROCESSES = (1, 2)
_DOSE, _EXPLAINED = "dose-debcheck, verdicts", "dose-debcheck, explained"


def run(options: Options) -> Section:
    """Time both on a registry, and compare what they say of it."""
    size = min(options.registries)
    plain = Spec(versions=size, prereleases=0.0, named_prereleases=0.0, cycles=0.0)
    prepared = prepare(fitting(plain, options.closures), options)
    told = tuple(one for module in generate(prepared.spec) for one in module_versions(module))
    program = dose.find_debcheck()
    prepared.freeze()
    with TemporaryDirectory() as folder:
        note = _verdicts(prepared, told, program, Path(folder))
        costs = dict(_costs(prepared, program, Path(folder), min(options.samples, _ROUNDS)))
    walls = {name: one.measurement(prepared.name, name, sizes={"versions": size}) for name, one in costs.items()}
    return Section(
        question="audit",
        title=TITLE,
        measurements=tuple(_measurements(prepared, walls, costs)),
        comparisons=tuple(_comparisons(walls)),
        figures=(_cpu(prepared, costs),),
        notes=(note, f"with {os.cpu_count()} cores"),
        versions={} if program is None else {"dose-debcheck": dose.debcheck_version(program)},
    )


def _ours(processes: int) -> str:
    return f"las-solve, {processes} process{'' if processes == 1 else 'es'}"


def _audit_command(prepared: Prepared, processes: int, output: Path) -> tuple[str, ...]:
    place = ("--registry", str(prepared.tree), "--hosts", str(prepared.folder), "--output", str(output), "--fresh")
    return las_solve_command("registry", "audit", *place, "--processes", str(processes))


def _costs(prepared: Prepared, program: str | None, folder: Path, rounds: int) -> Iterator[tuple[str, Costs]]:
    """What each subject costs; explanations by dose, which take many times as long, are asked for once."""
    commands = {_ours(count): _audit_command(prepared, count, folder / "audit.json") for count in _PROCESSES}
    if program is None:
        yield from cost_processes(commands, rounds, variables=prepared.variables).items()
        return
    commands[_DOSE] = dose.debcheck_command(program, folder / "Packages")
    explained = dose.debcheck_command(program, folder / "Packages", "--explain")
    yield from cost_processes(commands, rounds, statuses=(0, 1), variables=prepared.variables).items()
    yield _EXPLAINED, Costs(runs=[run_command(explained, statuses=(0, 1))])


def _verdicts(prepared: Prepared, told: Sequence[ModuleVersion], program: str | None, folder: Path) -> str:
    """Whether both bar the same versions, in words; the files that either writes are in `folder`."""
    output = folder / "audit.json"
    run_command(_audit_command(prepared, max(_PROCESSES), output), variables=prepared.variables)
    audit = read_audit(output.read_bytes(), output)
    barred = {
        f"{failure.module} {version}"
        for cause in audit.causes
        for failure in cause.failures
        for version in failure.versions
    }
    if program is None:
        return f"las-solve bars {len(barred):,} of {audit.size:,} versions; dose-debcheck is not installed"
    broken = dose.broken_versions(program, told, HOST, folder)
    if broken != barred:
        raise RuntimeError(f"the verdicts differ on {len(broken ^ barred)} versions: {sorted(broken ^ barred)[:5]}")
    return f"las-solve and dose-debcheck bar the same {len(barred):,} of {audit.size:,} versions"


def _measurements(
    prepared: Prepared, walls: Mapping[str, Measurement], costs: Mapping[str, Costs]
) -> Iterator[Measurement]:
    for name, one in costs.items():
        yield walls[name]
        yield one.measurement(prepared.name, f"{name}, CPU of all processes", "cpu", sizes=walls[name].sizes)


def _comparisons(walls: Mapping[str, Measurement]) -> Iterator[Comparison]:
    for base in (_DOSE, _EXPLAINED):
        for processes in _PROCESSES if base in walls else ():
            compared = Comparison.of(walls[_ours(processes)], walls[base])
            if compared is not None:
                yield compared


def _cpu(prepared: Prepared, costs: Mapping[str, Costs]) -> Figure:
    """What an audit by one process takes of a CPU."""
    measured = costs[_ours(1)].measurement(prepared.name, _ours(1), "cpu")
    return Figure(
        problem=prepared.name,
        what="CPU of an audit by one process",
        value=measured.median,
        unit="s",
        target=_TARGET_CPU,
        is_ceiling=True,
        failure=measured.failure,
    )
