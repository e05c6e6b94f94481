"""What can be found out about the machine that this runs on (contract, section 3; ``docs/host.md``)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Final, cast

from packaging.version import Version

from las_registry.host.probes.commands import Commands
from las_registry.host.probes.containers import ask_containers
from las_registry.host.probes.probe import Findings, Probe
from las_registry.host.probes.python import ask_python
from las_solver.model import Gpu, Host

__all__ = ["ENTRY_POINTS", "PLAIN_MODES", "PROBES", "Detection", "Note", "detect", "examine"]

ENTRY_POINTS: Final = "las_solve.probes"
"""The entry point group under which third parties offer their probes."""

PLAIN_MODES: Final = frozenset({"binary", "cpu", "native", "python", "source"})
"""The modes that need nothing but the machine itself, so that detection always allows them."""


def _own(name: str) -> Probe:
    """The probe ``probe_NAME`` of the file of that name, imported when it is asked: while commands run, if any do."""

    def probe() -> Findings:
        module = import_module(f"las_registry.host.probes.{name}")
        return cast(Probe, getattr(module, f"probe_{name}"))()

    return probe


PROBES: Final[Mapping[str, Probe]] = MappingProxyType(
    {name: _own(name) for name in ("cpu", "memory", "linux", "nvidia", "amd", "intel", "apple", "python", "containers")}
)
"""The probes of the project itself, in the order in which they are asked."""

_AHEAD: Final[Mapping[str, Callable[[Commands], Probe]]] = MappingProxyType(
    {"python": ask_python, "containers": ask_containers}
)
"""The probes that start commands, which answer while the other probes look."""


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence for people about what a probe found, did not find, or left out."""

    probe: str
    text: str


@dataclass(frozen=True, slots=True)
class Detection:
    """The host that was detected, and how that came about."""

    host: Host
    notes: tuple[Note, ...]


def detect() -> Host:
    """This machine, as far as it can be found out; what cannot stays unknown."""
    return examine().host


def examine(probes: Mapping[str, Probe] | None = None) -> Detection:
    """This machine, with notes. `probes` by name replace the project's own and those of third parties.

    The first probe that knows a fact decides it; cards and modes of all probes come together, cards in
    the order of the probes. A probe that raises becomes a note.
    """
    gathering = _Gathering()
    for name, probe in _all_probes() if probes is None else probes.items():
        gathering.ask(name, probe)
    return gathering.detection()


class _Gathering:
    """Puts the findings of the probes together."""

    def __init__(self) -> None:
        self.cores: int | None = None
        self.ram: int | None = None
        self.gpus: list[Gpu] = []
        self.runtimes: dict[str, Version] = {}
        self.modes = PLAIN_MODES
        self.notes: list[Note] = []

    def ask(self, name: str, probe: Probe | Callable[[], object]) -> None:
        try:
            findings = probe()
        except (Exception, SystemExit) as error:
            self.notes.append(Note(name, f"the probe failed: {type(error).__name__}: {error}"))
            return
        if not isinstance(findings, Findings):
            self.notes.append(Note(name, f"the probe answered with {type(findings).__name__}, not with Findings"))
            return
        self.cores = findings.cores if self.cores is None else self.cores
        self.ram = findings.ram if self.ram is None else self.ram
        self.gpus += findings.gpus
        self.runtimes = {**findings.runtimes, **self.runtimes}
        self.modes |= findings.modes
        self.notes += (Note(name, text) for text in findings.notes)

    def detection(self) -> Detection:
        host = Host(
            cores=self.cores,
            ram=self.ram,
            gpus=tuple(self.gpus),
            runtimes=MappingProxyType(dict(sorted(self.runtimes.items()))),
            modes=self.modes,
        )
        return Detection(host, tuple(self.notes))


def _all_probes() -> Iterator[tuple[str, Probe]]:
    """The project's own probes, then those of third parties by name."""
    with Commands() as commands:
        started = {name: _start(_AHEAD[name], commands) for name in PROBES if name in _AHEAD}
        yield from {**PROBES, **started}.items()
    yield from _third_parties()


def _start(ask: Callable[[Commands], Probe], commands: Commands) -> Probe:
    """The probe that `ask` starts; one that cannot be started fails when it is asked."""
    try:
        return ask(commands)
    except Exception as error:
        return _failing(error)


def _failing(error: Exception) -> Probe:
    def probe() -> Findings:
        raise error

    return probe


def _third_parties() -> Iterator[tuple[str, Probe]]:
    if not _offers_probes(sys.path):
        return
    from importlib.metadata import entry_points

    try:
        entries = sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: (entry.name, entry.value))
    except Exception as error:  # of a package whose metadata are damaged
        yield ENTRY_POINTS, _failing(error)
        return
    for entry in entries:
        # Loading is part of asking, so that a package that cannot be imported becomes a note, too.
        yield entry.name, lambda entry=entry: entry.load()()


def _offers_probes(path: list[str]) -> bool:
    """Whether a distribution on `path` may offer probes; reads 50 small files in 2 ms where importing
    ``importlib.metadata`` alone takes 40 ms."""
    for place in path:
        if place and Path(place).is_file():
            return True  # a zip file: let importlib look into it
        try:
            names = os.listdir(place or ".")  # noqa: PTH208 - half the time of pathlib's
        except OSError:
            continue
        for name in names:
            if not name.endswith((".dist-info", ".egg-info")):
                continue
            try:
                if ENTRY_POINTS.encode() in (Path(place) / name / "entry_points.txt").read_bytes():
                    return True
            except OSError:
                continue
    return False
