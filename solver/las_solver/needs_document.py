"""What a request needs of a host as plain values: docs/documents.md describes every key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from packaging.version import Version

from las_solver.change_text import change_document, change_text
from las_solver.constraint import Constraint, parse_version
from las_solver.document import asked
from las_solver.model import Host
from las_solver.needs import Needs
from las_solver.plan import Plan
from las_solver.size_text import size_text
from las_solver.smallest_hosts import Minimum, NeededRuntime
from las_solver.upgrade import Upgrade

__all__ = ["needs_document"]

_RANGE: Final = re.compile(r"(?:>=(?P<least>[^,<>=!~]+))?,?(?:<(?P<below>[^,<>=!~]+))?")
_PLACES: Final = {">=": 0, ">": 1, "~=": 2, "==": 3, "!=": 4, "<": 5, "<=": 6}


def needs_document(needs: Needs) -> dict[str, object]:
    """What `needs` says."""
    requested = tuple(dict.fromkeys(one.name for one in needs.request.requirements))
    return {
        "status": "not-enough" if needs.plan is None else "enough",
        **asked(needs.request),
        "minimums": [_minimum(one, requested) for one in needs.minimums],
        "have": _have(needs.host, {one.name for each in needs.minimums for one in each.runtimes[0]}),
        "then": None if needs.plan is None else _then(needs.plan, requested),
        "upgrades": [_upgrade(one, requested) for one in needs.upgrades],
        "useless": [{"change": change_document(one), "text": change_text(one)} for one in needs.useless],
        "complete": needs.complete,
    }


def _minimum(minimum: Minimum, requested: Iterable[str]) -> dict[str, object]:
    return {
        "gpus": minimum.gpus,
        "vram": _size(minimum.vram),
        "total_vram": _size(minimum.total_vram),
        "ram": _size(minimum.ram),
        "cores": minimum.cores,
        "runtimes": _alternatives(minimum.runtimes),
        "lacks": list(minimum.lacks),
        "then": _then(minimum.plan, requested),
    }


def _alternatives(several: Sequence[Sequence[NeededRuntime]]) -> list[list[dict[str, object]]]:
    """The alternatives, each a list of runtimes; of one runtime, versions that follow each other are one range."""
    documents = [[_runtime(one) for one in alternative] for alternative in several]
    joined = documents[:1]
    for alternative in documents[1:]:
        before, after = joined[-1], alternative
        if len(after) > 1 or (whole := _union(str(before[0]["constraint"]), str(after[0]["constraint"]))) is None:
            joined.append(after)
        else:
            joined[-1] = [{**before[0], "constraint": whole}]
    return joined


def _runtime(runtime: NeededRuntime) -> dict[str, object]:
    return {
        "name": runtime.name,
        "version": runtime.spelled or str(runtime.version),
        "constraint": _both(runtime.constraints),
    }


def _both(constraints: Iterable[Constraint]) -> str:
    """All of `constraints` in one: of several lower or upper bounds, the one that counts."""
    parts = dict.fromkeys(part for constraint in constraints for part in constraint.parts)
    for operator, extreme in ((">=", max), ("<", min)):
        bounds = [part for part in parts if part[0] == operator]
        if bounds:
            kept = extreme(bounds, key=lambda part: parse_version(part[1]))
            parts = dict.fromkeys(part for part in parts if part[0] != operator or part == kept)
    return ",".join(operator + named for operator, named in sorted(parts, key=lambda part: _PLACES[part[0]]))


def _union(older: str, newer: str) -> str | None:
    """The range that admits what `older` or `newer` does, if both are ranges and there is nothing between them."""
    first, second = _RANGE.fullmatch(older), _RANGE.fullmatch(newer)
    if first is None or second is None or first["below"] is None:
        return None
    if parse_version(second["least"] or "0") > parse_version(first["below"]):
        return None
    bounds = (f">={first['least']}" if first["least"] else "", f"<{second['below']}" if second["below"] else "")
    return ",".join(filter(None, bounds))


def _have(host: Host, runtimes: Iterable[str]) -> dict[str, object]:
    """The facts of `host` that others are compared by."""
    cards = [card.vram for card in host.gpus]
    return {
        "gpus": len(cards),
        "vram": _size(max(cards, default=None)),
        "total_vram": _size(sum(cards)) if cards else None,
        "ram": _size(host.ram),
        "cores": host.cores,
        "runtimes": [
            {"name": name, "version": str(host.runtimes[name]) if name in host.runtimes else None}
            for name in sorted(runtimes)
        ],
    }


def _upgrade(upgrade: Upgrade, requested: Sequence[str]) -> dict[str, object]:
    before, after = _versions(upgrade.before), _versions(upgrade.plan)
    names = dict.fromkeys((*requested, *after, *before))
    return {
        "change": change_document(upgrade.change),
        "text": change_text(upgrade.change),
        "idle": upgrade.idle,
        "modules": [
            {"module": name, "from": _text(before.get(name)), "to": _text(after.get(name))}
            for name in names
            if upgrade.before is not None and before.get(name) != after.get(name)
        ],
        "then": _then(upgrade.plan, requested),
    }


def _then(plan: Plan, requested: Iterable[str]) -> list[dict[str, str]]:
    """Every step of `plan`, the requested modules first."""
    versions = _versions(plan)
    return [{"module": name, "version": str(versions[name])} for name in dict.fromkeys((*requested, *versions))]


def _versions(plan: Plan | None) -> Mapping[str, Version]:
    return {} if plan is None else {step.module: step.version for step in plan.steps}


def _size(size: int | None) -> str | None:
    return None if size is None else size_text(size, "")


def _text(version: Version | None) -> str | None:
    return None if version is None else str(version)
