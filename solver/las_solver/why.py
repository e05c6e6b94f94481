"""Why a module is in the plan for a request, at that version, or why it is not: :func:`explain_choice`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from packaging.version import Version

from las_solver.absence import Absence, OtherProvider, absences
from las_solver.cause import Entry, Link, decisions_of, links_of, shortest
from las_solver.constraint import Requirement
from las_solver.model import Request
from las_solver.plan import Plan, Step
from las_solver.preference import Difference, Preference, differences, preference
from las_solver.problem import Problem

if TYPE_CHECKING:
    from las_solver.conflict import Conflict

__all__ = ["Bound", "Impossible", "Possible", "Present", "Why", "explain_choice"]

_MOST_CHAINS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What a module of the plan, or the request (`module` is None), says about the versions of another module.

    `oldest` and `newest` are the final versions of the registry between which it admits any, or all of its versions
    where it admits no final one.
    """

    module: str | None
    requirement: Requirement
    source: str
    oldest: Version
    newest: Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """The module that `question` asks about is `step` of `plan`, at a version that it admits.

    `chains` are the first of the `chain_count` shortest chains from a requested module; an empty one is the request.
    Where no requested module leads to it, `begins_installed`: they are from installed ones, of which it may be one.
    `bounds` are all that the plan's modules and the request say about its version, the narrowest first.
    """

    question: Requirement
    plan: Plan
    step: Step
    chains: tuple[tuple[Link, ...], ...]
    chain_count: int
    bounds: tuple[Bound, ...]
    begins_installed: bool = False

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values, ready for JSON (docs/documents.md); ``document_schema("why")`` describes them."""
        from las_solver.why_document import why_document

        return why_document(self.question, self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Possible:
    """What was asked about is not in `plan`, and could be: `other` is the plan for the request with `question` added.

    `step` is the module's step in `plan`, if it is there at another version; if it is not, `absences` are reasons.
    `preference` is what decided between the plans; None where `other` merely has more modules, and where a time limit
    cut the proof short. `preferring`: the module comes into the plan, too, if the caller prefers it as a provider.
    """

    question: Requirement
    plan: Plan
    step: Step | None
    other: Plan
    differences: tuple[Difference, ...]
    preference: Preference | None
    absences: tuple[Absence, ...] = ()
    preferring: bool = False

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values, ready for JSON (docs/documents.md); ``document_schema("why")`` describes them."""
        from las_solver.why_document import why_document

        return why_document(self.question, self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Impossible:
    """What was asked about is in no valid answer to the request, for the reasons of `conflict`.

    `step` is the module's step in `plan`, if it is there at another version.
    """

    question: Requirement
    plan: Plan
    step: Step | None
    conflict: Conflict

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values, ready for JSON (docs/documents.md); ``document_schema("why")`` describes them."""
        from las_solver.why_document import why_document

        return why_document(self.question, self)


Why = Present | Possible | Impossible


def explain_choice(
    question: Requirement,
    problem: Problem,
    whole: Problem,
    plan: Plan,
    answer: Callable[[Request], Plan | Conflict],
) -> Why:
    """Why `plan`, the answer to the pruned `problem`, has what `question` asks about, or why it has not.

    `whole` is the same problem unpruned; `answer` plans for other requests.
    """
    steps = {step.module: step for step in plan.steps if step.action != "remove"}
    ranks = {name: problem.domain(name).versions.index(step.version) for name, step in steps.items()}
    decisions = decisions_of(problem, ranks)
    step = steps.get(question.name)
    if step is not None and question.constraint.admits(step.version):
        links = links_of(problem, ranks, decisions)
        staying = [name for name in problem.installed.staying if name in ranks]
        chains, count = shortest(links, problem.requested, staying, step.module, _MOST_CHAINS)
        bounds = tuple(_bounds(whole, links, step.module))
        begin = chains[0][0].module if chains[0] else step.module
        return Present(
            question=question,
            plan=plan,
            step=step,
            chains=chains,
            chain_count=count,
            bounds=bounds,
            begins_installed=begin not in problem.requested,
        )
    request = problem.request
    other = answer(replace(request, requirements=(*request.requirements, question)))
    if not isinstance(other, Plan):
        return Impossible(question=question, plan=plan, step=step, conflict=other)
    proved = plan.optimal and other.optimal
    reasons = () if step is not None else absences(whole, decisions, plan, question)
    return Possible(
        question=question,
        plan=plan,
        step=step,
        other=other,
        differences=differences(decisions, plan, other),
        preference=preference(problem, whole, decisions, plan, other) if proved else None,
        absences=reasons,
        preferring=any(isinstance(one, OtherProvider) and one.providers for one in reasons)
        and _has(answer(replace(request, preferred=(question.name, *request.preferred))), question),
    )


def _has(answer: Plan | Conflict, question: Requirement) -> bool:
    return isinstance(answer, Plan) and any(
        step.module == question.name and question.constraint.admits(step.version) for step in answer.steps
    )


def _bounds(whole: Problem, links: Sequence[Link], name: str) -> list[Bound]:
    """What the request and the modules of a plan say about the versions of the module `name`, the narrowest first."""
    domain = whole.domain(name)
    said: list[tuple[str | None, Requirement, str]] = [
        (None, one, "the request") for one in whole.request.requirements if one.name == name
    ]
    said += [
        (link.module, reason.requirement, reason.source)
        for link in sorted(links, key=lambda one: one.module)
        for reason in link.reasons
        if link.target == name and isinstance(reason, Entry)
    ]
    bounds = []
    for module, requirement, source in said:
        admitted = [
            domain.versions[rank]
            for low, high in domain.admitted(requirement.constraint)
            for rank in range(low, high + 1)
        ]
        usual = [one for one in admitted if not one.is_prerelease] or admitted
        bounds.append(Bound(module=module, requirement=requirement, source=source, oldest=usual[0], newest=usual[-1]))
    if whole.lowest:
        return sorted(bounds, key=lambda one: one.oldest, reverse=True)
    return sorted(bounds, key=lambda one: one.newest)
