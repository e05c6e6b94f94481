"""How much memory does a cold ``las-solve plan`` take at its peak, by size of the registry and of the closure?

The peak is what the system says of the process when it has ended (resident set; pages of the index that are mapped or
shared count, too).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from benchmarks.conditions.plan_cold import subject_of
from benchmarks.conditions.prepared import FLOOR, FLOOR_COMMAND, prepare_all
from benchmarks.measure import Figure
from benchmarks.options import Options
from benchmarks.processes import cost_processes
from benchmarks.results import Section

__all__ = ["TITLE", "run"]

TITLE = "Peak memory of a cold las-solve plan"

_ROUNDS = 5
_TARGET = 150e6


def run(options: Options) -> Section:
    """Run a plan for every closure out of every registry a few times."""
    commands: dict[tuple[str, str], Sequence[str]] = {("any", FLOOR): FLOOR_COMMAND}
    sizes: dict[tuple[str, str], dict[str, int]] = {("any", FLOOR): {}}
    for prepared in prepare_all(options.registries, options):
        prepared.freeze()
        for closure in prepared.spec.closures:
            key = (prepared.name, subject_of(closure))
            commands[key] = prepared.plan_command(closure)
            sizes[key] = {"versions": prepared.spec.versions, "closure": closure}
    print(f"memory: {len(commands)} commands in turn", file=sys.stderr, flush=True)
    rounds = min(options.samples, _ROUNDS)
    found = cost_processes(commands, rounds, variables=options.index_variables)
    measured = {key: costs.measurement(*key, "peak", sizes=sizes[key]) for key, costs in found.items()}
    figures = (
        Figure(
            problem=one.problem,
            what=f"{one.subject}, the most of all runs",
            value=max(one.all_samples, default=None),
            unit="B",
            target=_TARGET,
            is_ceiling=True,
            failure=one.failure,
        )
        for one in measured.values()
        if one.sizes
    )
    return Section(question="memory", title=TITLE, measurements=tuple(measured.values()), figures=tuple(figures))
