"""Smaller requests, machines and sets of modules with the same conflict or the same plan, by delta debugging.

What can be left out is tried in large pieces first and one by one in the end (Zeller and Hildebrandt, 2002), until no
single module, version, entry, specifier, fact or option can be left out alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from types import MappingProxyType

from packaging.version import Version

from las_solver.conflict import Conflict
from las_solver.constraint import Requirement
from las_solver.errors import InvalidInput, OutOfTime
from las_solver.model import ModuleVersion
from las_solver.pieces import CUTS, Cut
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.recording import RecordedSource, Recording
from las_solver.sat import never
from las_solver.statement import (
    CapacityLimit,
    Cycle,
    Fewest,
    HardwareLimit,
    InterfaceNeed,
    NoVersion,
    RuntimeNeed,
    Span,
    Statement,
    UnknownModule,
    module_of,
    target_of,
)

__all__ = ["Shrunk", "essence", "shrink"]


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A smaller `recording`; `minimal`: nothing alone can be left out of it. False where time ran out before."""

    recording: Recording
    minimal: bool


def essence(answer: Plan | Conflict) -> Hashable:
    """What makes two answers the same, whatever versions there are beside those that they are about.

    Of a conflict, the kinds of its statements with the modules, interfaces, facts of the host and suggestions that they
    name. Of a plan, its modules, versions, modes, actions and places on cards in order, what holds back each of them,
    and the modules that are installed and invalid.
    """
    if isinstance(answer, Conflict):
        return frozenset(map(_saying, answer.core))
    steps = tuple(
        (step.module, step.version, step.mode, step.action, step.placement, frozenset(map(_saying, step.held_back_by)))
        for step in answer.steps
    )
    return steps, tuple(one.module for one in answer.invalid)


def _saying(statement: Statement) -> Hashable:
    """What `statement` says, apart from versions of modules."""
    target = target_of(statement)
    about = (type(statement), module_of(statement), None if target is None else target.name)
    match statement:
        case RuntimeNeed(_, _, have):
            return about, have
        case HardwareLimit(_, lack):
            return about, lack.fact, lack.have
        case InterfaceNeed(_, interface):
            return about, interface, statement.suggestions, statement.rejected
        case Cycle(modules):
            return about, modules
        case Fewest(what, most):
            return about, what, most
        case CapacityLimit(fact, name, cards, shares):
            return about, fact, name, cards, frozenset(share.span.module for share in shares)
        case UnknownModule():
            named = (statement.suggestions, statement.providers, statement.interfaces)
            return about, named, statement.rejected, statement.shadowed
        case NoVersion():
            return about, bool(statement.prereleases), statement.rejected, statement.shadowed
        case _:
            return about


def shrink(
    recording: Recording,
    *,
    on_trial: Callable[[int], None] = lambda trials: None,
    stop: Callable[[], bool] = never,
) -> Shrunk:
    """The smallest recording that is found in the place of `recording`: nothing alone can be left out of it.

    The same input gives the same result, unless `stop` answers True before the end. `on_trial` is told how many were
    tried. Raises :class:`InvalidInput` where the answer is not known well enough to compare others with it, and
    :class:`OutOfTime` where it is not known at all.
    """
    answer = _answer(recording, stop)
    if answer is None:
        what = "there is no minimal conflict and no proven plan to compare others with"
        raise InvalidInput(f"nothing can be left out: {what}", hint="give it more time")
    search = _Search(_bare(recording, answer), essence(answer), on_trial, stop)
    try:
        search.begin(answer)
        while search.sweep():
            pass
    except OutOfTime:
        return Shrunk(search.recording, minimal=False)
    return Shrunk(search.recording, minimal=True)


def _answer(recording: Recording, stop: Callable[[], bool]) -> Plan | Conflict | None:
    """The answer, None if a limit cut it short."""
    answer = Planner(RecordedSource(recording), recording.host).plan(recording.request, stop=stop, stop_explaining=stop)
    is_certain = answer.minimal if isinstance(answer, Conflict) else answer.optimal and answer.explained
    return answer if is_certain else None


def _statements(answer: Plan | Conflict) -> Iterator[Statement]:
    if isinstance(answer, Conflict):
        yield from answer.core
    else:
        yield from (statement for step in answer.steps for statement in step.held_back_by)


def _named(answer: Plan | Conflict) -> Iterator[str]:
    """The modules that `answer` speaks of."""
    if isinstance(answer, Plan):
        yield from (step.module for step in answer.steps)
        yield from (one.module for one in answer.invalid)
    for statement in _statements(answer):
        yield module_of(statement)
        if (target := target_of(statement)) is not None:
            yield target.name
        if isinstance(statement, InterfaceNeed | UnknownModule):
            yield from statement.providers
        if isinstance(statement, CapacityLimit):
            yield from (share.span.module for share in statement.shares)


