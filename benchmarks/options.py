"""How much to measure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["FULL", "QUICK", "Options"]

_CACHE = Path(".benchmarks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`processes` a subject and problem, `samples` a process, `limit` in seconds a call.

    `asked` are the problems that were named; where none is, a condition has its own. `registries` are the sizes of the
    registries that whole processes read, in versions, and `built` those that are compiled. `closures` are the numbers
    of modules that a request asked of them reaches, `growing` those whose growth is fitted. Generated registries and
    their indexes are kept in `cache`.
    """

    processes: int = 3
    samples: int = 20
    limit: float = 20.0
    asked: tuple[str, ...] = ()
    registries: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    built: tuple[int, ...] = (10_000, 100_000)
    closures: tuple[int, ...] = (50, 500, 5_000)
    growing: tuple[int, ...] = (50, 100, 200, 500, 1_000, 2_500, 5_000)
    is_quick: bool = False
    cache: Path = _CACHE

    @property
    def problems(self) -> tuple[str, ...]:
        """The problems of what has none of its own."""
        return self.asked or ("rails", "synthetic-1", "mild-1")

    @property
    def index_variables(self) -> dict[str, str]:
        """The environment in which commands find and keep the indexes of generated registries."""
        return {"LAS_SOLVE_CACHE": str(self.cache.absolute() / "indexes")}


FULL = Options()

QUICK = Options(
    processes=1,
    samples=5,
    limit=10.0,
    registries=(10_000,),
    built=(10_000,),
    closures=(50, 500),
    growing=(50, 100, 200, 500),
    is_quick=True,
)
"""A run of a few minutes: small sizes, few samples."""
