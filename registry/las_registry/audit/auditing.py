"""Audits of registries, by several processes, each going on where the last one was interrupted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Final

from las_registry.audit.findings import Audit
from las_registry.audit.journal import FileJournal, Journal, NoJournal
from las_registry.audit.part import IDEAL, Found, Part, Question, Work
from las_registry.audit.summing_up import Verdict, evident, sum_up, undecided_or_failing
from las_registry.compiled.opening import RELEASE
from las_registry.host.profile import host_from_document, profile_document
from las_registry.processes import can_start, executor, processors, uninterrupted
from las_registry.registry import Registry
from las_registry.user_directories import cache_directory
from las_solver.collection import collection_paused
from las_solver.constraint import ANY, Requirement
from las_solver.errors import InvalidInput, LasSolveError
from las_solver.model import Host
from las_solver.ranks import intervals_of

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = ["Progress", "audit", "host_digests"]

_PART: Final = 250
"""About how many versions a process looks at between two reports; so many are lost with an interruption."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How many verdicts (versions on hosts) are `done` of `total`, and how many of those are `resumed` from before.

    Once it is known which versions have no plan on any host, `total` grows by those that are then looked at again.
    """

    done: int
    total: int
    resumed: int


def audit(
    open_registry: Callable[[], Registry],
    hosts: Mapping[str, Host],
    *,
    wanted: Sequence[Requirement] | None = None,
    processes: int | None = None,
    seconds: float | None = None,
    fresh: bool = False,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> Audit:
    """The audit of the versions that one of `wanted` admits (of all, if None) of a registry, on each of `hosts`.

    `open_registry` is called by each process and can be pickled: ``partial(Registry.open, directories)``. By default
    there are as many `processes` as can run at a time. A version on a host may take so many `seconds` (None: any time)
    until it is undecided. Unless `fresh`, it goes on where one of the same registry and hosts was interrupted. Raises
    :class:`las_registry.problem.RegistryUnusable` like :meth:`Registry.open`, and
    :class:`las_solver.errors.InvalidInput` if there is no host, or no module of a name that is wanted.
    """
    if not hosts:
        raise InvalidInput("there is no host to audit the registry for", hint="name a directory with host profiles")
    with collection_paused():
        registry = open_registry()
        questions = _questions(registry, wanted)
        journal = _journal(registry, hosts, questions)
        if fresh:
            journal.end()
        documents = {name: profile_document(host) for name, host in hosts.items()}
        run = _Run(
            here=lambda: Work(registry, hosts, seconds),
            elsewhere=partial(_prepare, open_registry, registry.digest, documents, seconds),
            processes=processes or processors(),
            journal=journal,
            on_progress=on_progress,
        )
        verdicts = run.finish(_parts(sorted(hosts), questions))
        never = evident(verdicts)
        verdicts += [never, *run.finish(_parts([IDEAL], _nowhere(questions, verdicts, never)))]
        modules = {one.module: _numbers(registry, one) for one in questions}
        found = sum_up(registry, host_digests(hosts), modules, verdicts)
        journal.end()
        return found


def host_digests(hosts: Mapping[str, Host]) -> dict[str, str]:
    """What an audit knows `hosts` by: the digest of what the profile of each says, by name."""
    return {name: _digest(profile_document(host)) for name, host in hosts.items()}


def _questions(registry: Registry, wanted: Sequence[Requirement] | None) -> tuple[Question, ...]:
    """The versions in question, in order of module."""
    ranks: dict[str, set[int]] = {}
    everything = [Requirement(name, ANY) for name in registry.names()]
    for requirement in everything if wanted is None else wanted:
        module = registry.ranked(requirement.name)
        if module is None:
            raise InvalidInput(
                f"there is no module {requirement.name!r} in the registry", hint="look with las-solve list"
            )
        for low, high in module.admitted(requirement.constraint):
            ranks.setdefault(requirement.name, set()).update(range(low, high + 1))
    return tuple(Question(name, intervals_of(sorted(several))) for name, several in sorted(ranks.items()))


def _numbers(registry: Registry, question: Question) -> tuple[str, ...]:
    """The versions in question, from old to new."""
    module = registry.ranked(question.module)
    assert module is not None, "only modules that are there are in question"
    return tuple(str(module.versions[rank]) for low, high in question.ranks for rank in range(low, high + 1))


def _journal(registry: Registry, hosts: Mapping[str, Host], questions: Sequence[Question]) -> Journal:
    """What is kept of an audit of these versions on these hosts; nothing if there is no cache.

    Its key has everything that is in the results: what the manifests say, where they stand, and what does not count.
    """
    folder = cache_directory()
    if folder is None:
        return NoJournal()
    key = sha256()
    for one in (RELEASE, registry.digest, _digest({name: profile_document(host) for name, host in hosts.items()})):
        key.update(f"{one}\n".encode())
    for problem in registry.problems:
        key.update(f"{problem}\n".encode())
    for name in registry.names():
        for candidate in registry.versions(name):
            key.update(f"{name} {candidate.version} {candidate.source}\n".encode())
    for question in questions:
        key.update(f"{question.module} {question.ranks}\n".encode())
    return FileJournal(folder, key.hexdigest()[:32])


def _digest(document: object) -> str:
    """The digest of plain values."""
    return "sha256:" + sha256(json.dumps(document, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _parts(hosts: Sequence[str | None], questions: Iterable[Question]) -> list[Part]:
    """The questions about each of `hosts`, in parts of about the same size; one process looks at a host at a time."""
    lists: list[tuple[Question, ...]] = []
    several: list[Question] = []
    for question in _split(questions):
        several.append(question)
        if sum(one.size for one in several) >= _PART:
            lists.append(tuple(several))
            several = []
    if several:
        lists.append(tuple(several))
    return [Part(host, one) for host in hosts for one in lists]


def _split(questions: Iterable[Question]) -> Iterator[Question]:
    """The same questions, none about more versions than a part may have."""
    for module, ranks in questions:
        for low, high in ranks:
            for start in range(low, high + 1, _PART):
                yield Question(module, ((start, min(start + _PART - 1, high)),))


def _nowhere(questions: Iterable[Question], verdicts: Sequence[Verdict], never: Verdict) -> Iterator[Question]:
    """The versions in question that are not known to have a plan on any host, without those of `never`."""
    left = undecided_or_failing(verdicts)
    known = {(row.module, row.low) for row in never[1].rows}
    for module, _ in questions:
        if ranks := [rank for rank in sorted(left.get(module, ())) if (module, rank) not in known]:
            yield Question(module, intervals_of(ranks))


class _Run:
    """Finishes parts, here or in other processes: `here` makes what does that, `elsewhere` prepares a process."""

    def __init__(
        self,
        *,
        here: Callable[[], Work],
        elsewhere: Callable[[], None],
        processes: int,
        journal: Journal,
        on_progress: Callable[[Progress], None],
    ) -> None:
        self._here = here
        self._elsewhere = elsewhere
        self._processes = processes
        self._journal = journal
        self._known = journal.read()
        self._on_progress = on_progress
        self._done = self._total = self._resumed = 0

    def finish(self, parts: Sequence[Part]) -> list[Verdict]:
        """What becomes of `parts`, in their order; those that are known from before are not done again."""
        names = {part: part.name for part in parts}
        found: dict[Part, Found] = {}
        self._total += sum(part.size for part in parts)
        for part in parts:
            if names[part] in self._known:
                found[part] = Found.read(self._known[names[part]])
                self._done += part.size
                self._resumed += part.size
        self._tell()
        for part, document in self._do([part for part in parts if part not in found]):
            found[part] = Found.read(document)
            if found[part].is_final:
                self._journal.add(names[part], document)
            self._done += part.size
            self._tell()
        return [(part, found[part]) for part in parts]

    def _tell(self) -> None:
        self._on_progress(Progress(done=self._done, total=self._total, resumed=self._resumed))

    def _do(self, parts: Sequence[Part]) -> Iterator[tuple[Part, object]]:
        left = dict.fromkeys(parts)
        processes = min(self._processes, len(parts))
        if processes > 1 and can_start():
            for part, document in self._do_elsewhere(parts, processes):
                if document is not None:
                    del left[part]
                    yield part, document
        if left:
            work = self._here()
            for part in left:
                yield part, work.do(part).document

    def _do_elsewhere(self, parts: Sequence[Part], processes: int) -> Iterator[tuple[Part, object]]:
        """The results of other processes, as they come; none for some parts, if one of these was ended."""
        from concurrent.futures import FIRST_COMPLETED, wait
        from concurrent.futures.process import BrokenProcessPool

        waiting: dict[Future[object], Part] = {}
        left = iter(parts)
        with executor(processes, self._elsewhere) as pool, suppress(BrokenProcessPool, OSError):
            while True:
                for part in islice(left, 2 * processes - len(waiting)):
                    with uninterrupted():
                        waiting[pool.submit(_do, part)] = part
                if not waiting:
                    return
                done, _ = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    part = waiting.pop(future)
                    yield part, future.result()


_work: Work | None = None


def _prepare(
    open_registry: Callable[[], Registry], digest: str, hosts: Mapping[str, object], seconds: float | None
) -> None:
    """Prepares a process for its share of the audit of a registry with `digest`; not if that cannot be had any more."""
    global _work
    with suppress(LasSolveError):
        registry = open_registry()
        if registry.digest == digest:
            _work = Work(registry, {name: host_from_document(host) for name, host in hosts.items()}, seconds)


def _do(part: Part) -> object:
    """The result of a part; None if the process could not be prepared."""
    return None if _work is None else _work.do(part).document
