"""Two sets of modules side by side: what differs, and why as far as their plans say it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from packaging.version import Version

from las_cli.render.held_back import briefly
from las_registry.host.difference import Difference, differences
from las_registry.lock_facts import fact_of, is_same
from las_solver.model import Host

__all__ = ["Comparison", "Entry", "ModuleChange", "Side", "compare"]

Statement = Mapping[str, Any]

_HARDWARE: Final = {"cores": "cores", "ram": "ram", "vram": "gpus", "gpus": "gpus"}
_UNRECORDED: Final = "did not matter"
_MOST_NAMES: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A module on one side. `checksum` is that of its manifest, None where it is not known.

    `held_back_by` are the statements (docs/documents.md) that rule out newer versions, `needed_by` the modules that
    need it; both are only known of plans.
    """

    version: Version
    mode: str | None
    checksum: str | None = None
    held_back_by: tuple[Statement, ...] = ()
    needed_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two sets of modules: `name` is that of a file or a machine.

    A lock has `facts` about its machine, those that mattered; a plan may have the whole `host`. `options` are those of
    the request, each as in JSON.
    """

    name: str
    modules: Mapping[str, Entry]
    request: tuple[str, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)
    host: Host | None = None
    facts: Mapping[str, str] | None = None
    registry: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleChange:
    """A module that is not the same on both sides, and `because` of what.

    `kinds` is one of ``added``, ``removed``, ``upgraded`` and ``downgraded``, or none of them; then ``mode`` where it
    runs in another mode, and ``manifest`` where the same version has another manifest.
    """

    module: str
    kinds: tuple[str, ...]
    before: Entry | None
    after: Entry | None
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What differs between two sides: `modules` in order of name; the rest may be why.

    `request` says whether other modules are asked for, `options` which options of the request differ, each with its
    value on either side, `facts` which facts about the machines do.
    """

    before: Side
    after: Side
    modules: tuple[ModuleChange, ...]
    request: bool
    options: tuple[tuple[str, object, object], ...]
    facts: tuple[Difference, ...]
    registry: bool

    @property
    def is_same(self) -> bool:
        """Whether the same is asked for, and leads to the same modules."""
        return not (self.modules or self.request or self.options)

    @property
    def is_identical(self) -> bool:
        """Whether machine and registry are the same, too."""
        return self.is_same and not (self.facts or self.registry)


def compare(before: Side, after: Side) -> Comparison:
    """What differs between `before` and `after`."""
    facts = _facts(before, after)
    return Comparison(
        before=before,
        after=after,
        modules=tuple(_changes(before, after, facts)),
        request=sorted(before.request) != sorted(after.request),
        options=tuple(
            (key, before.options.get(key), after.options.get(key))
            for key in dict.fromkeys((*before.options, *after.options))
            if before.options.get(key) != after.options.get(key)
        ),
        facts=facts,
        registry=None not in (before.registry, after.registry) and before.registry != after.registry,
    )


def _facts(before: Side, after: Side) -> tuple[Difference, ...]:
    """The facts that differ, as far as both sides know them."""
    if before.facts is not None and after.facts is not None:
        pairs = {fact: (before.facts.get(fact), after.facts.get(fact)) for fact in (*before.facts, *after.facts)}
    elif before.facts is not None and after.host is not None:
        pairs = {fact: (value, fact_of(after.host, fact)) for fact, value in before.facts.items()}
    elif after.facts is not None and before.host is not None:
        pairs = {fact: (fact_of(before.host, fact), value) for fact, value in after.facts.items()}
    elif before.host is not None and after.host is not None:
        return differences(before.host, after.host)
    else:
        return ()
    return tuple(
        Difference(fact, old or _UNRECORDED, new or _UNRECORDED)
        for fact, (old, new) in pairs.items()
        if old is None or new is None or not is_same(fact, old, new)
    )


def _changes(before: Side, after: Side, facts: Sequence[Difference]) -> Iterator[ModuleChange]:
    for module in sorted({*before.modules, *after.modules}):
        old, new = before.modules.get(module), after.modules.get(module)
        if kinds := tuple(_kinds(old, new)):
            because = tuple(_because(module, before, after, facts))
            yield ModuleChange(module=module, kinds=kinds, before=old, after=new, because=because)


def _kinds(old: Entry | None, new: Entry | None) -> Iterator[str]:
    if old is None or new is None:
        yield "added" if old is None else "removed"
        return
    if old.version != new.version:
        yield "upgraded" if old.version < new.version else "downgraded"
    if old.mode != new.mode:
        yield "mode"
    if old.version == new.version and None not in (old.checksum, new.checksum) and old.checksum != new.checksum:
        yield "manifest"


def _because(module: str, before: Side, after: Side, facts: Sequence[Difference]) -> Iterator[str]:
    """Why a module is not the same on both sides: facts about the machines first."""
    differing = {one.fact: one for one in facts}
    old, new = before.modules.get(module), after.modules.get(module)
    if old is None or new is None:
        side, entry = (after, new) if old is None else (before, old)
        runtime = differing.get(f"runtime.{module}")
        if runtime is not None:
            yield f"the machine's own {module}: {runtime.before} -> {runtime.after}"
        if entry is not None and entry.needed_by:
            yield f"{side.name}: needed by {_few(entry.needed_by)}"
    elif old.version != new.version:
        side, entry = (before, old) if old.version < new.version else (after, new)
        about_machine = [str(one["text"]) for one in entry.held_back_by if _fact(one) in differing]
        others = [briefly(module, entry.held_back_by)] if entry.held_back_by else []
        yield from (f"{side.name}: {text}" for text in about_machine or others)
    elif old.mode != new.mode and (modes := differing.get("modes")) is not None:
        yield f"modes that the machine allows: {modes.before} -> {modes.after}"


def _fact(statement: Statement) -> str | None:
    """The fact about a machine that a statement names."""
    match statement["kind"]:
        case "hardware":
            return _HARDWARE.get(str(statement.get("fact")))
        case "runtime":
            return f"runtime.{str(statement['requirement']).partition('@')[0]}"
        case "mode":
            return "modes"
        case "interface":
            return "interfaces"
        case _:
            return None


def _few(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join([*names[:_MOST_NAMES], *([f"{more} more"] if more > 0 else [])])
