"""Conflicts: why no valid answer exists, as a minimal set of statements that contradict each other.

Every statement gets a selector, a literal that switches it on. The modules are taken breadth-first from the
request, until the statements about them contradict each other; then statements are left out one by one, the
furthest from the request first, as long as the rest still does. Each step depends on what is true alone, never on
which core the SAT solver happened to find, so that the same problem gives the same core on every backend. This is
done for groups of statements first (all that a module says about another), and then for the statements of the
groups that are left, in a fresh solver.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

from las_solver.answer import find_cycles, leads, trim
from las_solver.constraint import ANY, Constraint, Requirement
from las_solver.cuts import cut_unadmitted
from las_solver.encode import Encoding
from las_solver.ground import completed, missing, statements_about
from las_solver.model import Request
from las_solver.problem import Domain, Need, Problem
from las_solver.sat import Sat, Stopped, never
from las_solver.statement import (
    Cycle,
    Dependency,
    Exclusion,
    HardwareLimit,
    InterfaceNeed,
    ModeLimit,
    NoVersion,
    PreRelease,
    Requested,
    RuntimeNeed,
    Span,
    Statement,
    UnknownModule,
    module_of,
    spans_of,
    target_of,
)

__all__ = ["Conflict", "explain_conflict"]

_NO_CYCLE = Cycle((), ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """No valid answer to `request` exists: the statements of `core` contradict each other.

    `minimal`: each of them is needed for that. It is False where a time limit kept some in that may not be; where it
    came before any contradiction was found, only the request is in `core`.
    """

    request: Request
    core: tuple[Statement, ...]
    minimal: bool

    @property
    def is_explained(self) -> bool:
        """Whether the statements of `core` are known to contradict each other."""
        return self.minimal or not all(isinstance(statement, Requested) for statement in self.core)


def explain_conflict(problem: Problem, backend: str, *, stop: Callable[[], bool] = never) -> Conflict:
    """The conflict of an unpruned `problem` without a valid answer; no longer reduced once `stop` answers True."""
    kept: list[Statement] = [Requested(one) for one in problem.request.requirements]
    minimal = False
    try:
        theory = _contradiction(problem, backend, stop)
        kept = theory.core()
        kept = theory.reduce()
        theory.close()
        theory = _Theory(problem, backend, kept, _itself, stop)
        if not theory.contradicts(theory.selectors):
            raise AssertionError("the statements of a core do not contradict each other")
        kept = theory.core()
        kept = theory.reduce()
        theory.close()
        minimal = True
        kept = _weakened(problem, backend, kept, stop)
    except Stopped:
        pass
    return Conflict(request=problem.request, core=_finished(problem, kept), minimal=minimal)


def _weakened(problem: Problem, backend: str, core: list[Statement], stop: Callable[[], bool]) -> list[Statement]:
    """A minimal core with fewer statements, where it does not matter which version of a module is needed.

    What several statements say about versions of one module and the same other module is said at once, without their
    constraints and of all neighbouring versions that need it, if that still contradicts the rest.
    """
    alike: dict[Hashable, list[Dependency | RuntimeNeed]] = {}
    for statement in core:
        if isinstance(statement, Dependency | RuntimeNeed):
            key = (type(statement), statement.span.module, statement.requirement.name)
            alike.setdefault(key, []).append(statement)
    for candidates in reversed(alike.values()):
        several = [one for one in candidates if one in core]
        if len(several) < 2 or len(merged := _merged(problem, several)) >= len(several):
            continue
        first = core.index(several[0])
        trial = [*core[:first], *merged, *(one for one in core[first:] if one not in several)]
        theory = _Theory(problem, backend, trial, _itself, stop)
        if theory.contradicts(theory.selectors):
            core = theory.reduce()
        theory.close()
    return core


def _merged(problem: Problem, several: list[Dependency | RuntimeNeed]) -> list[Dependency | RuntimeNeed]:
    """What `several` say, without constraints, of all neighbouring versions that say it, in few spans."""
    module, versions = several[0].span.module, several[0].span.versions
    anything = Requirement(several[0].requirement.name, ANY)
    field = "modules" if isinstance(several[0], Dependency) else "runtime"
    domain = problem.domain(module)
    saying = [
        rank
        for rank in range(len(domain))
        if any(need.field == field and need.name == anything.name for need in domain.needs(rank))
    ]
    merged: list[Dependency | RuntimeNeed] = []
    for span in spans_of(module, versions, saying):
        newest = next((one for one in several if span.low <= one.span.high <= span.high), None)
        if newest is not None:
            weaker = replace(newest, span=span, requirement=anything)
            if isinstance(weaker, RuntimeNeed):
                weaker = replace(weaker, oldest=_first_need(domain, span.low, anything.name).constraint)
            merged.append(weaker)
    return merged


def _first_need(domain: Domain, rank: int, name: str) -> Need:
    return next(need for need in domain.needs(rank) if need.field == "runtime" and need.name == name)


def _itself(statement: Statement) -> Hashable:
    return statement


def _group(statement: Statement) -> Hashable:
    """Statements of one group are kept or left out together at first."""
    match statement:
        case Dependency(span, requirement) | RuntimeNeed(span, requirement):
            return ("need", span.module, requirement.name)
        case Requested() | UnknownModule() | Cycle():
            return statement
        case _:
            return (type(statement).__name__, module_of(statement))


def _contradiction(problem: Problem, backend: str, stop: Callable[[], bool]) -> _Theory:
    """The theory of the modules nearest to the request whose statements contradict each other."""
    statements: dict[Statement, None] = {Requested(one): None for one in problem.request.requirements}
    for one in problem.request.requirements:
        _note_missing(problem, statements, one)
    seen: set[str] = set()
    layer = list(problem.requested)
    theory = _Theory(problem, backend, [*statements, _NO_CYCLE], _group, stop)
    while not theory.contradicts(theory.selectors):
        assert layer, "all statements together can be true, although no valid answer was found"
        fresh: dict[Statement, None] = {}
        following: dict[str, None] = {}
        seen.update(layer)
        for name in layer:
            if stop():
                raise Stopped
            for statement in statements_about(problem, name):
                fresh[statement] = None
                if (requirement := target_of(statement)) is not None:
                    _note_missing(problem, fresh, requirement)
                    following[requirement.name] = None
                elif isinstance(statement, InterfaceNeed):
                    following.update(dict.fromkeys(statement.providers))
        for statement in fresh:
            if statement not in statements:
                theory.add(statement)
        statements.update(fresh)
        layer = [name for name in following if name not in seen]
    return theory


def _note_missing(problem: Problem, statements: dict[Statement, None], requirement: Requirement) -> None:
    nothing = missing(problem, requirement)
    if nothing is not None:
        statements[nothing] = None


class _Theory:
    """Statements in a SAT solver, each switched on by the selector of its group."""

    def __init__(
        self,
        problem: Problem,
        backend: str,
        statements: Iterable[Statement],
        group: Callable[[Statement], Hashable],
        stop: Callable[[], bool],
    ) -> None:
        self._problem = problem
        self._sat = Sat(backend, stop=stop)
        self._encoding = Encoding(problem, self._sat)
        self._group = group
        self._statements: list[Statement] = []
        self._selector: dict[Hashable, int] = {}
        self._absent: dict[Hashable, int] = {}
        self._needs: dict[str, list[Dependency | RuntimeNeed]] = {}
        self._prereleases: dict[str, list[tuple[Span, int]]] = {}
        for statement in statements:
            self.add(statement)

    @property
    def selectors(self) -> tuple[int, ...]:
        """The selectors of all groups, in the order in which their first statements were added."""
        return tuple(self._selector.values())

    def close(self) -> None:
        self._sat.close()

    def add(self, statement: Statement) -> None:
        """Add the clauses of `statement`, unless its selector s is false: ``not s or what it says``."""
        self._statements.append(statement)
        group = self._group(statement)
        if group not in self._selector:
            self._selector[group] = self._sat.new_variable(phase=True)
        off = -self._selector[group]
        encoding = self._encoding
        match statement:
            case Requested(requirement):
                self._require((off,), requirement.name, requirement.constraint)
            case Dependency(span, requirement) | RuntimeNeed(span, requirement):
                self._needs.setdefault(span.module, []).append(statement)
                outside = encoding.outside(span.module, span.low, span.high)
                self._require((off, *outside), requirement.name, requirement.constraint)
            case HardwareLimit(span) | ModeLimit(span) | Exclusion(span):
                encoding.add((off, *encoding.outside(span.module, span.low, span.high)))
            case InterfaceNeed(span, interface, providers):
                able = [
                    literal
                    for provider in providers
                    for literal in encoding.any_inside(provider, self._problem.domain(provider).providing(interface))
                ]
                encoding.add((off, *encoding.outside(span.module, span.low, span.high), *able))
            case UnknownModule(module):
                encoding.add((off, -encoding.present(module)))
            case NoVersion(module, constraint):
                encoding.add((off, -self._met(module, constraint.text)))
            case PreRelease(span):
                self._prereleases.setdefault(span.module, []).append((span, off))
            case Cycle():
                pass

    def contradicts(self, assumed: Sequence[int]) -> bool:
        """Whether the statements whose selectors are `assumed` contradict each other."""
        active = set(assumed)
        is_plain = self._cycle_selector() not in active and not any(
            -off in active for spans in self._prereleases.values() for _, off in spans
        )
        while self._sat.solve(assumed):
            if is_plain:
                return False
            model = self._encoding.snapshot()
            chosen = {name: self._rank(name, rank) for name, rank in model.items() if len(self._problem.domain(name))}
            if not self._cut_cycles(chosen, active) and not self._cut_prereleases(chosen, active):
                return False
        return True

    def core(self) -> list[Statement]:
        """The statements whose selectors are in the core that was found last."""
        core = set(self._sat.core)
        return [statement for statement in self._statements if self._selector[self._group(statement)] in core]

    def reduce(self) -> list[Statement]:
        """The statements left after leaving out groups, the last first, as long as the rest still contradicts itself.

        Called after :meth:`contradicts` answered True. A core that the SAT solver finds on the way saves trials and
        changes nothing: what is not in the core can be left out.
        """
        ordered = sorted(self._selector.items(), key=lambda item: item[0] == self._group(_NO_CYCLE))
        kept = {selector: key for key, selector in ordered}
        core = set(self._sat.core)
        for selector in reversed(tuple(kept)):
            if selector in core:
                if not self.contradicts([other for other in kept if other != selector]):
                    continue
                core = set(self._sat.core)
            del kept[selector]
        groups = set(kept.values())
        return [statement for statement in self._statements if self._group(statement) in groups]

    def _require(self, condition: Sequence[int], name: str, constraint: Constraint) -> None:
        admitted = self._problem.admitted(name, constraint)
        if admitted:
            self._encoding.require(condition, name, admitted)
        elif len(self._problem.domain(name)):
            self._encoding.add((*condition, self._met(name, constraint.text)))
        else:
            self._encoding.add((*condition, self._encoding.present(name)))

    def _met(self, name: str, constraint: str) -> int:
        """The literal "a version of `name` that meets `constraint` is present", for a constraint that none meets."""
        key = (name, constraint)
        if key not in self._absent:
            self._absent[key] = self._sat.new_variable()
        return self._absent[key]

    def _rank(self, name: str, rank: int) -> int:
        domain = self._problem.domain(name)
        return rank if rank >= 0 else domain.best(((0, len(domain) - 1),))

    def _cycle_selector(self) -> int:
        """The selector of the demand that there is no circle; 0 where there is no such demand."""
        return self._selector.get(self._group(_NO_CYCLE), 0)

    def _cut_cycles(self, chosen: dict[str, int], active: set[int]) -> bool:
        """Forbid circles of the needs that active statements name, if `chosen` has any."""
        selector = self._cycle_selector()
        if selector not in active:
            return False
        off = -selector
        reasons: dict[tuple[str, str], Dependency | RuntimeNeed] = {}
        targets: dict[str, list[str]] = {name: [] for name in chosen}
        for name, rank in chosen.items():
            for need in self._needs.get(name, ()):
                target = need.requirement.name
                if (
                    need.span.low <= rank <= need.span.high
                    and target in chosen
                    and self._selector[self._group(need)] in active
                ):
                    reasons.setdefault((name, target), need)
                    targets[name].append(target)
        cycles = find_cycles(chosen, targets.__getitem__)
        for cycle in cycles:
            clause = [off]
            for edge in zip(cycle, [*cycle[1:], cycle[0]], strict=True):
                span = reasons[edge].span
                clause.append(-self._selector[self._group(reasons[edge])])
                clause.extend(self._encoding.outside(span.module, span.low, span.high))
            self._encoding.add(clause)
        if cycles:
            self._require_first(trim(chosen, targets.__getitem__), off)
        return bool(cycles)

    def _require_first(self, names: list[str], off: int) -> None:
        """If any of the modules `names` is present, one comes first, in no span of an active need of another of them.

        There can be exponentially many circles, too many to forbid each. With s for the selector of a need of n,
        and c for that of the demand that there is no circle::

            first(m) -> present(m)        not first(m) or not s or m outside span or not present(n)
            not c or not present(m) or first(m1) or first(m2) or ...
        """
        encoding = self._encoding
        members = frozenset(names)
        firsts = []
        for name in names:
            first = self._sat.new_variable(phase=False)
            firsts.append(first)
            encoding.add((-first, encoding.present(name)))
            for need in self._needs.get(name, ()):
                if need.requirement.name in members:
                    outside = encoding.outside(name, need.span.low, need.span.high)
                    target = encoding.present(need.requirement.name)
                    encoding.add((-first, -self._selector[self._group(need)], *outside, -target))
        for name in names:
            encoding.add((off, -encoding.present(name), *firsts))

    def _cut_prereleases(self, chosen: dict[str, int], active: set[int]) -> bool:
        def lifted(name: str, rank: int) -> int | None:
            for span, off in self._prereleases.get(name, ()):
                if span.low <= rank <= span.high and -off in active:
                    return off
            return None

        return bool(self._prereleases) and cut_unadmitted(self._encoding, chosen, {}, lifted)


def _finished(problem: Problem, statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """The statements of a core, each with what it only says beside the others; that there is no circle comes last."""
    needed = {one.requirement.name: one for one in statements if isinstance(one, Requested | Dependency)}
    finished = [
        replace(completed(problem, one), is_runtime=one.module not in needed) if isinstance(one, UnknownModule) else one
        for one in statements
        if one != _NO_CYCLE
    ]
    return (*finished, _circle_among(statements)) if _NO_CYCLE in statements else tuple(finished)


def _circle_among(statements: Sequence[Statement]) -> Cycle:
    """That there must be no circle, with the modules in one and their needs, as the other statements name them."""
    edges = {
        (statement.span.module, statement.requirement.name): None
        for statement in statements
        if isinstance(statement, Dependency | RuntimeNeed)
    }
    targets: dict[str, list[str]] = {}
    for name, target in edges:
        targets.setdefault(name, []).append(target)
        targets.setdefault(target, [])
    around = tuple((name, target) for name, target in edges if leads(targets, target, name))
    return replace(_NO_CYCLE, modules=tuple(sorted({name for name, _ in around})), edges=around)
