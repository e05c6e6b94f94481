"""Checks changes: repairs lead to the plans that they show, without anything superfluous; and what is said to admit a
newer version does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from las_solver.check_answers import encode_answers
from las_solver.check_document import Fields, Malformed
from las_solver.check_machine import Machine
from las_solver.check_replay import replay
from las_solver.check_rules import Chosen, Rules
from las_solver.check_validity import breaches
from las_solver.constraint import ANY, Requirement, parse_version
from las_solver.errors import InvalidInput
from las_solver.limit import Limit
from las_solver.model import Gpu, Host, ModuleVersion, Request
from las_solver.source import Source

__all__ = ["complaints_about_admission", "complaints_about_repairs"]

_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def complaints_about_repairs(document: Fields, source: Source, host: Host, request: Request) -> Iterator[str]:
    """What is wrong with the repairs of a conflict; nothing if there are none."""
    for repair in document.objects_or_none("repairs"):
        try:
            yield from _complaints(repair, source, host, request)
        except Malformed as error:
            yield str(error)


def _complaints(repair: Fields, source: Source, host: Host, request: Request) -> Iterator[str]:
    repair.text("text")
    changes = repair.objects("changes")
    if not changes:
        raise Malformed(f"{repair.place} changes nothing")
    changed_host, changed_request = _apply(changes, host, request)
    rules = Rules(Machine(source, changed_host), changed_request)
    if broken := sorted(Machine(source, host).staying_names - rules.machine.staying_names):
        yield f"{repair.place} breaks {', '.join(broken)}"
    chosen = _chosen(repair, rules)
    wrong = tuple(breaches(chosen, rules))
    yield from (f"{repair.place}.then: {complaint}" for complaint in wrong)
    if not wrong and (better := replay(rules, chosen)) is not None:
        yield f"{repair.place}.then is not the plan that the changes lead to: {better}"
    for place, change in enumerate(changes):
        less_host, less_request = _apply((*changes[:place], *changes[place + 1 :]), host, request)
        is_empty = not less_request.requirements and bool(request.requirements)  # that asks for nothing is no repair
        if not is_empty and _has_answer(Rules(Machine(source, less_host), less_request)):
            yield f"{change.place} is not needed for a plan"


def complaints_about_admission(step: Fields, source: Source, host: Host, request: Request) -> Iterator[str]:
    """What is wrong with the change that is said to admit a newer version of the module of a step, if there is one."""
    if not step.has("admitted_by") or step.get("admitted_by") is None:
        return
    admission = step.object("admitted_by")
    admission.text("text")
    changed_host, changed_request = _apply(admission.objects("changes"), host, request)
    rules = Rules(Machine(source, changed_host), changed_request)
    one = rules.find(step.text("module"), admission.version("version"))
    if one is None or one.version <= step.version("version"):
        yield f"{admission.place}.version is no newer version of {step.text('module')}"
    elif not _has_answer(rules, one):
        yield f"{admission.place}: no answer has {one} after the changes"


def _chosen(repair: Fields, rules: Rules) -> dict[str, ModuleVersion]:
    chosen = {}
    for step in repair.objects("then"):
        one = rules.find(step.text("module"), step.version("version"))
        if one is None:
            raise Malformed(f"{step.place}: there is no {step.text('module')} {step.text('version')}")
        if step.has("action") and step.text("action") != rules.action(one):
            raise Malformed(f"{step.place}.action of {one} should be {rules.action(one)!r}")
        chosen[one.name] = one
    return chosen


def _has_answer(rules: Rules, having: ModuleVersion | None = None) -> bool:
    """Whether there is a valid answer; one with `having`, if that is given."""
    encoding = encode_answers(rules)
    wanted = () if having is None else (having,)

    def is_admissible(chosen: Chosen) -> bool:
        return not any(rules.unadmitted(chosen)) and all(chosen.get(one.name) == one for one in wanted)

    try:
        if any(one not in encoding.literals(one.name) for one in wanted):
            return False
        assumed = [encoding.literal(one) for one in wanted]
        return encoding.find(assumed, rules.requested, is_admissible) is not None
    finally:
        encoding.close()


def _apply(changes: Sequence[Fields], host: Host, request: Request) -> tuple[Host, Request]:
    """`host` and `request` after `changes`; those of hardware come last, as cards are raised together."""
    hardware: dict[str, int] = {}
    added: list[Gpu] = []
    for change in changes:
        kind = change.text("kind")
        if kind == "hardware" and change.text("fact") == "card":
            _demand_have(change, len(host.gpus))
            added.append(Gpu(vram=_amount(change)))
        elif kind == "hardware":
            hardware[change.text("fact")] = _amount(change)
        elif kind == "runtime":
            host = replace(host, runtimes={**host.runtimes, change.text("name"): change.version("to")})
        elif kind == "interface":
            host = replace(host, interfaces=host.interfaces | {change.text("interface")})
        elif kind == "mode" and change.has("mode"):
            mode = change.text("mode")
            host = replace(host, modes=None if host.modes is None else host.modes | {mode})
            request = replace(request, modes=None if request.modes is None else request.modes | {mode})
        else:
            request = _asked(change, kind, request)
    if hardware:
        host = replace(
            host,
            cores=hardware.get("cores", host.cores),
            ram=hardware.get("ram", host.ram),
            gpus=tuple(_cards([card.vram for card in host.gpus], hardware)),
        )
    return replace(host, gpus=(*host.gpus, *added)), request


def _asked(change: Fields, kind: str, request: Request) -> Request:
    if kind == "pre-release":
        return replace(request, prereleases=True)
    if kind == "mode":
        freed = change.text("module")
        return replace(request, forced_modes={key: mode for key, mode in request.forced_modes.items() if key != freed})
    if kind == "installed":
        return replace(request, released=request.released | {change.text("module")})
    if kind == "locked":
        return replace(request, unlocked=request.unlocked | {change.text("module")})
    if kind == "requested" and change.text_or_null("requirement") is None:
        return replace(request, requirements=(*request.requirements, change.requirement("to")))
    if kind == "limit":
        return replace(request, limits=tuple(_limits(change, request)))
    if kind == "instead":
        return replace(request, requirements=tuple(_requirements(change, request)))
    requirement = change.requirement("requirement")
    if kind == "excluded":
        return replace(request, excluded=tuple(one for one in request.excluded if one != requirement))
    if kind == "pinned":
        return replace(request, pinned=tuple(one for one in request.pinned if one != requirement))
    if kind != "requested":
        raise Malformed(f"{change.place}.kind is unknown: {kind!r}")
    if change.text_or_null("to") is None:
        return replace(request, requirements=tuple(one for one in request.requirements if one.name != requirement.name))
    relaxed = [Requirement(one.name, ANY) if one == requirement else one for one in request.requirements]
    return replace(request, requirements=tuple(dict.fromkeys(relaxed)))


def _limits(change: Fields, request: Request) -> Iterator[Limit]:
    """The limits of `request`, of which one is raised."""
    name, to = change.text("limit"), change.integer("to")
    if all(one.name != name or one.at_most >= to for one in request.limits):
        raise Malformed(f"{change.place} raises no limit")
    for one in request.limits:
        if one.name == name:
            _demand_have(change, one.at_most)
        yield Limit(name, to, one.weigh) if one.name == name else one


def _requirements(change: Fields, request: Request) -> Iterator[Requirement]:
    """The requirements of `request`, with another module in place of one."""
    module, instead = change.text("module"), Requirement(change.text("to"), ANY)
    places = [place for place, one in enumerate(request.requirements) if one.name == module]
    if not places or any(one.name == instead.name for one in request.requirements):
        raise Malformed(f"{change.place} puts no other module in place of a requested one")
    for place, one in enumerate(request.requirements):
        if place == places[0]:
            yield instead
        elif one.name != module:
            yield one


def _demand_have(change: Fields, have: int) -> None:
    if change.integer("have") != have:
        raise Malformed(f"{change.place}.have should be {have}")


def _amount(change: Fields) -> int:
    """A number, or a size of section 1."""
    value = change.get("to")
    if isinstance(value, int):
        return value
    text = change.text("to").upper()
    unit = text.lstrip("0123456789.")
    try:
        number = parse_version(text.removesuffix(unit))
        whole, _, rest = str(number).partition(".")
        return int(int(whole + rest) * _UNITS[unit or "B"] // 10 ** len(rest))
    except (InvalidInput, KeyError, ValueError):
        raise Malformed(f"{change.place}.to is not an amount: {value!r}") from None


def _cards(vrams: list[int], hardware: dict[str, int]) -> Iterator[Gpu]:
    """The largest card raised to ``vram``; two of them for ``gpus``; and equal shares of ``total-vram`` over all."""
    vrams = sorted(vrams, reverse=True)
    if "vram" in hardware:
        vrams = [max([hardware["vram"], *vrams[:1]]), *vrams[1:]]
    while len(vrams) < 2 and ("gpus" in hardware or "total-vram" in hardware):
        vrams.append(max(vrams, default=0))
    together = hardware.get("total-vram", 0)
    if sum(vrams) < together:
        share = (together + len(vrams) - 1) // len(vrams)
        vrams = [max(vram, share) for vram in vrams]
    return (Gpu(vram=vram) for vram in vrams)