def _ends(answer: Plan | Conflict) -> tuple[dict[str, set[Version]], dict[str, set[Version]]]:
    """The newest and the oldest version of each range that `answer` speaks of, by module."""
    newest: dict[str, set[Version]] = {}
    oldest: dict[str, set[Version]] = {}
    if isinstance(answer, Plan):
        for step in answer.steps:
            for ends in (newest, oldest):
                ends.setdefault(step.module, set()).update((step.version, step.newest))
    for statement in _statements(answer):
        for span in _spans(statement):
            newest.setdefault(span.module, set()).add(span.versions[span.high])
            oldest.setdefault(span.module, set()).add(span.versions[span.low])
    return newest, oldest


def _spans(statement: Statement) -> Iterator[Span]:
    if isinstance(statement, CapacityLimit):
        yield from (share.span for share in statement.shares)
    elif isinstance(span := getattr(statement, "span", None), Span):
        yield span


def _with_only(recording: Recording, name: str, versions: Collection[Version]) -> Recording:
    several = recording.module_versions
    return replace(
        recording, module_versions=tuple(one for one in several if one.name != name or one.version in versions)
    )


def _bare(recording: Recording, answer: Plan | Conflict) -> Recording:
    """`recording` in canonical order, without what is only printed, and with names of its own for what `answer`
    suggests."""
    by_age = sorted(recording.module_versions, key=lambda one: one.version, reverse=True)
    newest_first = sorted(by_age, key=lambda one: one.name)
    unknown = [one for one in _statements(answer) if isinstance(one, UnknownModule)]
    unprovided = [one for one in _statements(answer) if isinstance(one, InterfaceNeed)]
    names = {name for one in unknown for name in one.suggestions}
    interfaces = {name for one in unknown for name in one.interfaces}
    interfaces.update(name for one in unprovided for name in one.suggestions)
    installed = recording.host.installed
    bare = {name: replace(installed[name], category="tool", checksum=None) for name in sorted(installed)}
    return replace(
        recording,
        host=replace(recording.host, installed=MappingProxyType(bare)),
        module_versions=tuple(replace(one, category="tool", checksum=None) for one in newest_first),
        names=tuple(sorted({*recording.names, *names})),
        interfaces=tuple(sorted({*recording.interfaces, *interfaces})),
    )


class _Search:
    """The smallest recording so far that has the answer that is wanted."""

    def __init__(
        self, recording: Recording, wanted: Hashable, on_trial: Callable[[int], None], stop: Callable[[], bool]
    ) -> None:
        self.recording = recording
        self._wanted = wanted
        self._on_trial = on_trial
        self._stop = stop
        self._trials = 0
        self._is_first = True

    def begin(self, answer: Plan | Conflict) -> None:
        """Tries to do with the modules that `answer` names and what they need of each other; then, of each of them,
        with one version of each range that the answer speaks of, the newest or the oldest."""
        named = frozenset(_named(answer))

        def among(entries: Iterable[Requirement]) -> tuple[Requirement, ...]:
            return tuple(entry for entry in entries if entry.name in named)

        def pared(several: Iterable[ModuleVersion]) -> Iterator[ModuleVersion]:
            for one in several:
                if one.name in named:
                    yield replace(one, requirements=among(one.requirements), runtimes=among(one.runtimes))

        recording = self.recording
        installed = MappingProxyType({one.name: one for one in pared(recording.host.installed.values())})
        trial = replace(
            recording,
            module_versions=tuple(pared(recording.module_versions)),
            host=replace(recording.host, installed=installed),
            request=replace(recording.request, requirements=among(recording.request.requirements)),
        )
        self._try(trial)
        newest, oldest = _ends(answer)
        for name in sorted(newest):
            any(self._try(_with_only(self.recording, name, ends[name])) for ends in (newest, oldest))

    def sweep(self) -> bool:
        """Leaves out what can be, in every way once; whether anything could."""
        before = self.recording
        for cut in CUTS:
            self._reduce(cut)
        self._is_first = False
        return self.recording != before

    def _reduce(self, cut: Cut) -> None:
        """Leaves out pieces of `cut`: at first half of them at a time, in the end one by one."""
        whole = self.recording
        left = list(cut.pieces(whole))
        size = max(len(left) // 2, 1) if self._is_first else 1
        while True:
            place, is_smaller = 0, False
            while place < len(left):
                kept = left[:place] + left[place + size :]
                if self._try(cut.keep(whole, frozenset(kept))):
                    left, is_smaller = kept, True
                else:
                    place += size
            if size == 1 and not is_smaller:
                return
            size = max(size // 2, 1)

    def _try(self, trial: Recording) -> bool:
        """Takes `trial` if it has the answer that is wanted."""
        if self._stop():
            raise OutOfTime
        if trial == self.recording:
            return True
        self._trials += 1
        self._on_trial(self._trials)
        if not trial.request.requirements and not trial.host.installed:
            return False
        answer = _answer(trial, self._stop)
        if answer is None or essence(answer) != self._wanted:
            return False
        self.recording = trial
        return True
