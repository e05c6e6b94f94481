"""The machine that commands are about: which one counts, and what is known of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from las_cli.logging import logger
from las_cli.render.phrases import did_you_mean
from las_cli.render.terminal import printable
from las_solver.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from las_registry.host.detect import Note
    from las_solver.errors import InvalidInput
    from las_solver.model import Host

__all__ = ["DETECT", "Facts", "Profile", "find_profile", "is_example", "look", "place_of", "profile_text", "read_host"]

DETECT: Final = "detect"
"""The name that stands for this machine as it is found, whatever is saved."""

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

            return read_saved(self.path, is_cached=True)
        from las_registry.host.profile import read_profile

        return read_profile(self.path, is_cached=True)


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


def read_host(named: str | Path | None, assumptions: Sequence[str] = ()) -> Host:
    """The machine that :func:`look` sees where :func:`find_profile` says; what probes have to say goes to the log."""
    log = logger()
    found = find_profile(named)
    facts = look(found, assumptions)
    if found is not None:
        log.info("read a host profile", origin=found.origin, path=str(found.path))
    for note in facts.notes:
        log.info("looked at this machine", probe=note.probe, note=note.text)
    if log.verbosity >= 2:
        from las_registry.host.profile import profile_document

        log.debug("the host is known", **profile_document(facts.machine))
    return facts.machine


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


@dataclass(frozen=True, slots=True)
class Facts:
    """A machine; `source` says in words where the facts are from, `notes` what the probes did not find out."""

    machine: Host
    source: str
    notes: tuple[Note, ...] = ()


def look(profile: Profile | None, assumptions: Sequence[str] = ()) -> Facts:
    """The facts that `profile` states, else those of this machine as it is found, each with `assumptions` over it."""
    if profile is not None:
        facts = Facts(profile.read(), _source(profile))
    else:
        from las_registry.host.detect import examine

        detection = examine()
        facts = Facts(detection.host, "this machine", detection.notes)
    if not assumptions:
        return facts
    from las_registry.host.assume import assume

    return Facts(assume(facts.machine, assumptions), f"{facts.source}, with {', '.join(assumptions)}", facts.notes)


def profile_text(facts: Facts, comments: Sequence[str]) -> str:
    """A profile in YAML; above it stand `comments`, the notes, and how to state what is unknown."""
    from las_registry.host.profile import profile_document
    from las_registry.yaml_reader import write_document

    lines = [*comments, *(f"{note.probe}: {note.text}" for note in facts.notes)]
    if facts.machine.cores is None:
        lines.append("cpu: {cores: 16} would state the number of CPUs, which is unknown")
    if facts.machine.ram is None:
        lines.append("memory: {ram: 64GiB} would state the size of the memory, which is unknown")
    return "".join(f"# {printable(line)}\n" for line in lines) + write_document(profile_document(facts.machine))


def _source(profile: Profile) -> str:
    match profile.origin:
        case "example":
            return f"the example host {profile.path.stem}"
        case "saved":
            return f"this machine, as saved in {profile.path}"
        case "file":
            return f"the profile {profile.path}"


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


def is_example(name: str) -> bool:
    """Whether there is an example host `name`."""
    from las_registry.host.examples import example_names

    return name in example_names()


def _no_profile(name: str, examples: Sequence[str]) -> InvalidInput:
    from las_solver.errors import InvalidInput

    hint = f"{did_you_mean(name, (*examples, DETECT))} las-solve host list shows the example hosts".lstrip()
    return InvalidInput(f"{name!r} is neither a profile file nor an example host", hint=hint)
