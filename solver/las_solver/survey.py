"""A survey of one module: which of its versions can be planned by themselves, and why the others cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from packaging.version import Version

from las_solver.constraint import Requirement
from las_solver.errors import OutOfTime
from las_solver.ranks import admitted_ranks
from las_solver.statement import Span, spans_of

if TYPE_CHECKING:
    from las_solver.conflict import Conflict

__all__ = ["Verdict", "survey"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of the versions of `span`, each requested by itself.

    `fits`: there is a plan with it; None if time ran out before that was known. Where it is False, `conflict` says why
    none of them has one.
    """

    span: Span
    fits: bool | None
    conflict: Conflict | None = None

    def to_dict(self) -> dict[str, Any]:
        """The verdict as plain values, ready for JSON (docs/embedding.md)."""
        conflict = None if self.conflict is None else self.conflict.to_dict()
        return {"versions": self.span.constraint, "fits": self.fits, "conflict": conflict}


def survey(
    versions: Sequence[Version],
    requirement: Requirement,
    has_plan: Callable[[Requirement], bool],
    explain: Callable[[Requirement], Conflict],
) -> Iterator[Verdict]:
    """Verdicts on those of `versions`, sorted from old to new, that `requirement` admits; the newest come first.

    Neighbours of the same fate are one verdict. `has_plan` may raise :class:`OutOfTime`; `explain` is asked about
    requirements that have no plan.
    """
    name, ordered = requirement.name, tuple(versions)

    def exactly(span: Span) -> Requirement:
        return Requirement.parse(f"{name}@{span.constraint}")

    def admitting_prereleases(span: Span) -> Requirement:
        """The versions of `span`, each as admitted as it is by itself, pre-releases, too."""
        requirement = exactly(span)
        if requirement.constraint.names_prerelease or not any(
            one.is_prerelease for one in ordered[span.low : span.high + 1]
        ):
            return requirement
        oldest = ordered[span.low]
        return Requirement.parse(f"{requirement},>={oldest.public}{'' if oldest.is_prerelease else '.dev0'}")

    def fate(rank: int) -> bool | None:
        try:
            return has_plan(exactly(Span(name, rank, rank, ordered)))
        except OutOfTime:
            return None

    for low, high in reversed(admitted_ranks(ordered, requirement.constraint)):
        for fits, ranks in groupby(range(high, low - 1, -1), fate):
            for span in spans_of(name, ordered, sorted(ranks)):
                yield Verdict(span, fits, explain(admitting_prereleases(span)) if fits is False else None)
