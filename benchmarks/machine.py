"""The machine, the commit and the versions that a result belongs to."""

from __future__ import annotations

import contextlib
import os
import platform
import sqlite3
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["Commit", "commit", "differences", "load", "machine", "versions"]

_ROOT = Path(__file__).parents[1]
_PACKAGES = ("las-solve", "click", "packaging", "python-sat", "PyYAML", "resolvelib")


def machine() -> dict[str, str | int | None]:
    """What a time depends on and a commit does not: results are compared only where all of it is the same."""
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory": _memory(),
        "system": _system(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
    }


def differences(one: Mapping[str, object], other: Mapping[str, object]) -> tuple[str, ...]:
    """In what two machines differ, in words; empty if they are alike."""
    return tuple(
        f"{name}: {one.get(name)} and {other.get(name)}"
        for name in sorted({*one, *other})
        if one.get(name) != other.get(name)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """The commit that is measured, and whether anything but results was changed since; None where git does not say."""

    commit: str | None
    is_dirty: bool | None


def commit() -> Commit:
    """What is checked out."""
    changed = _git("status", "--porcelain", "--", ".", ":(exclude)benchmarks/results")
    return Commit(commit=_git("rev-parse", "HEAD"), is_dirty=None if changed is None else bool(changed))


def load() -> float | None:
    """How many processes wanted a core, on average over the last minute."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def versions() -> dict[str, str | None]:
    """The versions of everything that takes part in every measurement; None for what is not installed."""
    found: dict[str, str | None] = {"SQLite": sqlite3.sqlite_version}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found


def _cpu() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            name, _, model = line.partition(":")
            if name.strip() == "model name":
                return model.strip()
    return platform.processor() or platform.machine()


def _memory() -> int | None:
    """Bytes, to a whole GiB, because kernels differ in what they keep for themselves."""
    try:
        every = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
    return -(-every // 1024**3) * 1024**3


def _system() -> str:
    with contextlib.suppress(OSError):
        return platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    return platform.system()


def _git(*arguments: str) -> str | None:
    try:
        finished = subprocess.run(["git", *arguments], cwd=_ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return finished.stdout.strip() if finished.returncode == 0 else None
