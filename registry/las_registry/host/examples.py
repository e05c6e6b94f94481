"""Example hosts: profiles of ordinary machines that come with the package, to plan for without having one."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from las_registry.host.profile import read_profile
from las_solver.model import Host

__all__ = ["example_host", "example_names", "example_path"]

_DIRECTORY: Final = Path(__file__).parents[1] / "catalog" / "hosts"
_SUFFIX: Final = ".yaml"


def example_names() -> tuple[str, ...]:
    """The names of all example hosts, in alphabetical order."""
    return tuple(sorted(path.stem for path in _DIRECTORY.glob(f"*{_SUFFIX}")))


def example_path(name: str) -> Path:
    """The profile of the example host `name`, which is one of :func:`example_names`."""
    return _DIRECTORY / f"{name}{_SUFFIX}"


def example_host(name: str) -> Host:
    """The example host `name`, which is one of :func:`example_names`."""
    return read_profile(example_path(name))
