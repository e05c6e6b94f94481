"""The request that the options of ``plan`` make, and the ways in which they can contradict each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import MappingProxyType

from las_solver.constraint import Requirement, check_name
from las_solver.errors import InvalidInput
from las_solver.model import Request, Strategy

__all__ = ["build_request"]


def build_request(
    *,
    modules: Sequence[str],
    strategy: str = "newest",
    prereleases: bool = False,
    modes: Sequence[str] = (),
    preferred: Sequence[str] = (),
    excluded: Sequence[str] = (),
) -> Request:
    """The request that these texts of the command line spell.

    `modules` and `excluded` are requirements, `modes` are ``MODE`` or ``MODULE=MODE``, `preferred` are names.
    Raises :class:`InvalidInput` where one cannot be read or two contradict each other. What is merely
    impossible, such as an excluded range that leaves no version, is for the planner to explain.
    """
    requirements = tuple(Requirement.parse(text) for text in modules)
    exclusions = tuple(Requirement.parse(text) for text in excluded)
    names = tuple(dict.fromkeys(check_name(text.strip()) for text in preferred))
    allowed, forced = _read_modes(modes)
    _refuse_banned((requirement.name for requirement in requirements), exclusions, "is requested")
    _refuse_banned(names, exclusions, "is preferred by --prefer")
    return Request(
        requirements=requirements,
        strategy=Strategy(strategy),
        prereleases=prereleases,
        modes=allowed,
        forced_modes=MappingProxyType(forced),
        preferred=names,
        excluded=exclusions,
    )


def _read_modes(texts: Iterable[str]) -> tuple[frozenset[str] | None, dict[str, str]]:
    """The allowed modes (None: any), and the forced mode of single modules."""
    allowed: set[str] = set()
    forced: dict[str, str] = {}
    for text in texts:
        module, equals, mode = (part.strip() for part in text.rpartition("="))
        if not mode or (equals and not module):
            raise InvalidInput(
                f"{text!r} is not a mode", hint="write --mode MODE, or --mode MODULE=MODE for one module"
            )
        if not equals:
            allowed.add(mode)
        elif forced.setdefault(check_name(module), mode) != mode:
            raise InvalidInput(f"--mode forces {module} into two modes: {forced[module]} and {mode}")
    for module, mode in forced.items():
        if allowed and mode not in allowed:
            raise InvalidInput(
                f"--mode {module}={mode} contradicts --mode {' --mode '.join(sorted(allowed))}",
                hint=f"add --mode {mode} to allow it, or leave one of them out",
            )
    return frozenset(allowed) if allowed else None, forced


def _refuse_banned(names: Iterable[str], exclusions: Iterable[Requirement], why: str) -> None:
    banned = {exclusion.name for exclusion in exclusions if not exclusion.constraint.text}
    for name in names:
        if name in banned:
            raise InvalidInput(
                f"{name} {why}, and --exclude {name} rules out every version of it",
                hint=f"leave one of them out, or exclude single versions: --exclude '{name}@<2'",
            )
