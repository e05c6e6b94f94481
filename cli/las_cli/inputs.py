"""What the commands work on, as their options name it: the registry and the host."""

from __future__ import annotations

import gc
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from las_cli.logging import logger
from las_cli.progress import Progress
from las_cli.render.phrases import did_you_mean

if TYPE_CHECKING:
    from las_registry.problem import Problem
    from las_registry.registry import Registry
    from las_solver.errors import InvalidInput
    from las_solver.model import Host, Request

__all__ = [
    "DETECT",
    "Profile",
    "find_profile",
    "load_registry",
    "place_of",
    "read_host",
    "read_input",
    "unknown_module",
    "warn_of",
    "warn_of_unknown",
]

DETECT: Final = "detect"
"""The name that stands for this machine as it is found, whatever is saved."""

_SHOWN: Final = 5
_LARGEST: Final = 64 << 20
_ENDINGS: Final = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile, and how it came to be the one that is used."""

    path: Path
    origin: Literal["file", "example", "saved"]

    def read(self) -> Host:
        """The host that it describes; raises :class:`InvalidFile`."""
        if self.origin == "saved":
            from las_registry.host.saved import read_saved

            return read_saved(self.path)
        from las_registry.host.profile import read_profile

        return read_profile(self.path)


def load_registry(directories: Sequence[Path], *, strict: bool = False, warn: bool = True) -> Registry:
    """The registry in `directories`, or the bundled catalog where there are none.

    Rejected manifests are warned about, or raised as one :class:`InvalidFile` if `strict`.
    """
    from las_registry.registry import Registry, default_directories

    places = tuple(directories) or default_directories()
    log = logger()
    log.debug("loading the registry", directories=[str(place) for place in places])
    with Progress("Reading manifests") as progress:
        registry = Registry.load(places, on_progress=progress, is_cached=True)
    _resume_collection()
    if registry.problems and strict:
        from las_registry.problem import InvalidFile

        raise InvalidFile(registry.problems)
    if registry.problems and warn:
        warn_of(registry.problems, directories)
    return registry


def warn_of_unknown(request: Request, registry: Registry) -> None:
    """Warns of names that say nothing, since there are no such modules, and of requested ones that were all rejected
    or that are those of example hosts.

    That a requested module is unknown is for the planner to say.
    """
    log = logger()
    named = [(f"--prefer {name}", name) for name in request.preferred]
    named += [(f"--exclude {one}", one.name) for one in request.excluded]
    named += [(f"--mode {name}={mode}", name) for name, mode in request.forced_modes.items()]
    for option, name in named:
        if not registry.versions(name):
            near = did_you_mean(name, registry.names())
            log.warning(f"{option} has no effect: there is no module named {name}" + (f"; {near}" if near else ""))
    for name in dict.fromkeys(one.name for one in request.requirements):
        if registry.versions(name):
            continue
        if registry.rejected(name):
            first = registry.rejected(name)[0]
            place = first.file if first.line is None else f"{first.file}:{first.line}"
            log.warning(f"{name} is in the registry, but no manifest of it can be used; see {place}")
        elif _is_example(name):
            log.warning(f"{name} is no module but an example host: --profile {name} plans for it")


def unknown_module(name: str, registry: Registry) -> InvalidInput:
    """The error about a module that there is not: why its manifests were rejected, else what `name` may stand for."""
    from las_registry.problem import InvalidFile
    from las_solver.errors import InvalidInput

    rejected = registry.rejected(name)
    if rejected:
        return InvalidFile(rejected)
    if registry.providers(name):
        hint = f"las-solve registry show {name} lists the modules that provide it"
        return InvalidInput(f"{name} is an interface, not a module", hint=hint)
    near = did_you_mean(name, (*registry.names(), *registry.interfaces()))
    return InvalidInput(f"there is no module {name!r}", hint=near or "las-solve registry search WORD finds modules")


def find_profile(named: str | Path | None) -> Profile | None:
    """The profile to use: the file or example host `named` on the command line or in the environment, else the
    saved one. None is this machine, which is to be looked at.

    A file that is there comes before an example host of the same name. Raises :class:`InvalidInput` for a name
    that is neither.
    """
    if named is None:
        from las_registry.host.saved import find_saved

        saved = find_saved()
        return None if saved is None else Profile(saved, "saved")
    text = str(named)
    if _is_file(text):
        return Profile(Path(text), "file")
    if text == DETECT:
        return None
    from las_registry.host.examples import example_names, example_path

    names = example_names()
    if text in names:
        return Profile(example_path(text), "example")
    if os.path.isdir(text):  # noqa: PTH112
        return Profile(Path(text), "file")
    raise _no_profile(text, names)


def read_host(profile: str | Path | None, assumptions: Sequence[str] = ()) -> Host:
    """The host that :func:`find_profile` finds, or this machine; what `assumptions` state replaces what was known."""
    log = logger()
    found = find_profile(profile)
    if found is not None:
        host = found.read()
        log.info("read a host profile", origin=found.origin, path=str(found.path))
    else:
        from las_registry.host.detect import examine

        detection = examine()
        host = detection.host
        for note in detection.notes:
            log.info("looked at this machine", probe=note.probe, note=note.text)
    if assumptions:
        from las_registry.host.assume import assume

        host = assume(host, assumptions)
    if log.verbosity >= 2:
        from las_registry.host.profile import profile_document

        log.debug("the host is known", **profile_document(host))
    return host


def place_of(profile: str | Path | None, assumptions: Sequence[str] = ()) -> str:
    """Where a plan is for, in words that follow "Plan for ..."."""
    match find_profile(profile):
        case None:
            place = "on this machine"
        case Profile(origin="saved"):
            place = "on this machine (saved profile)"
        case Profile(path=path, origin="example"):
            place = f"on {path.stem}"
        case Profile(path=path):
            place = f"on the machine of {path.name}"
    return f"{place} with {', '.join(assumptions)}" if assumptions else place


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


def _is_file(name: str) -> bool:
    """Whether `name` is that of a file: one that is there, that looks like one, or that nothing else can have."""
    if os.path.dirname(name) or name.endswith(_ENDINGS):  # noqa: PTH120 - Path drops a leading ./
        return True
    try:
        os.lstat(name)
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        return True
    return not os.path.isdir(name)  # noqa: PTH112 - Path.is_dir may raise


def _is_example(name: str) -> bool:
    from las_registry.host.examples import example_names

    return name in example_names()


def _no_profile(name: str, examples: Sequence[str]) -> InvalidInput:
    from las_solver.errors import InvalidInput

    hint = f"{did_you_mean(name, (*examples, DETECT))} las-solve host list shows the example hosts".lstrip()
    return InvalidInput(f"{name!r} is neither a profile file nor an example host", hint=hint)


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
