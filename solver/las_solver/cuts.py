"""Clauses that are added only when a model breaks them: no cycles, and pre-releases admitted from within the answer.

Each is true of every valid answer (contract, section 4, items 7 and 9, and section 2), so adding it later changes
no verdict. Literals that *lift* a cut make it say nothing: the selectors of the statements that it stands for, or a
provider on trial.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from las_solver.answer import Answer, Demand, construct, is_admitted, reached
from las_solver.encode import Encoding
from las_solver.ranks import intervals_of

__all__ = ["cut_cycle", "cut_unadmitted", "require_admission"]


def cut_cycle(encoding: Encoding, answer: Answer, cycle: Sequence[str]) -> None:
    """Forbid a cycle of needs, for all neighbouring versions that need the same modules.

    For a cycle ``a -> b -> a``::

        a outside the run of versions that need b, or b outside the run of versions that need a
    """
    clause: list[int] = []
    for name, target in zip(cycle, [*cycle[1:], cycle[0]], strict=True):
        clause.extend(encoding.outside(name, *encoding.problem.domain(name).run_with_module(answer[name], target)))
    encoding.add(clause)


def require_first(encoding: Encoding, names: Iterable[str]) -> None:
    """If any of the modules `names` is present, one of them comes first: it is at a version that needs none of them.

    With the runs of versions of m1, m2, ... that need none of them::

        not present(m1) or first      not present(m2) or first      ...
        not first or m1 inside a run of its, or m2 inside a run of its, ...
    """
    members = frozenset(names := list(names))
    free: list[int] = []
    for name in names:
        domain = encoding.problem.domain(name)
        ranks = [rank for rank in range(len(domain)) if all(need.name not in members for need in domain.needs(rank))]
        free.extend(encoding.any_inside(name, intervals_of(ranks)))
    first = encoding.sat.new_variable(phase=False)
    encoding.add((-first, *free))
    for name in names:
        encoding.add((-encoding.present(name), first))


def cut_unadmitted(
    encoding: Encoding, answer: Answer, picks: Mapping[Demand, str], lifted: Callable[[str, int], int | None]
) -> bool:
    """Forbid what lets `answer` hold a conditional pre-release that nothing in it admits; False if there is none.

    `lifted` names the literal that lifts the check of a module at a rank; where it answers None, that is not checked.
    """
    problem = encoding.problem
    if not any(rank in problem.domain(name).conditional for name, rank in answer.items()):
        return False
    inside = reached(problem, answer)
    conditional = {
        name: literal
        for name, rank in inside.items()
        if rank in problem.domain(name).conditional and (literal := lifted(name, rank)) is not None
    }
    for name, literal in conditional.items():
        if not is_admitted(problem, answer, name):
            require_admission(encoding, name, [inside[name]], (literal,))
            return True
        if not is_admitted(problem, inside, name):
            _cut_unreached(encoding, answer, inside, name, literal)
            return True
    if not conditional or any(
        all(name not in modules or is_admitted(problem, modules, name) for name in conditional)
        for modules in construct(problem, inside, picks, encoding.sat.ask_stop)
    ):
        return False
    _cut_this(encoding, inside, tuple(conditional.values()))
    return True


def require_admission(encoding: Encoding, name: str, ranks: Iterable[int], lifted: Sequence[int] = ()) -> None:
    """A pre-release of `name` at one of the conditional `ranks` needs a module with an entry that names one.

    For a conditional rank r of m, with the runs of versions of modules that name a pre-release of m::

        m outside r..r, or x1 inside a run of its, or x2 inside a run of its, ...
    """
    problem = encoding.problem
    admitting = [
        literal
        for namer in sorted(problem.source.prerelease_namers(name))
        for literal in encoding.any_inside(namer, problem.domain(namer).naming_prerelease(name))
    ]
    for rank in ranks:
        encoding.add((*lifted, *encoding.outside(name, rank, rank), *admitting))


def _cut_unreached(encoding: Encoding, answer: Answer, inside: Answer, name: str, lifted: int) -> None:
    """What admits `name` is chosen but not reached: it has to be reached over an edge out of what is reached now."""
    problem = encoding.problem
    escapes = _escapes(encoding, inside)
    for namer in sorted(problem.source.prerelease_namers(name)):
        if namer not in inside and namer in answer:
            encoding.add((lifted, -encoding.present(namer), *escapes))


def _escapes(encoding: Encoding, inside: Answer) -> list[int]:
    """Literals of which one is true in every answer that reaches a module outside of `inside` from within."""
    problem = encoding.problem
    literals: list[int] = []

    def leads_on(target: str) -> bool:
        return target not in inside and len(problem.domain(target)) > 0

    roots = (*problem.requested, *problem.installed.staying)
    literals.extend(encoding.present(name) for name in filter(leads_on, roots))
    for name in inside:
        domain = problem.domain(name)
        targets = sorted({need.name for rank in range(len(domain)) for need in domain.needs(rank)})
        interfaces = sorted({interface for rank in range(len(domain)) for interface in domain.consumes(rank)})
        for target in filter(leads_on, targets):
            literals.extend(
                encoding.both(here, encoding.present(target))
                for here in encoding.any_inside(name, domain.needing(target))
            )
        for interface in interfaces:
            for provider in problem.providers(interface):
                if provider not in inside:
                    literals.extend(
                        encoding.both(here, there)
                        for here in encoding.any_inside(name, domain.consuming(interface))
                        for there in encoding.any_inside(provider, problem.domain(provider).providing(interface))
                    )
    return literals


def _cut_this(encoding: Encoding, inside: Answer, lifted: Sequence[int]) -> None:
    """No order of choosing providers among the modules `inside` admits what they hold: something has to differ.

    Neighbouring versions that need, consume, provide and name the same do not differ, unless they are conditional.
    """
    problem = encoding.problem
    clause = list(lifted)
    roots = (*problem.requested, *problem.installed.staying)
    clause.extend(encoding.present(name) for name in roots if name not in inside)
    for name, rank in inside.items():
        domain = problem.domain(name)
        clause.extend(encoding.outside(name, *domain.run_alike(rank)))
        missing = [need.name for need in domain.needs(rank) if need.name not in inside]
        clause.extend(encoding.present(name) for name in missing if len(problem.domain(name)))
        for interface in domain.consumes(rank):
            for provider in problem.providers(interface):
                if provider not in inside:
                    clause.extend(encoding.any_inside(provider, problem.domain(provider).providing(interface)))
    encoding.add(clause)
