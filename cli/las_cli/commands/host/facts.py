"""A machine, where what is known of it comes from, and the profile that says the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from las_cli.render.terminal import printable

if TYPE_CHECKING:
    from las_cli.inputs import Profile
    from las_registry.host.detect import Note
    from las_solver.model import Host

__all__ = ["Facts", "look", "profile_text"]


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
