"""The smallest hosts on which a request has a plan, and what each single upgrade of a host would buy.

A host is compared by its *facts*: cores, memory, the memory of the largest card, the number of cards, their memory
together, and the version of each runtime. Only amounts and versions that manifests name tell hosts apart, and so the
smallest ones have these (docs/algorithm.md, "The smallest hosts").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from las_solver.change import ProvideRuntime, RaiseHardware
from las_solver.constraint import Constraint, Requirement
from las_solver.errors import OutOfTime
from las_solver.model import Host, Request
from las_solver.plan import Plan
from las_solver.sat import Budget, Stopped
from las_solver.shelf import Shelf
from las_solver.smallest_hosts import Answer, Minimum, SmallestHosts, largest
from las_solver.upgrade import Upgrade, bought, rungs_above

if TYPE_CHECKING:
    from las_solver.conflict import Conflict

__all__ = ["Needs", "NoHost", "find_needs", "only_newest"]

_EFFORT: Final = 200_000
"""The SAT conflicts that the search for the smallest hosts may cost."""

_MOST_MINIMUMS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What `request` needs of a host, beside what `host` has.

    `plan` is the plan on `host`, if there is one. `minimums` are the smallest hosts, those with the fewest cards first.
    `upgrades` are single changes of `host` that buy something; `useless` the largest change of each fact of which no
    change does. `complete`: neither a limit nor a budget cut anything short.
    """

    request: Request
    host: Host
    plan: Plan | None
    minimums: tuple[Minimum, ...]
    upgrades: tuple[Upgrade, ...]
    useless: tuple[RaiseHardware | ProvideRuntime, ...]
    complete: bool

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values, ready for JSON (docs/needs.md); ``document_schema("needs")`` describes them."""
        from las_solver.needs_document import needs_document

        return needs_document(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoHost:
    """No host has a plan; `conflict` says why `host` has none, which has the most of all that manifests name."""

    host: Host
    conflict: Conflict

    def to_dict(self) -> dict[str, Any]:
        """The conflict on that host as plain values, ready for JSON (docs/documents.md)."""
        return self.conflict.to_dict()


def only_newest(shelf: Shelf, request: Request) -> Request:
    """`request` for nothing but the newest final version of each module that it admits; the newest where none is final.

    What it admits no version of stays as it is.
    """
    newest: dict[str, Requirement] = {}
    for name in dict.fromkeys(one.name for one in request.requirements):
        constraints = [one.constraint for one in request.requirements if one.name == name]
        excluded = [one.constraint for one in request.excluded if one.name == name]
        admitted = [
            one.version
            for one in shelf.registry.versions(name)
            if all(constraint.admits(one.version) for constraint in constraints)
            and not any(constraint.admits(one.version) for constraint in excluded)
        ]
        finals = [one for one in admitted if not one.is_prerelease]
        if admitted:
            newest[name] = Requirement(name, Constraint.parse(f"=={max(finals or admitted)}"))
    narrowed = dict.fromkeys(newest.get(one.name, one) for one in request.requirements)
    return replace(request, requirements=tuple(narrowed))


def find_needs(
    shelf: Shelf,
    request: Request,
    *,
    answer: Answer,
    explain: Callable[[Host, Request], Conflict],
    stop: Callable[[], bool],
) -> Needs | NoHost:
    """What `request` needs, beside what the host of `shelf` has; as if no module were installed anywhere.

    `answer` plans on a host, `explain` says why there is no plan on one.
    Once `stop` answers True, what was found by then is returned; :class:`las_solver.errors.OutOfTime` is raised if
    that is not even whether the host of `shelf` has a plan.
    """
    if shelf.host.installed:
        shelf = Shelf(shelf.registry, replace(shelf.host, installed={}))
    host = shelf.host
    plan = answer(host, request)
    minimums: list[Minimum] = []
    upgrades: list[Upgrade] = []
    useless: list[RaiseHardware | ProvideRuntime] = []
    complete = plan is None or plan.optimal
    try:
        search = SmallestHosts(shelf, request, answer, Budget(_EFFORT, stop))
        try:
            for minimum in search:
                if len(minimums) == _MOST_MINIMUMS:
                    complete = False
                    break
                minimums.append(minimum)
        finally:
            search.close()
        if not minimums:
            most = largest(host, search.ladders, request)
            return NoHost(host=most, conflict=explain(most, request))
        for rungs in rungs_above(host, search.ladders):
            second_card = _second_card(upgrades) if _is_more_together(rungs[-1]) else None
            found = list(bought(host, request, second_card or plan, rungs, answer))
            upgrades.extend(found)
            if not found and second_card is None:
                useless.append(rungs[-1])
    except (Stopped, OutOfTime):
        complete = False
    return Needs(
        request=request,
        host=host,
        plan=plan,
        minimums=tuple(minimums),
        upgrades=tuple(upgrades),
        useless=tuple(useless),
        complete=complete and all(one.optimal for one in (*(m.plan for m in minimums), *(u.plan for u in upgrades))),
    )


def _is_more_together(change: RaiseHardware | ProvideRuntime) -> bool:
    return isinstance(change, RaiseHardware) and change.fact == "total-vram"


def _second_card(upgrades: Sequence[Upgrade]) -> Plan | None:
    """The plan with a second card, which is less than more memory on both; None where none would buy anything."""
    found = [one.plan for one in upgrades if isinstance(one.change, RaiseHardware) and one.change.fact == "gpus"]
    return found[-1] if found else None
