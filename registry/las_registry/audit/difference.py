"""What changed from one audit to the next: which versions lost or gained a plan, and which are new or gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from las_registry.audit.findings import Audit
from las_solver.errors import InvalidInput

__all__ = ["Change", "Difference", "compare"]

_Pairs = Mapping[tuple[str, str], frozenset[str]]
"""Versions, each a module and a number, with hosts."""


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """A version and the hosts, in order of name, on which its fate changed; all hosts for what is new or gone."""

    module: str
    version: str
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Each part in order of module, from old to new versions.

    `lost` could be planned before and cannot be now; `gained` the other way round; `added` and `removed` are in one of
    the registries only, the former with the hosts on which they can be planned, the latter with those on which they
    could. `unknown` are those of which one of the audits does not know.
    """

    lost: tuple[Change, ...]
    gained: tuple[Change, ...]
    added: tuple[Change, ...]
    removed: tuple[Change, ...]
    unknown: tuple[Change, ...]


def compare(before: Audit, after: Audit) -> Difference:
    """What changed from `before` to `after`.

    Raises :class:`InvalidInput` if they are not of the same hosts.
    """
    _refuse_other_hosts(before, after)
    hosts = frozenset(after.hosts)
    old, new = _versions(before), _versions(after)
    failed, fails = _failing(before), _failing(after)
    open_before, open_now = _undecided(before), _undecided(after)
    nowhere = frozenset[str]()
    lost, gained, unknown = dict[tuple[str, str], frozenset[str]](), dict[tuple[str, str], frozenset[str]](), {}
    for one in (one for one in new if one in old):
        was, now = failed.get(one, nowhere), fails.get(one, nowhere)
        unsure = open_before.get(one, nowhere) | open_now.get(one, nowhere)
        lost[one], gained[one], unknown[one] = now - was - unsure, was - now - unsure, unsure
    added = {one: hosts - fails.get(one, nowhere) - open_now.get(one, nowhere) for one in new if one not in old}
    removed = {one: hosts - failed.get(one, nowhere) - open_before.get(one, nowhere) for one in old if one not in new}
    return Difference(
        lost=_changes(lost),
        gained=_changes(gained),
        added=_changes(added, also_nowhere=True),
        removed=_changes(removed, also_nowhere=True),
        unknown=_changes(unknown),
    )


def _refuse_other_hosts(before: Audit, after: Audit) -> None:
    names = sorted({*before.hosts, *after.hosts})
    other = [name for name in names if before.hosts.get(name) != after.hosts.get(name)]
    if other:
        shown = ", ".join(other[:5]) + (f" and {len(other) - 5} more" if len(other) > 5 else "")
        raise InvalidInput(
            f"the earlier audit is of other hosts; those that differ: {shown}",
            hint="make the earlier audit again, with the hosts of now, or name by --hosts those that it was of",
        )


def _versions(audit: Audit) -> dict[tuple[str, str], None]:
    return {(name, version): None for name, versions in sorted(audit.modules.items()) for version in versions}


def _failing(audit: Audit) -> _Pairs:
    return _pairs(
        ((failure.module, version), failure.hosts)
        for cause in audit.causes
        for failure in cause.failures
        for version in failure.versions
    )


def _undecided(audit: Audit) -> _Pairs:
    return _pairs(((one.module, version), one.hosts) for one in audit.undecided for version in one.versions)


def _pairs(several: Iterable[tuple[tuple[str, str], tuple[str, ...]]]) -> _Pairs:
    found: dict[tuple[str, str], set[str]] = {}
    for one, hosts in several:
        found.setdefault(one, set()).update(hosts)
    return {one: frozenset(hosts) for one, hosts in found.items()}


def _changes(several: _Pairs, *, also_nowhere: bool = False) -> tuple[Change, ...]:
    return tuple(
        Change(module, version, tuple(sorted(hosts)))
        for (module, version), hosts in several.items()
        if hosts or also_nowhere
    )
