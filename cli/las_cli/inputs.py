"""What the commands work on, as their options name it: registries and files."""

from __future__ import annotations

import gc
import os
import shlex
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from las_cli.logging import logger
from las_cli.machine import is_example
from las_cli.progress import Progress
from las_cli.render.phrases import did_you_mean

if TYPE_CHECKING:
    from las_registry.compiled.opening import Event, Telling
    from las_registry.problem import Problem
    from las_registry.registry import Registry
    from las_solver.errors import InvalidInput
    from las_solver.model import Host, Request

__all__ = [
    "load_registry",
    "read_input",
    "unknown_module",
    "warn_of",
    "warn_of_frozen",
    "warn_of_unknown",
]

_SHOWN: Final = 5
_TOLD: Final[dict[Event, str]] = {
    "current": "the index is as the manifests are",
    "frozen": "the registry is frozen: its index counts",
    "waiting": "another process writes the index: waiting for it",
    "refreshed": "the index was refreshed with what changed",
    "compiled": "all manifests were read and the index made",
}
_LARGEST: Final = 64 << 20


def load_registry(
    directories: Sequence[Path], *, strict: bool = False, warn: bool = True, on_index: Telling | None = None
) -> Registry:
    """The registry in `directories`, or the bundled catalog where there are none.

    Rejected manifests are warned about, or raised as one :class:`InvalidFile` if `strict`. `on_index` is told what
    became of the indexes.
    """
    from las_registry.registry import Registry, default_directories

    places = tuple(directories) or default_directories()
    log = logger()
    log.debug("loading the registry", directories=[str(place) for place in places])

    def tell(event: Event, directory: Path, index: Path | None) -> None:
        log.info(_TOLD[event], registry=str(directory), index="in memory" if index is None else str(index))
        if event == "waiting":
            progress.wait("waiting for another process that does")
        if on_index is not None:
            on_index(event, directory, index)

    with Progress("Reading manifests") as progress:
        registry = Registry.open(places, on_progress=progress, on_index=tell)
    _resume_collection()
    if registry.problems and strict:
        from las_registry.problem import InvalidFile

        raise InvalidFile(registry.problems)
    if registry.problems and warn:
        warn_of(registry.problems, directories)
    return registry


def warn_of_unknown(request: Request, host: Host, registry: Registry) -> None:
    """Warns of options that say nothing, since there are no such modules or versions or they are not installed, of
    modes that `host` does not allow, and of modules that are asked for by the name of an example host.

    That a requested module is unknown is for the planner to say.
    """
    log = logger()
    named = [(f"--prefer {name}", name) for name in request.preferred]
    named += [(f"--exclude {one}", one.name) for one in request.excluded]
    named += [(f"--mode {name}={mode}", name) for name, mode in request.forced_modes.items()]
    for option, name in named:
        if not registry.versions(name) and name not in host.installed:
            near = did_you_mean(name, registry.names())
            log.warning(f"{option} has no effect: there is no module named {name}" + (f"; {near}" if near else ""))
    for name in sorted(request.released - host.installed.keys()):
        near = did_you_mean(name, sorted(host.installed))
        text = f"--allow-removal-of {name} has no effect: {name} is not installed"
        log.warning(f"{text}; {near}" if near else text)
    for one in request.excluded:
        installed = host.installed.get(one.name)
        is_there = installed is not None and one.constraint.admits(installed.version)
        if registry.versions(one.name) and not registry.admitted(one) and not is_there:
            log.warning(f"--exclude {one} has no effect: no version of {one.name} meets {one.constraint}")
    for mode in sorted({*(request.modes or ()), *request.forced_modes.values()}):
        if host.modes is not None and mode not in host.modes:
            log.warning(f"--mode {mode} is no mode of this machine, which allows {', '.join(sorted(host.modes))}")
    for name in dict.fromkeys(one.name for one in request.requirements):
        is_known = registry.versions(name) or registry.rejected(name) or name in host.installed
        if not is_known and is_example(name):
            log.warning(f"{name} is no module but an example host: --profile {name} plans for it")


def unknown_module(name: str, registry: Registry) -> InvalidInput:
    """The error about a module that there is not: why its manifests were rejected, else what `name` may stand for."""
    from las_cli.shadowed import why_nowhere
    from las_registry.problem import InvalidFile
    from las_solver.errors import InvalidInput
    from las_solver.source import RejectedManifest

    rejected = registry.rejected(name)
    if rejected:
        return InvalidFile(rejected)
    nowhere = None if registry.is_plain else why_nowhere(registry, name)
    if nowhere is not None:
        return InvalidInput(f"there is no module {name!r}", hint=nowhere)
    if registry.providers(name):
        hint = f"las-solve registry show {name} lists the modules that provide it"
        return InvalidInput(f"{name} is an interface, not a module", hint=hint)
    unreadable = next((note for note in registry.notes(name) if isinstance(note, RejectedManifest)), None)
    if unreadable is not None:
        hint = f"correct {unreadable.place}: {unreadable.reason}"
    elif is_example(name):
        hint = f"{name} is an example host: las-solve host show {name}"
    else:
        near = did_you_mean(name, (*registry.names(), *registry.interfaces()))
        hint = near or "las-solve registry search WORD finds modules"
    return InvalidInput(f"there is no module {name!r}", hint=hint)


def read_input(path: Path) -> bytes:
    """The content of the file at `path`, or of standard input where that is ``-``.

    Raises :class:`InvalidInput` if it cannot be read, or is too large to be an answer.
    """
    from las_registry.input_file import read_input_file
    from las_solver.errors import InvalidInput

    shown = "standard input" if str(path) == "-" else str(path)
    try:
        data = sys.stdin.buffer.read(_LARGEST + 1) if str(path) == "-" else read_input_file(path, _LARGEST)
    except (OSError, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        hint = "name a file that can be read, or - for standard input"
        raise InvalidInput(f"{shown} cannot be read: {reason}", hint=hint) from None
    if len(data) > _LARGEST:
        raise InvalidInput(f"{shown} is larger than {_LARGEST >> 20} MiB", hint="is this the right file?")
    return data


def warn_of_frozen(paths: Iterable[Path]) -> None:
    """Warns of registries that were frozen, of those in `paths` and those that these are in: plans go on with what they
    held then."""
    from las_registry.compiled.opening import STAMP

    around = dict.fromkeys(one for path in paths for one in (path, *path.absolute().parents))
    for place in around:
        if os.path.isfile(place / STAMP):  # noqa: PTH113 - false also of names that no file can have
            again = shlex.join(["las-solve", "registry", "freeze", str(place)])
            logger().warning(f"{place} is frozen: plans do not see what changes in it until {again}")


def _resume_collection() -> None:
    """Collects garbage from now on, if the entry point put that off; what is there by now is there to stay."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def warn_of(problems: Sequence[Problem], directories: Sequence[Path]) -> None:
    """Warns of the first of the `problems` that manifests in `directories` have."""
    log = logger()
    for problem in problems[:_SHOWN]:
        log.warning(_first_line(problem))
    more = len(problems) - _SHOWN
    if more > 0:
        command = shlex.join(["las-solve", "registry", "validate", *map(str, directories)])
        log.warning(f"and {more} more; {command} shows them all")


def _first_line(problem: Problem) -> str:
    return str(problem).partition("\n")[0]
