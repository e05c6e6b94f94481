"""The audit that comes of its parts, whatever these were: failures of one reason together, by their causes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple, TypeAlias

from las_registry.audit.findings import Audit, Cause, Failure, Told, Undecided
from las_registry.audit.part import IDEAL, Found, Part, Row
from las_registry.compiled.opening import RELEASE
from las_registry.registry import Registry
from las_solver.statement import Span, spans_of

__all__ = ["Verdict", "evident", "sum_up", "undecided_or_failing"]

Verdict: TypeAlias = tuple[Part, Found]

_OF_THE_REGISTRY: Final = frozenset({"dependency", "no-version", "unknown-module", "cycle"})
"""The kinds of statements that are true whatever the host and the request."""


class _Reason(NamedTuple):
    """Why a version cannot be planned."""

    key: tuple[str, ...]
    cause: tuple[Told, ...]
    core: tuple[Told, ...]
    minimal: bool


def sum_up(
    registry: Registry, hosts: Mapping[str, str], modules: Mapping[str, tuple[str, ...]], verdicts: Sequence[Verdict]
) -> Audit:
    """The audit of `modules` on `hosts`, of which the digests are given."""
    on_hosts = [one for one in verdicts if one[0].host is not IDEAL]
    on_none = [one for one in verdicts if one[0].host is IDEAL]
    failures = _failures(registry, on_hosts)
    causes: dict[tuple[str, ...], list[tuple[Failure, _Reason]]] = defaultdict(list)
    for failure, reason in failures:
        causes[reason.key].append((failure, reason))
    found = [
        Cause(key=key, statements=several[0][1].cause, failures=tuple(failure for failure, _ in several))
        for key, several in sorted(causes.items())
    ]
    return Audit(
        release=RELEASE,
        registry=registry.digest,
        hosts=dict(sorted(hosts.items())),
        modules=dict(sorted(modules.items())),
        causes=tuple(sorted(found, key=lambda cause: -cause.size)),
        never=tuple(failure for failure, _ in _failures(registry, on_none)),
        undecided=(*_undecided(registry, on_hosts), *_undecided(registry, on_none)),
    )


def evident(verdicts: Iterable[Verdict]) -> Verdict:
    """What fails on a host that has everything, as a core on one of the hosts shows that says nothing of that one."""
    rows: dict[tuple[str, int], Row] = {}
    for _, found in sorted(verdicts, key=lambda one: one[0].host or ""):
        for row in found.rows:
            if row.minimal and all(one.kind in _OF_THE_REGISTRY for one in row.core):
                for rank in range(row.low, row.high + 1):
                    rows.setdefault((row.module, rank), replace(row, low=rank, high=rank))
    return Part(IDEAL, ()), Found(tuple(rows.values()), ())


def undecided_or_failing(verdicts: Iterable[Verdict]) -> Mapping[str, frozenset[int]]:
    """The ranks of each module that have a plan on no host, as far as is known."""
    open_on: dict[str, dict[str | None, set[int]]] = defaultdict(lambda: defaultdict(set))
    hosts: dict[str | None, None] = {}
    for part, found in verdicts:
        hosts[part.host] = None
        for row in found.rows:
            open_on[row.module][part.host].update(range(row.low, row.high + 1))
        for module, ranks in found.undecided:
            open_on[module][part.host].update(ranks)
    return {
        module: frozenset.intersection(*(frozenset(by_host.get(host, ())) for host in hosts))
        for module, by_host in open_on.items()
    }


def _failures(registry: Registry, verdicts: Iterable[Verdict]) -> Iterator[tuple[Failure, _Reason]]:
    """What fails, with the reasons, in order of module, the newest versions first."""
    ranks: dict[tuple[str, str | None, _Reason], list[int]] = defaultdict(list)
    for part, found in verdicts:
        for row in found.rows:
            reason = _Reason(row.key, row.cause, row.core, row.minimal)
            ranks[row.module, part.host, reason].extend(range(row.low, row.high + 1))
    hosts: dict[tuple[Span, _Reason], list[str]] = defaultdict(list)
    for (module, host, reason), several in ranks.items():
        ranked = registry.ranked(module)
        assert ranked is not None, "only modules that are there are audited"
        for span in spans_of(module, ranked.versions, sorted(several)):
            hosts[span, reason].extend([] if host is None else [host])
    ordered = sorted(hosts.items(), key=lambda item: (item[0][0].module, -item[0][0].high, item[0][0].low, item[0][1]))
    for (span, reason), names in ordered:
        yield (
            Failure(
                module=span.module,
                versions=tuple(str(span.versions[rank]) for rank in range(span.low, span.high + 1)),
                constraint=span.constraint,
                text=str(span),
                hosts=tuple(sorted(names)),
                core=reason.core,
                minimal=reason.minimal,
            ),
            reason,
        )


def _undecided(registry: Registry, verdicts: Iterable[Verdict]) -> Iterator[Undecided]:
    """What is not known, in order of module; versions that are open on the same hosts together."""
    open_on: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for part, found in verdicts:
        for module, ranks in found.undecided:
            for rank in ranks:
                open_on[module][rank].extend([] if part.host is None else [part.host])
    for module, by_rank in sorted(open_on.items()):
        ranked = registry.ranked(module)
        assert ranked is not None, "only modules that are there are audited"
        together: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for rank, hosts in sorted(by_rank.items()):
            together[tuple(sorted(hosts))].append(rank)
        for names, several in sorted(together.items()):
            versions = tuple(str(ranked.versions[rank]) for rank in several)
            yield Undecided(module=module, versions=versions, hosts=names)
