"""The independent checker: whether a printed plan or conflict is right, for a source and a host.

It shares no code with what plans. A plan is held against section 4 item by item, its fields against section 6, and
section 5 is replayed on an encoding and with a SAT solver of the checker's own (:mod:`las_solver.check_replay`). A
conflict is right if its statements are true, contradict each other, and none can be left out
(:mod:`las_solver.check_core`). An answer is hostile input: whatever is wrong with it is a complaint, never an
exception.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from las_solver.check_core import complaints_about_core
from las_solver.check_derivation import complaints_about_derivation
from las_solver.check_document import Fields, Malformed, read_request
from las_solver.check_held_back import complaints_about_held_back
from las_solver.check_machine import Machine
from las_solver.check_repairs import complaints_about_admission, complaints_about_repairs
from las_solver.check_replay import replay
from las_solver.check_rules import Rules
from las_solver.check_steps import complaints_about_steps
from las_solver.check_validity import breaches
from las_solver.limit import Limit
from las_solver.model import Host, ModuleVersion
from las_solver.source import Source

__all__ = ["check", "check_conflict", "check_plan"]


def check(
    document: Mapping[str, object], source: Source, host: Host, *, limits: Sequence[Limit] = ()
) -> tuple[str, ...]:
    """What is wrong with an answer, be it a plan or a conflict; empty if it is right.

    `document` is the decoded JSON of ``docs/documents.md``. That has only the names and bounds of the limits of its
    request, which have to be among `limits`.
    """
    try:
        status = Fields(document, "answer").text("status")
    except Malformed as error:
        return (str(error),)
    if status == "resolved":
        return check_plan(document, source, host, limits=limits)
    if status == "conflict":
        return check_conflict(document, source, host, limits=limits)
    return (f"answer.status is neither 'resolved' nor 'conflict': {status!r}",)


def check_plan(
    document: Mapping[str, object], source: Source, host: Host, *, limits: Sequence[Limit] = ()
) -> tuple[str, ...]:
    """What is wrong with a plan; empty if it is valid, and the newest unless it says that this is not proved."""
    try:
        fields = Fields(document, "answer")
        if fields.text("status") != "resolved":
            return ("answer.status is not 'resolved'",)
        rules = Rules(Machine(source, host), read_request(fields, limits))
        return tuple(_complaints_about_plan(fields, rules, source))
    except Malformed as error:
        return (str(error),)


def check_conflict(
    document: Mapping[str, object], source: Source, host: Host, *, limits: Sequence[Limit] = ()
) -> tuple[str, ...]:
    """What is wrong with a conflict; empty if its core proves it, and is minimal unless it says that it is not."""
    try:
        fields = Fields(document, "answer")
        if fields.text("status") != "conflict":
            return ("answer.status is not 'conflict'",)
        rules = Rules(Machine(source, host), read_request(fields, limits))
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
    chosen, removed = _read_steps(steps, rules)
    wrong = tuple(breaches(chosen, rules))
    yield from wrong
    gone = {name: rules.installed[name] for name in rules.staying if name not in chosen}
    if not wrong and removed != gone:
        yield f"answer.steps should remove {', '.join(map(str, gone.values())) or 'nothing'}"
    if wrong or removed != gone:
        return
    yield from complaints_about_steps(steps, chosen, removed, rules)
    packages = {package for one in chosen.values() for package in one.system_packages}
    if list(document.texts("system_packages")) != sorted(packages - rules.host.system_packages):
        yield "answer.system_packages are not those of the steps without those of the host"
    yield from _complaints_about_invalid(document, rules)
    if is_optimal and (better := replay(rules, chosen)) is not None:
        yield f"not the {rules.request.strategy.value} plan: {better}"
        return
    yield from complaints_about_held_back(document, rules, chosen)
    for step in steps:
        if step.text("module") in chosen:
            yield from complaints_about_admission(step, source, rules.host, rules.request)


def _read_steps(steps: Sequence[Fields], rules: Rules) -> tuple[dict[str, ModuleVersion], dict[str, ModuleVersion]]:
    """What is present after the steps, and what they remove."""
    chosen: dict[str, ModuleVersion] = {}
    removed: dict[str, ModuleVersion] = {}
    for step in steps:
        name = step.text("module")
        one = rules.find(name, step.version("version"))
        if one is None:
            raise Malformed(f"{step.place}: there is no {name} {step.text('version')}")
        if name in chosen or name in removed:
            raise Malformed(f"{step.place}: {name} is there twice")
        if step.has("action") and step.get("action") == "remove":
            removed[name] = one
        else:
            chosen[name] = one
    return chosen, removed


def _complaints_about_invalid(document: Fields, rules: Rules) -> Iterator[str]:
    """What is wrong with the modules that are said to be invalid already."""
    entries = document.objects_or_none("invalid")
    said = [(entry.text("module"), entry.text("version")) for entry in entries]
    if said != [(one.name, str(one.version)) for one in rules.machine.invalid]:
        yield f"answer.invalid should list {', '.join(map(str, rules.machine.invalid)) or 'nothing'}"
    for entry in entries:
        if not entry.text("reason").strip():
            yield f"{entry.place}.reason is empty"
