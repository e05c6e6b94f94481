"""The independent checker: whether a printed plan or conflict is right, for a source and a host.

It shares no code with what plans. A plan is held against section 4 item by item, its fields against section 6, and
section 5 is replayed on an encoding and with a SAT solver of the checker's own (:mod:`las_solver.check_replay`). A
conflict is right if its statements are true, contradict each other, and none can be left out
(:mod:`las_solver.check_core`). An answer is hostile input: whatever is wrong with it is a complaint, never an
exception.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from las_solver.check_core import complaints_about_core
from las_solver.check_derivation import complaints_about_derivation
from las_solver.check_document import Fields, Malformed, read_request
from las_solver.check_held_back import complaints_about_held_back
from las_solver.check_repairs import complaints_about_admission, complaints_about_repairs
from las_solver.check_replay import replay
from las_solver.check_rules import Chosen, Rules
from las_solver.check_validity import arranged, breaches
from las_solver.model import Host, ModuleVersion
from las_solver.source import Source

__all__ = ["check", "check_conflict", "check_plan"]


def check(document: Mapping[str, object], source: Source, host: Host) -> tuple[str, ...]:
    """What is wrong with an answer, be it a plan or a conflict; empty if it is right.

    `document` is the decoded JSON of ``docs/documents.md``.
    """
    try:
        status = Fields(document, "answer").text("status")
    except Malformed as error:
        return (str(error),)
    if status == "resolved":
        return check_plan(document, source, host)
    if status == "conflict":
        return check_conflict(document, source, host)
    return (f"answer.status is neither 'resolved' nor 'conflict': {status!r}",)


def check_plan(document: Mapping[str, object], source: Source, host: Host) -> tuple[str, ...]:
    """What is wrong with a plan; empty if it is valid, and the newest unless it says that this is not proved."""
    try:
        fields = Fields(document, "answer")
        if fields.text("status") != "resolved":
            return ("answer.status is not 'resolved'",)
        return tuple(_complaints_about_plan(fields, Rules(source, host, read_request(fields)), source))
    except Malformed as error:
        return (str(error),)


def check_conflict(document: Mapping[str, object], source: Source, host: Host) -> tuple[str, ...]:
    """What is wrong with a conflict; empty if its core proves it, and is minimal unless it says that it is not."""
    try:
        fields = Fields(document, "answer")
        if fields.text("status") != "conflict":
            return ("answer.status is not 'conflict'",)
        rules = Rules(source, host, read_request(fields))
        complaints: list[str] = []
        for conflict in (fields, *fields.objects_or_none("more")):
            conflict.text("explanation")
            wrong = complaints_about_core(conflict, rules)
            complaints.extend(wrong or complaints_about_derivation(conflict, rules))
        complaints.extend(complaints_about_repairs(fields, source, host, rules.request))
        return tuple(complaints)
    except Malformed as error:
        return (str(error),)


def _complaints_about_plan(document: Fields, rules: Rules, source: Source) -> Iterator[str]:
    is_optimal = document.boolean("optimal")
    steps = document.objects("steps")
    chosen: dict[str, ModuleVersion] = {}
    for step in steps:
        name = step.text("module")
        one = rules.find(name, step.version("version"))
        if one is None:
            raise Malformed(f"{step.place}: there is no {name} {step.text('version')}")
        if name in chosen:
            raise Malformed(f"{step.place}: {name} is there twice")
        chosen[name] = one
    wrong = tuple(breaches(chosen, rules))
    yield from wrong
    if wrong:
        return
    edges = _edges(chosen, rules)
    if list(chosen) != arranged(edges):
        yield f"the order of the steps should be {', '.join(arranged(edges))}"
    for step, one in zip(steps, chosen.values(), strict=True):
        yield from _complaints_about_step(step, one, edges, rules)
    packages = {package for one in chosen.values() for package in one.system_packages}
    if list(document.texts("system_packages")) != sorted(packages - rules.host.system_packages):
        yield "answer.system_packages are not those of the steps without those of the host"
    if is_optimal and (better := replay(rules, chosen)) is not None:
        yield f"not the {rules.request.strategy.value} plan: {better}"
        return
    yield from complaints_about_held_back(document, rules, source, chosen)
    for step in steps:
        yield from complaints_about_admission(step, source, rules.host, rules.request)


def _complaints_about_step(
    step: Fields, one: ModuleVersion, edges: Mapping[str, set[str]], rules: Rules
) -> Iterator[str]:
    """What section 6 says against the fields of a step."""
    expected: dict[str, object] = {
        "version": str(one.version),
        "category": one.category,
        "action": "install",
        "mode": rules.mode(one),
        "newest": str(rules.newest(one.name).version),
        "source": one.source,
    }
    lists = {
        "requires": sorted(edges[one.name]),
        "required_by": sorted(name for name in edges if one.name in edges[name]),
        "system_packages": [name for name in one.system_packages if name not in rules.host.system_packages],
    }
    for key, value in expected.items():
        if step.text(key) != value:
            yield f"{step.place}.{key} of {one} should be {value!r}"
    for key, values in lists.items():
        if list(step.texts(key)) != values:
            yield f"{step.place}.{key} of {one} should be {values!r}"
    if step.text_or_null("checksum") != one.checksum:
        yield f"{step.place}.checksum of {one} should be {one.checksum!r}"
    behind = step.get("versions_behind")
    if type(behind) is not int or behind != rules.versions_behind(one):
        yield f"{step.place}.versions_behind of {one} should be {rules.versions_behind(one)}"


def _edges(chosen: Chosen, rules: Rules) -> dict[str, set[str]]:
    """What each step comes after: what it needs; and providers, as far as that makes no cycle (section 6)."""
    edges = {name: {need.name for need in rules.needs(one)} for name, one in chosen.items()}
    by_interface: dict[str, set[str]] = {}
    for name, one in chosen.items():
        for interface in one.provides:
            by_interface.setdefault(interface, set()).add(name)
    for consumer in sorted(chosen):
        providers = {
            provider
            for interface in rules.open_interfaces(chosen[consumer])
            for provider in by_interface.get(interface, ())
        }
        for provider in sorted(providers - {consumer} - edges[consumer]):
            if not _leads_to(provider, consumer, edges):
                edges[consumer].add(provider)
    return edges


def _leads_to(start: str, end: str, edges: Mapping[str, set[str]]) -> bool:
    seen = {start}
    stack = [start]
    while stack:
        new = edges[stack.pop()] - seen
        seen |= new
        stack.extend(new)
    return end in seen
