"""What changed from one audit to the next: which versions lost or gained a plan, and which are new or gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from packaging.version import Version

from las_registry.audit.findings import Audit
from las_solver.constraint import parse_version
from las_solver.errors import InvalidConstraint, InvalidInput

__all__ = ["Change", "Difference", "check_same_hosts", "compare"]

_Key = tuple[str, Version | str]
"""A module and a version: `1.0` and `1.0.0` are the same."""

_Pairs = Mapping[_Key, frozenset[str]]
"""Versions with hosts."""


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
    could. `unknown` are those of which one of the audits does not know; of these, `doubtful` could be planned before.
    """

    lost: tuple[Change, ...]
    gained: tuple[Change, ...]
    added: tuple[Change, ...]
    removed: tuple[Change, ...]
    unknown: tuple[Change, ...]
    doubtful: tuple[Change, ...]


def compare(before: Audit, after: Audit) -> Difference:
    """What changed from `before` to `after`.

    Raises :class:`InvalidInput` if they are not of the same hosts.
    """
    check_same_hosts(before.hosts, after.hosts)
    hosts = frozenset(after.hosts)
    old, new = _versions(before), _versions(after)
    failed, fails = _failing(before), _failing(after)
    open_before, open_now = _undecided(before), _undecided(after)
    nowhere = frozenset[str]()
    lost, gained, unknown, doubtful = (dict[_Key, frozenset[str]]() for _ in range(4))
    for one in (one for one in new if one in old):
        was, now = failed.get(one, nowhere), fails.get(one, nowhere)
        unsure = open_before.get(one, nowhere) | open_now.get(one, nowhere)
        lost[one], gained[one], unknown[one] = now - was - unsure, was - now - unsure, unsure
        doubtful[one] = unsure - was - open_before.get(one, nowhere)
    added = {one: hosts - fails.get(one, nowhere) - open_now.get(one, nowhere) for one in new if one not in old}
    removed = {one: hosts - failed.get(one, nowhere) - open_before.get(one, nowhere) for one in old if one not in new}
    return Difference(
        lost=_changes(lost, new),
        gained=_changes(gained, new),
        added=_changes(added, new, also_nowhere=True),
        removed=_changes(removed, old, also_nowhere=True),
        unknown=_changes(unknown, new),
        doubtful=_changes(doubtful, new),
    )


def check_same_hosts(before: Mapping[str, str], after: Mapping[str, str]) -> None:
    """Raises :class:`InvalidInput` if these digests of hosts, by name, are not the same."""
    names = sorted({*before, *after})
    other = [name for name in names if before.get(name) != after.get(name)]
    if other:
        shown = ", ".join(other[:5]) + (f" and {len(other) - 5} more" if len(other) > 5 else "")
        raise InvalidInput(
            f"the earlier audit is of other hosts; those that differ: {shown}",
            hint="make the earlier audit again, with the hosts of now, or name by --hosts those that it was of",
        )


def _versions(audit: Audit) -> dict[_Key, str]:
    """The versions, each as it is written there."""
    return {_key(name, version): version for name, versions in sorted(audit.modules.items()) for version in versions}


def _key(module: str, version: str) -> _Key:
    try:
        return module, parse_version(version)
    except InvalidConstraint:  # a file may say anything
        return module, version


def _failing(audit: Audit) -> _Pairs:
    return _pairs(
        (_key(failure.module, version), failure.hosts)
        for cause in audit.causes
        for failure in cause.failures
        for version in failure.versions
    )


def _undecided(audit: Audit) -> _Pairs:
    return _pairs((_key(one.module, version), one.hosts) for one in audit.undecided for version in one.versions)


def _pairs(several: Iterable[tuple[_Key, tuple[str, ...]]]) -> _Pairs:
    found: dict[_Key, set[str]] = {}
    for one, hosts in several:
        found.setdefault(one, set()).update(hosts)
    return {one: frozenset(hosts) for one, hosts in found.items()}


def _changes(several: _Pairs, written: Mapping[_Key, str], *, also_nowhere: bool = False) -> tuple[Change, ...]:
    return tuple(
        Change(one[0], written[one], tuple(sorted(hosts))) for one, hosts in several.items() if hosts or also_nowhere
    )
