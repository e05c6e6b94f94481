"""AMD: its cards, the driver ``amdgpu``, and ROCm, with which programs compute on them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from packaging.version import Version

from las_registry.host.probes.linux import kernel_release, leading_version
from las_registry.host.probes.probe import Findings
from las_registry.host.probes.sysfs import AMD, card_names, is_wsl, list_names, read_text
from las_solver.model import Gpu

__all__ = ["ELSEWHERE", "NO_CARD", "UNDER_WSL", "probe_amd"]

ELSEWHERE: Final = "AMD and Intel cards are not looked for on this system: state them with --assume gpus=SIZE"
NO_CARD: Final = "no AMD card was found"
UNDER_WSL: Final = "only NVIDIA cards can be seen under WSL: state others with --assume gpus=SIZE"


def probe_amd(
    root: Path = Path("/"), environ: Mapping[str, str] = os.environ, platform: str = sys.platform
) -> Findings:
    """The cards that ROCm can use here, with the runtimes ``amdgpu-driver`` and ``rocm``.

    `root` is where ``sys``, ``dev``, ``opt`` and the others are looked for.
    """
    if platform != "linux":
        return Findings(notes=() if platform == "darwin" else (ELSEWHERE,))
    gpus: tuple[Gpu, ...] = ()
    notes: tuple[str, ...]
    if card_names(root, AMD):
        from las_registry.host.probes.rocm import inspect_cards

        gpus, notes = inspect_cards(root, environ)
    else:
        notes = (UNDER_WSL if is_wsl(root) else NO_CARD,)
    runtimes = {}
    if gpus:
        # AMD's own driver says its version; the one that comes with Linux has that of the kernel.
        own = read_text(root / "sys/module/amdgpu/version")
        driver = leading_version(own) if own else kernel_release(root)
        if driver is None:
            notes += ("the version of the driver amdgpu is not known",)
        else:
            runtimes["amdgpu-driver"] = driver
    rocm = next(_rocm(root), None)
    if rocm is not None:
        runtimes["rocm"] = rocm
    return Findings(gpus=gpus, runtimes=runtimes, notes=notes)


def _rocm(root: Path) -> Iterator[Version]:
    """The version of ROCm in ``opt/rocm`` or, since ROCm 7.14, ``opt/rocm/core``, then the newest beside them."""
    places = [[root / "opt/rocm"], [root / "opt/rocm/core"]]
    places.append([root / "opt" / name for name in list_names(root / "opt") if name.startswith("rocm-")])
    places.append([root / "opt/rocm" / name for name in list_names(root / "opt/rocm") if name.startswith("core-")])
    for folders in places:
        versions = (leading_version(read_text(folder / ".info/version")) for folder in folders)
        yield from sorted((version for version in versions if version is not None), reverse=True)
