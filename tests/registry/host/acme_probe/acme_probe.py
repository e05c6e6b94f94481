"""An example of another package's probe: accelerators of a maker that las-solve knows nothing of.

Their driver lists each in a folder with its name and memory. A variable may name another folder, as the tests do.
"""

from __future__ import annotations

import os
from pathlib import Path

from packaging.version import InvalidVersion, Version

from las_registry.host.probes import Findings
from las_solver.model import Gpu


def probe() -> Findings:
    """The accelerators, with the runtime ``acme`` and the mode of the same name where there is one."""
    driver = Path(os.environ.get("ACME_DRIVER", "/sys/class/acme"))
    if not driver.is_dir():
        return Findings(notes=("no Acme driver was found, so no Acme accelerator",))
    gpus: list[Gpu] = []
    notes: list[str] = []
    for device in sorted(driver.glob("device*")):
        try:
            memory = int((device / "memory").read_text())
            gpus.append(Gpu(name=(device / "name").read_text().strip(), vendor="acme", vram=memory))
        except (OSError, ValueError) as error:
            notes.append(f"Acme {device.name} does not count: {error}")
    try:
        runtimes = {"acme": Version((driver / "version").read_text())}
    except (OSError, InvalidVersion) as error:
        runtimes = {}
        notes.append(f"the version of the Acme driver is unknown: {error}")
    modes = frozenset({"acme"} if gpus else ())
    return Findings(gpus=tuple(gpus), runtimes=runtimes, modes=modes, notes=tuple(notes))
