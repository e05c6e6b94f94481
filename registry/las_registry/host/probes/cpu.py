"""How many CPUs this process may use."""

from __future__ import annotations

from pathlib import Path

from las_registry.host.probes.cgroup import cpu_limit
from las_registry.host.probes.probe import Findings
from las_registry.host.probes.system import usable_cpus

__all__ = ["probe_cpu"]


def probe_cpu(root: Path = Path("/")) -> Findings:
    """The CPUs of the process's affinity, but no more than control groups give it time for.

    A limit of one and a half CPUs counts as one, which does not meet a minimum of two; so does less than one.
    """
    cores = usable_cpus()
    limit = cpu_limit(root)
    if limit is None:
        return Findings(cores=cores, notes=() if cores else ("the number of CPUs could not be found out",))
    whole = max(1, int(limit))
    if cores is not None and cores <= whole:
        return Findings(cores=cores)
    before = "" if cores is None else f" of {cores}"
    return Findings(cores=whole, notes=(f"a control group limits this process to {limit:g}{before} CPUs",))
