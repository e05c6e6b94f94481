"""An audit of a registry as people read it: what cannot be planned where, by cause, and what changed since another."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from las_cli.render.phrases import counted, in_short
from las_cli.render.terminal import printable
from las_cli.render.text import Paper, wrap

if TYPE_CHECKING:
    from las_registry.audit.difference import Change, Difference
    from las_registry.audit.findings import Audit, Cause, Failure, Told, Undecided

__all__ = ["render_audit", "render_difference"]

_MOST_CAUSES: Final = 10
_MOST_MODULES: Final = 4
_MOST_CHANGES: Final = 20
_MOST_NAMES: Final = 3
_EVERYTHING: Final = 1 << 62


def render_audit(audit: Audit, *, paper: Paper, everything: bool = False) -> str:
    """`audit` as text with a final line break; unless `everything`, the largest causes, and the first of each."""
    return "\n".join(_lines(audit, paper, everything)) + "\n"


def render_difference(difference: Difference, after: Audit, *, paper: Paper, everything: bool = False) -> str:
    """What changed until `after` as text with a final line break, and why what is lost is lost."""
    return "\n".join(_difference_lines(difference, after, paper, everything)) + "\n"


def _lines(audit: Audit, paper: Paper, everything: bool) -> Iterator[str]:
    hosts = tuple(sorted(audit.hosts))
    yield from wrap(_summary(audit), paper=paper, bold=True)
    shown = audit.causes if everything else audit.causes[:_MOST_CAUSES]
    for number, cause in enumerate(shown, 1):
        yield ""
        yield from _cause(cause, number, hosts, paper, everything)
    if more := audit.causes[len(shown) :]:
        yield ""
        plans = counted(sum(cause.size for cause in more), "plan")
        yield from wrap(f"{counted(len(more), 'smaller cause')} ({plans}): --all shows everything.", paper=paper)
    yield from _never(audit.never, paper, everything)
    if audit.undecided:
        yield ""
        yield from wrap("There was no time to find out about these; --timeout gives more:", paper=paper, bold=True)
        rows = [f"{one.module} {in_short(one.versions, 5)}{_where(one, hosts)}" for one in audit.undecided]
        yield from _bounded(rows, paper, "  ", _EVERYTHING if everything else _MOST_CHANGES)


def _summary(audit: Audit) -> str:
    """How many versions can be planned on how many hosts: each of them on each is a plan that exists or not."""
    plans = audit.size * len(audit.hosts)
    barred = sum(cause.size for cause in audit.causes)
    unknown = sum(len(one.versions) * len(one.hosts) for one in audit.undecided)
    what = f"{counted(audit.size, 'version')} of {counted(len(audit.modules), 'module')}"
    text = (
        f"{what} on {counted(len(audit.hosts), 'host')}: {plans - barred - unknown:,} of {counted(plans, 'plan')} exist"
    )
    if barred:
        text += f", {barred:,} {'does' if barred == 1 else 'do'} not, for {counted(len(audit.causes), 'cause')}"
    return text + (f", {unknown:,} undecided" if unknown else "")


def _cause(cause: Cause, number: int, hosts: Sequence[str], paper: Paper, everything: bool) -> Iterator[str]:
    versions = {(failure.module, version) for failure in cause.failures for version in failure.versions}
    some = {host for failure in cause.failures for host in failure.hosts}
    on = _on(some, hosts, _EVERYTHING if everything else _MOST_NAMES)
    title = f"{number}. bars {counted(len(versions), 'version')}{on}"
    yield from wrap(printable(title), paper=paper, indent="   ", bold=True)
    first, *more = cause.failures
    if more:
        yield from wrap(printable(f"e.g. {first.text} on {first.hosts[0]}:"), paper=paper, first="   ", indent="   ")
    yield from _statements(cause.statements, paper, "   ")
    rows = _every_failure(cause, hosts) if everything else _modules(cause, hosts)
    if len(rows) > 1 or len(first.core) > len(cause.statements):
        yield from wrap("bars:", paper=paper, first="   ")
        yield from _bounded(rows, paper, "     ", _EVERYTHING if everything else _MOST_MODULES)


def _every_failure(cause: Cause, hosts: Sequence[str]) -> list[str]:
    """A row for each range of versions that `cause` bars, with all hosts."""
    ranges: dict[str, set[str]] = {}
    for failure in cause.failures:
        ranges.setdefault(failure.text, set()).update(failure.hosts)
    return [f"{text}{_on(some, hosts, _EVERYTHING)}" for text, some in ranges.items()]


def _modules(cause: Cause, hosts: Sequence[str]) -> list[str]:
    """A row for each module that `cause` bars, those first of which it bars most."""
    modules: dict[str, list[Failure]] = {}
    for failure in cause.failures:
        modules.setdefault(failure.module, []).append(failure)
    rows = []
    for name, failures in modules.items():
        texts = list(dict.fromkeys(failure.text for failure in failures))
        versions = {version for failure in failures for version in failure.versions}
        what = texts[0] if len(texts) == 1 else f"{counted(len(versions), 'version')} of {name}"
        on = _on({host for failure in failures for host in failure.hosts}, hosts)
        rows.append((-sum(failure.size for failure in failures), name, f"{what}{on}"))
    return [row for _, _, row in sorted(rows)]


def _statements(statements: Iterable[Told], paper: Paper, margin: str) -> Iterator[str]:
    for one in statements:
        yield from wrap(printable(one.text), paper=paper, first=margin, indent=margin)
        if one.source:
            yield from wrap(printable(one.source), paper=paper, first=f"{margin}  ", indent=f"{margin}  ", dim=True)


def _never(never: Sequence[Failure], paper: Paper, everything: bool) -> Iterator[str]:
    if not never:
        return
    yield ""
    count = sum(len(failure.versions) for failure in never)
    yield from wrap(f"{counted(count, 'version')} that no host and no request can choose:", paper=paper, bold=True)
    shown = never if everything else never[:_MOST_CAUSES]
    for failure in shown:
        yield from wrap(printable(failure.text), paper=paper, first="- ", indent="  ")
        yield from _statements(failure.core, paper, "    ")
    if len(shown) < len(never):
        yield from wrap(f"- and {len(never) - len(shown):,} more: --all shows everything", paper=paper, indent="  ")


def _where(one: Undecided, hosts: Sequence[str]) -> str:
    return _on(one.hosts, hosts) if one.hosts else ", whether any host could choose it"


def _on(some: Collection[str], hosts: Sequence[str], most: int = _MOST_NAMES) -> str:
    """Which of all `hosts`, in few words after a space, at most so many names; nothing where there is but one."""
    if len(hosts) == 1:
        return ""
    others = [one for one in hosts if one not in some]
    if not others:
        return " everywhere"
    if len(some) <= max(most, _MOST_NAMES):
        return f" on {', '.join(sorted(some))}"
    if len(others) <= _MOST_NAMES:
        return f" everywhere but on {', '.join(others)}"
    return f" on {len(some)} of {len(hosts)} hosts"


def _bounded(rows: Sequence[str], paper: Paper, first: str, most: int) -> Iterator[str]:
    """The first of `rows`, and how many more there are."""
    indent = " " * (len(first) + 2)
    for row in rows[:most]:
        yield from wrap(printable(row), paper=paper, first=first, indent=indent)
    if len(rows) > most:
        yield from wrap(f"and {len(rows) - most:,} more: --all shows everything", paper=paper, first=first)


def _difference_lines(difference: Difference, after: Audit, paper: Paper, everything: bool) -> Iterator[str]:
    hosts = tuple(sorted(after.hosts))
    most = _EVERYTHING if everything else _MOST_CHANGES
    if not any((difference.lost, difference.gained, difference.added, difference.removed, difference.unknown)):
        yield from wrap("Nothing changed since the earlier audit.", paper=paper, bold=True)
        return
    yield from wrap("Since the earlier audit", paper=paper, bold=True)
    yield from _lost(difference.lost, after, hosts, paper, most)
    for title, changes, words in (
        ("Can be planned now, and could not", difference.gained, ""),
        ("New", difference.added, ", can be planned"),
        ("Gone", difference.removed, ", could be planned"),
        ("Not known, since time ran out", difference.unknown, ""),
    ):
        if changes:
            yield from wrap(f"{title}: {counted(len(changes), 'version')}", paper=paper)
            yield from _bounded([_change(one, hosts, words) for one in changes], paper, "  ", most)


def _lost(lost: Sequence[Change], after: Audit, hosts: Sequence[str], paper: Paper, most: int) -> Iterator[str]:
    """What is lost, each with the core where it is not that of the one before."""
    if not lost:
        return
    yield from wrap(f"Can be planned no more: {counted(len(lost), 'version')}", paper=paper, fg="red")
    cores = {
        (failure.module, version, host): failure.core
        for cause in after.causes
        for failure in cause.failures
        for version in failure.versions
        for host in failure.hosts
    }
    said: list[tuple[Told, ...]] = []
    for one in lost[:most]:
        why = list(dict.fromkeys(cores[one.module, one.version, host] for host in one.hosts))
        yield from wrap(printable(_change(one, hosts)), paper=paper, first="  ", indent="    ")
        for core in why if why != said else ():
            yield from _statements(core, paper, "      ")
        said = why
    if len(lost) > most:
        yield from wrap(f"and {len(lost) - most:,} more: --all shows everything", paper=paper, first="  ")


def _change(one: Change, hosts: Sequence[str], words: str = "") -> str:
    return f"{one.module} {one.version}{words}{_on(one.hosts, hosts) if one.hosts else ' nowhere'}"
