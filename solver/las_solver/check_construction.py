"""Answers as decisions 0001 and 0017 construct them, for the checker alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from las_solver.check_rules import Chosen, Rules
from las_solver.model import Strategy

__all__ = ["constructions", "reached"]


def constructions(rules: Rules, pool: Chosen, begun: Iterable[str] | None = None) -> Iterator[tuple[str, ...]]:
    """Every set of names that can be constructed from the versions of `pool`, in order of discovery.

    From the requested modules, or from `begun`: close under needs; add the staying modules and close again; where an
    interface is missing, choose one of its providers in `pool`; and so on. What is not in `pool` is left out. Under
    the strategy `upgrade` nothing has to be missing before the staying modules are added.
    """
    start = [name for name in (rules.requested if begun is None else begun) if name in pool]
    staying = [name for name in rules.staying if name in pool]
    is_upgrade = rules.request.strategy is Strategy.UPGRADE
    open_ends = [(_closed(rules, pool, start), not staying)]
    seen: set[tuple[frozenset[str], bool]] = set()
    while open_ends:
        found, is_settled = open_ends.pop()
        choices = _choices(rules, pool, found) if is_settled or is_upgrade else ()
        if not choices and not is_settled:
            found, is_settled = _closed(rules, pool, (*found, *staying)), True
            choices = _choices(rules, pool, found)
        if (key := (frozenset(found), is_settled)) in seen:
            continue
        seen.add(key)
        if not choices:
            yield found
        open_ends.extend((_closed(rules, pool, (*found, name)), is_settled) for name in reversed(choices))


def reached(rules: Rules, pool: Chosen) -> set[str]:
    """What a chain of needs and consumed interfaces leads to within `pool`: every construction is a part of it."""
    found: set[str] = set()
    new = [name for name in (*rules.requested, *rules.staying) if name in pool]
    while new:
        name = new.pop()
        if name not in found:
            found.add(name)
            new.extend(lower for lower in rules.leads(pool[name]) if lower in pool)
    return found


def _choices(rules: Rules, pool: Chosen, found: tuple[str, ...]) -> tuple[str, ...]:
    """The providers of which one is to join `found`, best first; none where `pool` has nothing that is missing."""
    provided = {interface: set[str]() for name in found for interface in pool[name].consumes}
    for name in found:
        for interface in pool[name].provides:
            provided.setdefault(interface, set()).add(name)
    for name in found:
        for interface in rules.open_interfaces(pool[name]):
            if not provided[interface] - {name}:
                choices = tuple(
                    other
                    for other in rules.providers(interface)
                    if other in pool and interface in pool[other].provides and other not in found
                )
                if choices:
                    return choices
    return ()


def _closed(rules: Rules, pool: Chosen, start: Iterable[str]) -> tuple[str, ...]:
    """`start` and all that it needs, layer by layer."""
    layer = list(start)
    found = dict.fromkeys(layer)
    while layer:
        needed = (need.name for name in layer for need in rules.needs(pool[name]))
        layer = [name for name in dict.fromkeys(needed) if name in pool and name not in found]
        found.update(dict.fromkeys(layer))
    return tuple(found)
