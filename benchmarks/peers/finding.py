"""Which peers are installed, and where.

A peer need not be installed in the environment of las-solve. Environment variables name where it is: a Python that has
py-rattler (``LAS_SOLVE_BENCH_RESOLVO``), libsolv's binding (``LAS_SOLVE_BENCH_LIBSOLV``) or clingo
(``LAS_SOLVE_BENCH_CLINGO``), and the command uv (``LAS_SOLVE_BENCH_UV``). Without them this interpreter is asked, then
``python3`` on the path and that of the system; uv is looked for on the path.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version

from benchmarks.peers.peer import Peer, Resolvelib, Worker

__all__ = ["available", "missing"]

_PROBE_SECONDS = 30.0
_PYTHONS = (sys.executable, "python3", "/usr/bin/python3")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """A peer's script, and the module that the script imports."""

    script: str
    module: str


_KINDS = {
    "resolvo": _Kind(script="resolvo.py", module="rattler"),
    "libsolv": _Kind(script="libsolv.py", module="solv"),
    "clingo": _Kind(script="clingo_layers.py", module="clingo"),
}
_NAMES = (*_KINDS, "resolvelib", "uv")


@lru_cache(maxsize=1)
def available() -> tuple[Peer, ...]:
    """The peers that are installed."""
    found = (*(_worker(name, kind) for name, kind in _KINDS.items()), _resolvelib(), _uv())
    return tuple(peer for peer in found if peer is not None)


def missing() -> tuple[str, ...]:
    """A sentence on each peer that is not installed."""
    found = {peer.name for peer in available()}
    return tuple(
        f"{name}: skipped, it is not installed"
        + ("" if name == "resolvelib" else f" (LAS_SOLVE_BENCH_{name.upper()} names where it is)")
        for name in _NAMES
        if name not in found
    )


def _worker(name: str, kind: _Kind) -> Worker | None:
    told = os.environ.get(f"LAS_SOLVE_BENCH_{name.upper()}")
    for interpreter in (told,) if told else _PYTHONS:
        if _can_import(interpreter, kind.module):
            return Worker(name=name, interpreter=interpreter, script=kind.script)
    return None


def _can_import(interpreter: str, module: str) -> bool:
    """Whether a process with that interpreter has that module; it is looked for without being run."""
    probe = f"import importlib.util, os; os._exit(importlib.util.find_spec({module!r}) is None)"
    try:
        done = subprocess.run([interpreter, "-c", probe], capture_output=True, timeout=_PROBE_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _resolvelib() -> Resolvelib | None:
    try:
        from benchmarks.peers.resolvelib_peer import PREFERENCES
    except ModuleNotFoundError:
        return None
    return Resolvelib(version=f"resolvelib {version('resolvelib')}", preferences=PREFERENCES)


def _uv() -> Worker | None:
    command = shutil.which(os.environ.get("LAS_SOLVE_BENCH_UV", "uv"))
    if command is None:
        return None
    return Worker(name="uv", interpreter=sys.executable, script="uv.py", arguments=(command,), has_solve_only=False)
