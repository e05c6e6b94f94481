"""The front door: :class:`Planner`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from packaging.version import Version

from las_solver.collection import collection_paused
from las_solver.errors import InvalidInput, OutOfTime
from las_solver.feasibility import allowed_mode
from las_solver.model import Host, ModuleVersion, Request, Strategy
from las_solver.newest import Newest
from las_solver.order import arrange, edges_of, edges_to_leaving, versions_of
from las_solver.plan import Plan, Step
from las_solver.problem import Problem
from las_solver.progress import OnProgress, Phase, Progress, watched
from las_solver.sat import BACKENDS, DEFAULT_BACKEND, Budget, Stopped, never
from las_solver.shelf import Shelf
from las_solver.source import Source

if TYPE_CHECKING:
    from las_solver.conflict import Conflict
    from las_solver.constraint import Requirement
    from las_solver.diagnosis import Diagnosis
    from las_solver.needs import Needs, NoHost
    from las_solver.statement import Statement
    from las_solver.survey import Verdict
    from las_solver.why import Why

__all__ = ["Planner"]

_NOTHING: Final = Request(requirements=())
_EXPLAINING: Final = 100_000
"""The SAT conflicts that the explanation of one request may cost."""


class Planner:
    """Plans for one host, from one source of modules.

    `backend` names the SAT solver (see :data:`las_solver.sat.BACKENDS`), `eager` encodes everything that could matter
    before solving instead of what a model touches, and `descent` allows the first try without a SAT solver. The three
    change the time that a plan takes, never the plan.
    """

    def __init__(
        self, source: Source, host: Host, *, backend: str = DEFAULT_BACKEND, eager: bool = False, descent: bool = True
    ) -> None:
        if backend not in BACKENDS:
            raise InvalidInput(f"there is no SAT backend {backend!r}", hint=f"there are {', '.join(BACKENDS)}")
        self._shelf = Shelf(source, host)
        self._backend = backend
        self._eager = eager
        self._descent = descent

    def plan(
        self,
        request: Request,
        *,
        stop: Callable[[], bool] = never,
        stop_explaining: Callable[[], bool] | None = None,
        held_back: bool = True,
        on_progress: OnProgress | None = None,
    ) -> Plan | Conflict:
        """The newest valid answer to `request` as a plan, or the statements that contradict each other.

        `stop` is asked often; once it answers True, the best plan so far is returned with ``optimal=False``, and
        :class:`las_solver.errors.OutOfTime` is raised if there is none. Once `stop_explaining` answers True, the
        statements of a conflict are no longer reduced to a minimal set, and no longer searched for what holds back
        single modules of a plan; by default that is `stop`. With `held_back` false, nothing is said of that.
        `on_progress` is told what is done. Raises :class:`las_solver.errors.InvalidInput` for a request for nothing.
        """
        with collection_paused():
            return self._answer(request, stop, stop_explaining or stop, held_back=held_back, on_progress=on_progress)

    def admit(self, plan: Plan, *, stop: Callable[[], bool] = never) -> Plan:
        """`plan`, which :meth:`plan` returned, with the cheapest change for each module that admits a newer version.

        Each is tried by planning anew. What merely stays as it is installed has none: asking for it is enough. Once
        `stop` answers True, further modules are left without one.
        """
        from las_solver.admission import find_admission  # a plan starts sooner without it

        def find(host: Host, request: Request) -> Plan | None:
            return self._on(host)._find(request, stop)

        steps = list(plan.steps)
        with collection_paused(), suppress(OutOfTime):
            for place, step in enumerate(plan.steps):
                if stop():
                    break
                if _may_be_admitted(step, plan):
                    admission = find_admission(step, plan, self._shelf.host, find)
                    steps[place] = replace(step, admitted_by=admission)
        return replace(plan, steps=tuple(steps))

    def diagnose(
        self,
        conflict: Conflict,
        *,
        smallest: bool = False,
        most_repairs: int = 5,
        stop: Callable[[], bool] = never,
        on_progress: OnProgress | None = None,
    ) -> Diagnosis:
        """What else there is to say of `conflict`, which :meth:`plan` returned: other conflicts, and repairs.

        `smallest`: look for a core of the least size. At most `most_repairs` repairs are looked for. Once `stop`
        answers True, or a budget in SAT conflicts is used up, what was found by then is returned. `on_progress` is
        told of each conflict and each repair.
        """
        from las_solver.diagnosis import diagnose  # a plan starts sooner without it

        def plan(host: Host, request: Request) -> Plan | None:
            found = self._on(host)._find(request, stop)
            if found is not None and not found.optimal:
                raise OutOfTime
            return found

        with collection_paused():
            return diagnose(
                self._shelf,
                conflict,
                plan=plan,
                smallest=smallest,
                most_repairs=most_repairs,
                stop=self._watched(stop, on_progress),
                on_progress=on_progress,
            )

    def has_plan(self, request: Request, *, stop: Callable[[], bool] = never) -> bool:
        """Whether :meth:`plan` would return a plan, found out without looking for the newest or for reasons.

        Raises :class:`las_solver.errors.OutOfTime` if `stop` answers True before that is known, and
        :class:`las_solver.errors.InvalidInput` for a request for nothing.
        """
        with collection_paused():
            problem, newest = self._optimisation(request, stop)
            with closing(problem):
                try:
                    return newest.exists()
                except Stopped:
                    raise OutOfTime from None

    def survey(
        self, requirement: Requirement, request: Request = _NOTHING, *, stop: Callable[[], bool] = never
    ) -> Iterator[Verdict]:
        """Which of the versions that `requirement` admits can be planned by themselves, and why the others cannot.

        Verdicts come newest first; neighbours of the same fate are one. Of `request` only the options count. Once
        `stop` answers True, versions are left undecided and conflicts unexplained.
        """
        from las_solver.survey import survey  # a plan starts sooner without it

        def has_plan(wanted: Requirement) -> bool:
            if stop():
                raise OutOfTime
            return self.has_plan(replace(request, requirements=(wanted,)), stop=stop)

        def explain(wanted: Requirement) -> Conflict:
            with collection_paused():
                return self._conflict(replace(request, requirements=(wanted,)), stop)

        return survey([one.version for one in self._shelf.versions(requirement.name)], requirement, has_plan, explain)

    def why(
        self,
        question: Requirement,
        request: Request,
        *,
        stop: Callable[[], bool] = never,
        stop_explaining: Callable[[], bool] | None = None,
    ) -> Why | Conflict:
        """Why the plan for `request` has the module of `question`, at a version that it admits, or why it has not.

        A conflict if `request` has no plan. `stop` and errors as in :meth:`plan`, for each plan that it takes.
        """
        from las_solver.why import explain_choice  # a plan starts sooner without it

        def answer(wanted: Request) -> Plan | Conflict:
            return self._answer(wanted, stop, stop_explaining or stop)

        with collection_paused():
            plan = self._answer(request, stop, stop_explaining or stop, held_back=True)
            if not isinstance(plan, Plan):
                return plan
            whole = Problem(self._shelf, request, pruned=False)
            return explain_choice(question, Problem(self._shelf, request), whole, plan, answer)

    def needs(
        self,
        request: Request,
        *,
        newest: bool = False,
        stop: Callable[[], bool] = never,
        stop_explaining: Callable[[], bool] | None = None,
        on_progress: OnProgress | None = None,
    ) -> Needs | NoHost:
        """The smallest hosts with a plan for `request`, and what upgrades of this one would buy.

        `newest`: only plans with every requested module at the newest final version
        that is requested. Once `stop` answers True, what was found by then is returned, and
        :class:`las_solver.errors.OutOfTime` is raised if that is not even a plan on this host or that it has none.
        Raises :class:`las_solver.errors.InvalidInput` for modules that run at the same time. `on_progress` is told of
        the modules that are read.
        """
        if request.together:
            raise InvalidInput(
                "the smallest hosts are not looked for where modules run at the same time",
                hint="ask for a plan on one host after the other; where there is none, its repairs say what would do",
            )
        from las_solver.needs import find_needs, only_newest  # a plan starts sooner without it

        def answer(host: Host, wanted: Request) -> Plan | None:
            return self._on(host)._find(wanted, stop)

        def explain(host: Host, wanted: Request) -> Conflict:
            return self._on(host)._conflict(wanted, stop_explaining or stop)

        with collection_paused():
            wanted = only_newest(self._shelf, request) if newest else request
            stop = self._watched(stop, on_progress)
            return find_needs(self._shelf, wanted, answer=answer, explain=explain, stop=stop)

    def newest(self, name: str) -> Version:
        """The newest final version of a module in the source, or the newest at all, or the one that is installed.

        Raises :class:`las_solver.errors.InvalidInput` if there is no such module.
        """
        if not self._shelf.versions(name):
            raise InvalidInput(f"there is no module {name!r}")
        return self._shelf.newest(name)

    def unneeded(self, plan: Plan, wanted: Collection[str]) -> tuple[str, ...]:
        """The installed modules that nobody needs any more once `plan` is carried out, in order of name.

        Those are neither `wanted` nor requested, and no module that is leads to them. What is invalid already and left
        alone is none of them, as no plan removes it; if it is wanted, it leads to what it needs.
        """
        from las_solver.unneeded import unneeded  # a plan starts sooner without it

        host = self._shelf.host
        there = {(step.module, step.version) for step in plan.steps if step.action != "remove"}
        named = {name for name, _ in there}
        present = [one for name in sorted(named) for one in self._shelf.versions(name) if (name, one.version) in there]
        alone = [host.installed[one.module] for one in plan.invalid if one.module not in named]
        roots = {*wanted, *(requirement.name for requirement in plan.request.requirements)}
        return tuple(
            name for name in unneeded((*present, *alone), roots, host) if name in named and name in host.installed
        )

    def _watched(self, stop: Callable[[], bool], on_progress: OnProgress | None) -> Callable[[], bool]:
        return watched(stop, {Phase.READING: self._shelf.count}, on_progress)

    def _on(self, host: Host) -> Planner:
        """A planner like this one for `host`."""
        return self if host is self._shelf.host else Planner(self._shelf.registry, host, backend=self._backend)

    def _optimisation(
        self, request: Request, stop: Callable[[], bool], on_progress: OnProgress | None = None
    ) -> tuple[Problem, Newest]:
        if not request.requirements and not self._shelf.host.installed:
            raise InvalidInput("nothing is requested", hint="name at least one module")
        made: list[Newest] = []
        counts = {Phase.READING: self._shelf.count, Phase.PROVING: lambda: sum(one.settled for one in made)}
        asked = watched(stop, counts, on_progress)
        problem = Problem(self._shelf, request)
        made.append(Newest(problem, self._backend, stop=asked, eager=self._eager, descent=self._descent))
        return problem, made[0]

    def _answer(
        self,
        request: Request,
        stop: Callable[[], bool],
        stop_explaining: Callable[[], bool],
        *,
        held_back: bool = False,
        on_progress: OnProgress | None = None,
    ) -> Plan | Conflict:
        plan = self._find(request, stop, stop_explaining if held_back else None, on_progress)
        return plan or self._conflict(request, self._watched(stop_explaining, on_progress))

    def _find(
        self,
        request: Request,
        stop: Callable[[], bool],
        stop_explaining: Callable[[], bool] | None = None,
        on_progress: OnProgress | None = None,
    ) -> Plan | None:
        """The newest valid answer as a plan, if there is any; with `stop_explaining`, also what holds it back."""
        problem, newest = self._optimisation(request, stop, on_progress)
        with closing(problem):
            try:
                outcome = newest.find()
            except Stopped:
                raise OutOfTime from None
            if outcome is None:
                return None
            held_back: dict[str, tuple[Statement, ...]] = {}
            chosen = versions_of(problem, outcome.modules)
            if stop_explaining is not None and any(one.version < problem.newest(name) for name, one in chosen.items()):
                from las_solver.held_back import find_reasons  # late: a plan that is the newest needs none

                held_back = find_reasons(
                    self._shelf, problem, outcome, stop=self._watched(stop_explaining, on_progress)
                )
                if on_progress is not None:
                    on_progress(Progress(Phase.EXPLAINING, len(held_back), len(held_back)))
            return _plan(problem, chosen, held_back, optimal=outcome.optimal)

    def _conflict(self, request: Request, stop: Callable[[], bool]) -> Conflict:
        from las_solver.conflict import explain_conflict  # a plan starts sooner without it

        return explain_conflict(Problem(self._shelf, request, pruned=False), Budget(_EXPLAINING, stop))


def _may_be_admitted(step: Step, plan: Plan) -> bool:
    """Whether to look for a change that admits a newer version of the module of `step`."""
    from las_solver.statement import Kept  # late, as few commands ask

    is_kept = all(isinstance(one, Kept) for one in step.held_back_by)
    return not is_kept and plan.request.strategy is not Strategy.LOWEST


def _plan(
    problem: Problem,
    chosen: Mapping[str, ModuleVersion],
    held_back: Mapping[str, tuple[Statement, ...]],
    *,
    optimal: bool,
) -> Plan:
    edges = edges_of(problem, chosen)
    leaving = [name for name in problem.installed.staying if name not in chosen]
    later = edges_to_leaving(problem, chosen, edges, leaving) if problem.installed.modules else {}
    after: dict[str, list[str]] = {name: [] for name in edges}
    for name in sorted(edges):
        for other in edges[name]:
            after[other].append(name)
    everything = {name: [*names, *later.get(name, ())] for name, names in edges.items()}
    everything.update((name, sorted(later.get(name, ()))) for name in leaving)
    steps = tuple(
        _step(problem, chosen[name], edges[name], after[name], later.get(name, ()), held_back.get(name, ()))
        if name in chosen
        else _removal(problem, name, later.get(name, ()))
        for name in arrange(everything)
    )
    if problem.request.together:
        steps = _placed(problem, chosen, steps)
    packages = sorted({package for step in steps for package in step.system_packages})
    return Plan(
        request=problem.request,
        steps=steps,
        optimal=optimal,
        system_packages=tuple(packages),
        explained=all(step.held_back_by or step.version >= step.newest or step.action == "remove" for step in steps),
        invalid=problem.installed.invalid,
    )


def _placed(problem: Problem, chosen: Mapping[str, ModuleVersion], steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """`steps`, each with its place on the graphics cards."""
    from las_solver.placement import place  # late, as few requests ask for it

    vram = next(one for one in problem.capacities if one.fact == "vram")
    placed = place({name: vram.load(one) for name, one in chosen.items()}, vram.cards)
    return tuple(replace(step, placement=placed[step.module]) if step.module in placed else step for step in steps)


def _step(
    problem: Problem,
    chosen: ModuleVersion,
    requires: Iterable[str],
    required_by: Iterable[str],
    after: Iterable[str],
    held_back_by: tuple[Statement, ...],
) -> Step:
    name = chosen.name
    newest = problem.newest(name)
    mode = allowed_mode(chosen, problem.host, problem.request)
    assert mode is not None, "a version without an allowed mode is not a candidate"
    installed = problem.installed.modules.get(name)
    return Step(
        module=name,
        version=chosen.version,
        category=chosen.category,
        action="install" if installed is None else _action(installed.version, chosen.version),
        mode=mode,
        requires=tuple(sorted(requires)),
        required_by=tuple(required_by),
        newest=newest,
        versions_behind=problem.behind(chosen),
        system_packages=_without(chosen.system_packages, problem.host.system_packages),
        source=chosen.source,
        checksum=chosen.checksum,
        installed=None if installed is None else installed.version,
        after=tuple(sorted(after)),
        held_back_by=held_back_by,
        ram=(chosen.hardware.ram_min or 0) if problem.request.together else None,
    )


def _action(installed: Version, chosen: Version) -> str:
    if installed is chosen or installed == chosen:  # most are the very same, and comparing takes longer
        return "keep"
    return "upgrade" if installed < chosen else "downgrade"


def _removal(problem: Problem, name: str, after: Iterable[str]) -> Step:
    removed = problem.installed.modules[name]
    return Step(
        module=name,
        version=removed.version,
        category=removed.category,
        action="remove",
        mode=None,
        requires=(),
        required_by=(),
        newest=problem.newest(name),
        versions_behind=0,
        system_packages=(),
        source=removed.source,
        checksum=removed.checksum,
        installed=removed.version,
        after=tuple(sorted(after)),
    )


def _without(packages: tuple[str, ...], known: frozenset[str]) -> tuple[str, ...]:
    """`packages`, each once, less those that are `known` to be installed."""
    return tuple([package for package in dict.fromkeys(packages) if package not in known]) if packages else ()
