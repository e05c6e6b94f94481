"""Problems of one audit: each asks for one version of one module alone, and all share what was read for one host."""

from __future__ import annotations

from collections.abc import Mapping

from las_solver.constraint import Constraint
from las_solver.model import Request
from las_solver.problem import Problem
from las_solver.ranks import Intervals, intersect, intervals_of
from las_solver.shelf import Shelf

__all__ = ["AloneProblem", "ExplainedProblem"]


class AloneProblem(Problem):
    """Asks for the module that :meth:`ask` named last, at one rank of its domain.

    Domains stay from one question to the next: only that of the requested module depends on the request, and the
    versions that it has besides are in no answer. Pre-releases that only a request by name admits are asked for
    otherwise. `survivors` are the ranks that an answer may hold, with a bit for each; nothing needs others.
    """

    def __init__(self, shelf: Shelf, options: Request, survivors: Mapping[str, int]) -> None:
        super().__init__(shelf, options)
        self._survivors = survivors
        self._surviving: dict[str, Intervals] = {}
        self._asked: Intervals = ()

    def ask(self, name: str, rank: int) -> None:
        """From now on, ask for the module `name` at `rank`, and for nothing else."""
        self.requested = (name,)
        self._asked = ((rank, rank),)

    def request_ranks(self, name: str) -> Intervals:
        """The rank that is asked for."""
        return self._asked

    def admitted(self, name: str, constraint: Constraint) -> Intervals:
        """The ranks in the domain of `name` that `constraint` admits and an answer may hold."""
        surviving = self._surviving.get(name)
        if surviving is None:
            ranks = [rank for rank, bit in enumerate(reversed(f"{self._survivors[name]:b}")) if bit == "1"]
            surviving = self._surviving[name] = intervals_of(ranks)
        return intersect(self.domain(name).admitted(constraint), surviving)


class ExplainedProblem(Problem):
    """An unpruned problem that shares its domains with `base`, from which it differs in what is requested alone.

    That is right unless the request names a pre-release: then the pre-releases of that module are eligible.
    """

    def __init__(self, shelf: Shelf, request: Request, base: Problem) -> None:
        super().__init__(shelf, request, pruned=False)
        self._domains = base._domains
        self._needs = base._needs
