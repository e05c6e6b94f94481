"""Linux itself, as a runtime: software that needs it says so by the name ``linux``."""

from __future__ import annotations

import re
from pathlib import Path

from packaging.version import Version

from las_registry.host.probes.probe import Findings
from las_registry.host.probes.sysfs import read_text

__all__ = ["kernel_release", "leading_version", "probe_linux"]


def probe_linux(root: Path = Path("/")) -> Findings:
    """The release of the kernel, also in a container and under WSL; nothing on other systems."""
    release = kernel_release(root)
    return Findings() if release is None else Findings(runtimes={"linux": release})


def kernel_release(root: Path) -> Version | None:
    """The numbers of the kernel's release, or None where there is no Linux."""
    return leading_version(read_text(root / "proc/sys/kernel/osrelease"))


def leading_version(text: str) -> Version | None:
    """The numbers that `text` begins with: 6.2.4 of ``6.2.4-139``, 6.8.0 of ``6.8.0-45-generic``."""
    found = re.match(r"[0-9]{1,6}([.][0-9]{1,6}){1,3}(?![0-9])", text) if text else None
    return Version(found[0]) if found else None
