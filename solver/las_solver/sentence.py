"""Statements in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from las_solver.constraint import Requirement
from las_solver.feasibility import LacksHardware, LacksMode, Objection
from las_solver.lazy_dataclass import dataclass
from las_solver.size_text import size_beside, size_text
from las_solver.source import RejectedManifest, ShadowedModule
from las_solver.statement import (
    CapacityLimit,
    Chosen,
    Cycle,
    Dependency,
    Deprecation,
    Exclusion,
    Fewest,
    HardwareLimit,
    InterfaceNeed,
    Kept,
    LockLimit,
    ModeLimit,
    NoVersion,
    Picked,
    PinLimit,
    PreRelease,
    Requested,
    RuntimeNeed,
    Span,
    Statement,
    Staying,
    Total,
    UnknownModule,
)

__all__ = ["Subject", "listed", "objection_text", "sentence", "spelled", "subject_of"]

_MOST_NAMES = 8


@dataclass(frozen=True, slots=True)
class Subject:
    """The versions that a sentence is about, in words."""

    text: str
    is_plural: bool


def sentence(statement: Statement, subject: Subject | None = None) -> str:
    """What `statement` says, without a full stop; of `subject` instead of its own versions, where that is given."""
    match statement:
        case Requested(requirement):
            return f"you asked for {spelled(requirement)}"
        case Dependency(span, requirement):
            return f"{_all(subject or span, 'needs', 'need')} {spelled(requirement)}"
        case RuntimeNeed(span, requirement, have, _, oldest):
            need, name = _all(subject or span, "needs", "need"), requirement.name
            if have is None:
                return f"{need} the runtime {spelled(requirement)}, which this host does not provide"
            if oldest is None:
                return f"{need} the runtime {spelled(requirement)}, and this host has {have}"
            least = f"{span.versions[span.low]} needs {oldest}"
            return f"{need} another version of the runtime {name} than {have}, which this host has: {least}"
        case HardwareLimit(span, lack, _, at_least):
            least = "at least " if at_least and lack.fact != "gpus" else ""
            return f"{_all(subject or span, 'needs', 'need')} {least}{_hardware(lack)}"
        case ModeLimit(span, lack):
            return f"{_all(subject or span, 'runs', 'run')} only as {_modes(lack)}"
        case InterfaceNeed(span, interface, providers):
            by = f"which only {listed(providers, 'and')} can provide" if providers else _no_provider(statement)
            return f"{_all(subject or span, 'consumes', 'consume')} the interface {interface}, {by}"
        case Cycle(_, edges):
            return _circle(edges)
        case UnknownModule():
            return _unknown(statement)
        case NoVersion():
            return _no_version(statement)
        case PreRelease(span):
            are = _all(subject or span, "is a pre-release", "are pre-releases")
            them = "it" if are.endswith("a pre-release") else "them"
            return f"{are}, and nothing that is needed here names one of {span.module} (--pre admits {them})"
        case Exclusion(span, removes=True):
            return f"you asked to remove {span.module}"
        case Exclusion(span, requirement):
            return f"you excluded {spelled(requirement)}" + (
                "" if not requirement.constraint.text else f", which is {subject.text if subject else span}"
            )
        case Chosen(span):
            return f"{span} was chosen before"
        case Picked(module, interface, consumer):
            return f"{module} was chosen to provide the interface {interface} for {consumer}"
        case Total(_, None):
            return "you asked for the lowest versions"
        case Total():
            return _total(statement)
        case CapacityLimit():
            from las_solver.capacity_sentence import capacity_sentence  # late, as it needs some of this

            return capacity_sentence(statement)
        case _:
            return _about_installed(statement, subject)


def _about_installed(
    statement: Staying | PinLimit | LockLimit | Deprecation | Kept | Fewest, subject: Subject | None
) -> str:
    match statement:
        case Staying(span):
            return f"{span} is installed and has to stay, at this or another version"
        case PinLimit(span, requirement):
            about = subject or subject_of(span)
            if about.text == f"every version of {span.module}":
                return f"{span.module} is pinned to {requirement.constraint}, which no version of it is"
            not_that = _all(about, "is not that", "are not that")
            return f"{span.module} is pinned to {requirement.constraint}, and {not_that}"
        case LockLimit(span, None):
            return f"{span.module} is not in the lock"
        case LockLimit(span, locked):
            return f"the lock has {span.module} {locked}"
        case Deprecation(span):
            return _all(subject or span, "is deprecated here", "are deprecated here")
        case Kept(span):
            return f"{span} is installed, and what is installed changes only where that is needed"
        case Fewest():
            return _fewest(statement)
        case _:
            assert_never(statement)


def _fewest(fewest: Fewest) -> str:
    """For example: ``lib 1 is installed, and under --strategy keep nothing installed is to change``."""
    are = "is" if len(fewest.about) == 1 else "are"
    said = f"{listed([str(span) for span in fewest.about], 'and')} {are} installed, and " if fewest.about else ""
    if fewest.most == 0:
        how_many = "nothing installed is"
    elif fewest.most == 1:
        how_many = "no more than one installed module is"
    else:
        how_many = f"no more than {fewest.most} installed modules are"
    if fewest.what == "changes":
        return f"{said}under --strategy keep {how_many} to change"
    return f"{said}{how_many} to be removed"


def objection_text(objection: Objection) -> str:
    """Why a version is not valid by itself on a host, in words that follow it."""
    match objection:
        case LacksHardware():
            return f"it needs {_hardware(objection)}"
        case LacksMode():
            return f"it runs only as {_modes(objection)}"
        case _:
            raise AssertionError(f"{objection!r} is about a request")


def _total(total: Total) -> str:
    falls = [f"{module} from {newer} to {older}" for module, newer, older in total.falls]
    if total.instead > total.total:
        behind = "1 version behind" if total.instead == 1 else f"{total.instead} versions behind"
        cost = f"{behind} in total instead of {total.total or 'none'}"
    else:
        cost = "no fewer versions behind in total"
    return f"{total.module} {total.version} would take {listed(falls, 'and')}: {cost}"


def _all(about: Span | Subject, singular: str, plural: str) -> str:
    """`about` with what it does, which several versions do in the plural, but "every version of app" does not."""
    subject = about if isinstance(about, Subject) else subject_of(about)
    return f"{subject.text} {plural if subject.is_plural else singular}"


def subject_of(span: Span) -> Subject:
    """The versions of `span`, in words."""
    return Subject(str(span), span.low < span.high and len(span.versions) > span.high - span.low + 1)


def spelled(requirement: Requirement) -> str:
    return f"{requirement.name} {requirement.constraint}" if requirement.constraint.text else requirement.name


def _modes(lack: LacksMode) -> str:
    allowed = (
        f"only {listed(lack.allowed, 'and')} may be used"
        if lack.allowed
        else "no mode is allowed both here and by the request"
    )
    return f"{listed(lack.modes, 'or')}, and {allowed}"


def _hardware(lack: LacksHardware) -> str:
    match lack.fact:
        case "cores":
            have = "it is not known how many this host has" if lack.have is None else f"this host has {lack.have}"
            need = f"{lack.need} CPU core" if lack.need == 1 else f"{lack.need} CPU cores"
            return f"{need}, and {have}{_how_to_state(lack, 'cores=16')}"
        case "gpus":
            return f"two GPUs or more, and this host has {lack.have or 'none'}"
        case "ram":
            need, have = _sizes(lack)
            have = "it is not known how much this host has" if lack.have is None else f"this host has {have}"
            return f"{need} of memory, and {have}{_how_to_state(lack, 'ram=64GB')}"
        case "total-vram":
            need, have = _sizes(lack)
            return f"{need} of GPU memory, and all GPUs of this host together have {have}"
        case _:
            need, have = _sizes(lack)
            return f"{need} of GPU memory, and " + (
                f"the largest GPU of this host has {have}" if lack.have is not None else "this host has no GPU"
            )


def _how_to_state(lack: LacksHardware, example: str) -> str:
    return f" (state it with --assume {example})" if lack.have is None else ""


def _sizes(lack: LacksHardware) -> tuple[str, str]:
    """What is needed, exactly, and what there is."""
    return size_text(lack.need), size_beside(lack.have or 0, lack.need)


def _circle(edges: Sequence[tuple[str, str]]) -> str:
    if len(edges) == 1:
        return f"{edges[0][0]} cannot come before itself"
    if len(edges) == 2:
        return f"{edges[0][0]} and {edges[0][1]} need each other, so that neither can come first"
    needs = [f"{name} needs {target}" for name, target in edges]
    return f"{listed(needs, 'and')}: a circle, of which none can come first"


def _no_provider(need: InterfaceNeed) -> str:
    text = "which no other module provides"
    if need.rejected:
        return f"{text}; {need.rejected[0].module} would, but its manifest was rejected: {_mistakes(need.rejected)}"
    return f"{text}; did you mean {listed(need.suggestions, 'or')}?" if need.suggestions else text


def _unknown(unknown: UnknownModule) -> str:
    module = unknown.module
    beyond = _in_other_registries(unknown.shadowed)
    if unknown.is_runtime:
        text = f"no module provides the runtime {module} either"
        if unknown.rejected:
            return f"{text}, since its manifest was rejected: {_mistakes(unknown.rejected)}{beyond}"
        return text + (f"; did you mean {listed(unknown.suggestions, 'or')}?" if unknown.suggestions else beyond)
    if unknown.rejected:
        return f"no manifest of {module} can be used: {_mistakes(unknown.rejected)}{beyond}"
    if unknown.providers:
        return f"{module} is an interface, not a module; it is provided by {listed(unknown.providers, 'and')}"
    text = f"there is no module named {module}"
    if beyond:
        return text + beyond
    if unknown.suggestions:
        return f"{text}; did you mean {listed(unknown.suggestions, 'or')}?"
    if unknown.interfaces:
        return f"{text}, but an interface {listed(unknown.interfaces, 'or')}"
    return f"{text}, nor one of a similar name (las-solve registry search WORD finds modules)"


def _no_version(unmet: NoVersion) -> str:
    oldest, newest = unmet.versions[0], unmet.versions[-1]
    text = f"no version of {unmet.module} meets {unmet.constraint}: there "
    text += f"is only {newest}" if len(unmet.versions) == 1 else f"are {oldest} to {newest}"
    near = [version for version in (unmet.below, unmet.above) if version is not None]
    if any(version not in (oldest, newest) for version in near):
        text += f", the nearest {listed(list(map(str, near)), 'and')}"
    if unmet.prereleases:
        are = "is only a pre-release" if len(unmet.prereleases) == 1 else "are only pre-releases"
        text += f"; {listed(list(map(str, unmet.prereleases)), 'and')} {are} of {unmet.prereleases[0].base_version}"
    if unmet.rejected:
        version = unmet.rejected[0].version
        what = "another manifest of it" if version is None else f"{version} is there, but its manifest"
        text += f"; {what} was rejected: {_mistakes(unmet.rejected)}"
    return text + _in_other_registries(unmet.shadowed)


def _mistakes(rejected: Sequence[RejectedManifest]) -> str:
    more = f" (and {len(rejected) - 1} more)" if len(rejected) > 1 else ""
    return f"{rejected[0].place}: {rejected[0].reason}{more}"


def _in_other_registries(shadowed: Sequence[ShadowedModule]) -> str:
    if not shadowed:
        return ""
    first = shadowed[0]
    text = f"; {first.registry} has {listed(list(map(str, first.versions)), 'and')}"
    if first.rule is None:
        return f"{text}, but only the first registry with {first.module} counts for it"
    return f"{text}, but does not count for {first.rule}, by your registries.yaml"


def listed(names: Sequence[str], word: str) -> str:
    shown = [*names[:_MOST_NAMES], f"{len(names) - _MOST_NAMES} more"] if len(names) > _MOST_NAMES + 1 else list(names)
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} {word} {shown[-1]}"
