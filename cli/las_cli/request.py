"""The request that the options of ``plan`` make, and the ways in which they can contradict each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import MappingProxyType
from typing import Final

from las_solver.constraint import Requirement, check_name
from las_solver.errors import InvalidInput
from las_solver.model import Request, Strategy

__all__ = ["build_request"]

_LONGEST_SHOWN: Final = 80


def build_request(
    *,
    modules: Sequence[str],
    strategy: str = "newest",
    prereleases: bool = False,
    modes: Sequence[str] = (),
    preferred: Sequence[str] = (),
    excluded: Sequence[str] = (),
    pinned: Sequence[Requirement] = (),
    released: Sequence[str] = (),
    allow_removal: bool = False,
    together: bool = False,
) -> Request:
    """The request that these texts of the command line spell, with what the store says is `pinned`.

    `modules` and `excluded` are requirements, `modes` are ``MODE`` or ``MODULE=MODE``, `preferred` and `released` are
    names. Raises :class:`InvalidInput` where one cannot be read or two contradict each other. What is merely
    impossible, such as an excluded range that leaves no version, is for the planner to explain.
    """
    requirements = tuple(_requirement(text) for text in modules)
    exclusions = tuple(_requirement(text, option="--exclude") for text in excluded)
    names = tuple(dict.fromkeys(_name(text.strip(), option="--prefer") for text in preferred))
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
        pinned=tuple(pinned),
        released=frozenset(_name(text.strip(), option="--allow-removal-of") for text in released),
        allow_removal=allow_removal,
        together=together,
    )


def _read_modes(texts: Iterable[str]) -> tuple[frozenset[str] | None, dict[str, str]]:
    """The modes allowed for all modules (None: any), and the one that single modules are forced into in place of
    these."""
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
        elif forced.setdefault(_name(module, option="--mode"), mode) != mode:
            raise InvalidInput(
                f"--mode forces {module} into two modes: {forced[module]} and {mode}", hint="keep one of them"
            )
    return frozenset(allowed) if allowed else None, forced


def _requirement(text: str, option: str = "") -> Requirement:
    """The requirement that `text`, given to `option`, spells."""
    if text.startswith("@"):
        raise InvalidInput(f"no module stands before the '@' of {text!r}", hint=f"write for example app{text}")
    if text.endswith("@"):
        raise InvalidInput(
            f"nothing follows the '@' of {text!r}",
            hint="quote constraints, since < and > mean something else to a shell: 'app@>=1.2'",
        )
    try:
        return Requirement.parse(text)
    except InvalidInput as error:
        raise _placed(error, text, option) from None


def _name(text: str, option: str) -> str:
    """`text`, given to `option`, if it can be the name of a module."""
    try:
        return check_name(text)
    except InvalidInput as error:
        raise _placed(error, text, option) from None


def _placed(error: InvalidInput, text: str, option: str) -> InvalidInput:
    """`error` with the option and the whole text that it is about, as far as its message does not show them."""
    shows_all = repr(text) in error.message or len(text) > _LONGEST_SHOWN
    place = " ".join(part for part in (option, "" if shows_all else text) if part)
    return InvalidInput(f"{place}: {error.message}" if place else error.message, hint=error.hint)


def _refuse_banned(names: Iterable[str], exclusions: Iterable[Requirement], why: str) -> None:
    banned = {exclusion.name for exclusion in exclusions if not exclusion.constraint.text}
    for name in names:
        if name in banned:
            raise InvalidInput(
                f"{name} {why}, and --exclude {name} rules out every version of it",
                hint=f"leave one of them out, or exclude single versions: --exclude '{name}@<2'",
            )
