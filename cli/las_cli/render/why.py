"""Why a module is in a plan, or is not, as people read it: from the document that ``why --format json`` prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from las_cli.render.conflict import conflict_lines
from las_cli.render.phrases import counted
from las_cli.render.table import Column, render_table
from las_cli.render.terminal import display_width, printable
from las_cli.render.text import Paper, wrap
from las_solver.constraint import parse_version

__all__ = ["render_why"]

_ITEM: Final = "  - "
_MOST_ROWS: Final = 10
_MOST_NAMES: Final = 5
_MOST_LINKS, _FIRST_LINKS, _LAST_LINKS, _DEEPEST = 12, 5, 5, 6
_PLACES_OF_THEIR_OWN: Final = ("the plan", "the request", "the registry")

Document = Mapping[str, Any]


def render_why(document: Document, *, place: str, paper: Paper, commands: Mapping[str, str]) -> str:
    """`document` as text with a final line break; `place` says what it is for, like "on this machine".

    `commands` are those that ask for what is possible, if any can: ``request`` names the module, ``prefer`` prefers it.
    """
    match document["status"]:
        case "present":
            lines = _present(document, place, paper)
        case "possible":
            lines = _possible(document, place, paper, commands)
        case _:
            lines = _impossible(document, place, paper)
    return "\n".join(lines) + "\n"


def _asked(document: Document) -> str:
    """The module that was asked about, with the constraint."""
    name, _, constraint = str(document["question"]).partition("@")
    return printable(f"{name} {constraint}".strip())


def _plan(document: Document, place: str) -> str:
    requirements = dict.fromkeys(str(one).replace("@", " ", 1) for one in document["request"])
    return printable(f"{_listed(list(requirements), 'and')} {place}")


def _listed(names: Sequence[str], word: str) -> str:
    shown = list(names)
    if len(shown) > _MOST_NAMES + 1:
        shown[_MOST_NAMES:] = [f"{len(shown) - _MOST_NAMES} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} {word} {shown[-1]}"


def _is_lowest(document: Document) -> bool:
    return bool(document["options"]["strategy"] == "lowest")


# In the plan


def _present(document: Document, place: str, paper: Paper) -> Iterator[str]:
    chosen = printable(f"{document['module']} {document['version']}")
    yield from wrap(f"{chosen} is in the plan for {_plan(document, place)}, because", paper=paper, bold=True)
    yield from _tree(document, paper)
    yield ""
    yield from wrap(_standing(document["step"]), paper=paper)
    for statement in document["step"]["held_back_by"]:
        yield from _sourced(statement["text"], statement["source"], "  ", paper)
    if any("@" in row["requirement"] for row in document["constraints"]):
        yield ""
        yield from _constraints(document, paper)


def _tree(document: Document, paper: Paper) -> Iterator[str]:
    """The chains, each without what it begins with like the one before, and without the middle of a long one."""
    before: list[str] = []
    for chain in document["chains"]:
        start = chain[0]["module"] if chain else document["module"]
        names = [start, *(link["target"] for link in chain)]
        shared = next(
            (at for at, (one, other) in enumerate(zip(names, before, strict=False)) if one != other), len(before)
        )
        if not shared:
            is_installed = document["begins"] == "installed"
            yield f"  {printable(start)} is installed" if is_installed else f"  you asked for {printable(start)}"
        left_out = range(_FIRST_LINKS, len(chain) - _LAST_LINKS) if len(chain) > _MOST_LINKS else range(0)
        for at, link in enumerate(chain):
            indent = "    " * min(at + 1, _DEEPEST)
            if left_out and at == left_out.start and shared <= left_out.stop:
                yield f"{indent}... and so on, {len(left_out)} links"
            if at + 1 >= shared and at not in left_out:
                for reason in link["reasons"]:
                    yield from _sourced(reason["text"], reason["source"], indent, paper)
        before = names
    if document["begins"] == "installed" and not any(document["chains"]):
        name = printable(document["module"])
        yield from wrap(
            f"las-solve state show {name} says whether anything needs it.", paper=paper, first="  ", indent="  "
        )
    if document["more_chains"]:
        yield f"  and {document['more_chains']} more chains of the same length"


def _sourced(text: str, source: str, indent: str, paper: Paper) -> Iterator[str]:
    """A sentence, and where it stands: behind it if there is room, else below it."""
    lines = list(wrap(printable(text), paper=paper, first=indent, indent=f"{indent}  "))
    if source in _PLACES_OF_THEIR_OWN:
        yield from lines
        return
    shown = printable(source)
    if len(lines) == 1 and display_width(lines[0]) + 2 + display_width(shown) <= paper.width:
        yield f"{lines[0]}  {paper.style(shown, dim=True)}"
        return
    yield from lines
    yield from wrap(shown, paper=paper, first=f"{indent}  ", indent=f"{indent}  ", dim=True)


def _standing(step: Document) -> str:
    """How the version of a step stands to the newest one."""
    version, newest, behind = step["version"], step["newest"], step["versions_behind"]
    if version == newest:
        return f"{version} is the newest version."
    if parse_version(version) > parse_version(newest):
        return f"{version} is a pre-release; {newest} is the newest final version."
    if not step["held_back_by"]:
        return f"{newest} is the newest version; the time was up before it was known why it is not taken."
    place = f"this one is {behind} behind" if behind else "it is ruled out"
    return f"{newest} is the newest version; {place}, because"


def _constraints(document: Document, paper: Paper) -> Iterator[str]:
    """What is said about the module's version, the narrowest first."""
    rows = document["constraints"][:_MOST_ROWS]
    end, word = ("oldest", "FROM") if _is_lowest(document) else ("newest", "UP TO")
    columns = (
        Column(title="WHO SAYS", cells=tuple(printable(row["module"] or "you") for row in rows)),
        Column(
            title="CONSTRAINT", cells=tuple(printable(row["requirement"].partition("@")[2] or "any") for row in rows)
        ),
        Column(title=f"ADMITS {word}", cells=tuple(printable(row[end]) for row in rows)),
        Column(title="WHERE", cells=tuple(printable(row["source"]) for row in rows), rank=1),
    )
    yield from render_table(columns, width=paper.width, paint={"WHERE": lambda text, row: paper.style(text, dim=True)})
    more = len(document["constraints"]) - len(rows)
    if more:
        yield f"  and {counted(more, 'more constraint')} that {'admits' if more == 1 else 'admit'} as much or more"


# Not in the plan


def _possible(document: Document, place: str, paper: Paper, commands: Mapping[str, str]) -> Iterator[str]:
    name, plan = printable(str(document["module"])), _plan(document, place)
    then, version = printable(document["then"]), document["version"]
    if version is None:
        yield from wrap(f"{name} is not in the plan for {plan}, but {name} {then} could be", paper=paper, bold=True)
    else:
        heading = f"{name} {then} could be in the plan for {plan}, which has {name} {printable(version)}"
        yield from wrap(heading, paper=paper, bold=True)
    sentences = [one["text"] for one in document["reasons"] if not _is_decisive(one, document["decided_by"])]
    if version is None and not document["reasons"]:
        sentences = [f"nothing in the plan needs {name}, or an interface that only {name} provides"]
    for sentence in [*sentences, *_preference(document)]:
        yield from wrap(printable(sentence), paper=paper, first=_ITEM, indent=" " * len(_ITEM))
    yield ""
    yield from _changes(document, paper)
    if commands:
        yield ""
        if document["preferring"]:
            yield "To have it provide what is needed:"
            yield f"  {commands['prefer']}"
        yield "To ask for it:"
        yield f"  {commands['request']}"


def _is_decisive(reason: Document, decided: Document | None) -> bool:
    """Whether `reason` is about the provider that decided between the plans, which is said in other words then."""
    if decided is None or decided["kind"] != "provider" or reason["kind"] != "interface":
        return False
    return (reason["module"], reason["interface"]) == (decided["module"], decided["interface"])


def _preference(document: Document) -> Iterator[str]:
    """Why the plan is preferred to the one with what was asked about."""
    decided = document["decided_by"]
    if decided is None:
        if not document["optimal"]:
            yield "the time was up before it was known which of them is preferred"
        return
    match decided["kind"]:
        case "layer":
            yield _layer(document, decided)
        case "provider":
            why = "as you prefer it" if decided["provider"] in document["options"]["preferred"] else "by name"
            first = f"{decided['provider']} comes first of what could provide it, {why}"
            yield f"{decided['module']} consumes {decided['interface']}, and {first}"
        case "installed":
            are = "is installed and changes" if len(decided["modules"]) == 1 else "are installed and change"
            yield f"{_listed(decided['modules'], 'and')} {are} only where that is needed"
        case "changes" | "removals":
            what = "change" if decided["kind"] == "changes" else "be removed"
            then = f"{counted(decided['then_count'], 'installed module')} would {what}"
            named = f" ({_listed(decided['modules'], 'and')} too)" if decided["modules"] else ""
            yield f"{then}{named}, and in the plan {decided['count'] or 'none'}"
        case _:
            prerelease = f"{decided['module']} {decided['version']}"
            yield f"without {document['module']}, nothing admits the pre-release {prerelease}"


def _layer(document: Document, decided: Document) -> str:
    name, modules = document["module"], list(decided["modules"])
    extreme, worse = ("oldest", "too new") if _is_lowest(document) else ("newest", "behind")
    if modules == [name]:
        return f"of the versions of {name} that are possible, a plan takes the {extreme}"
    own = next((one["layer"] for one in document["changes"] if one["module"] == name), None)
    others = [one for one in modules if one != name]
    when = "together with" if own == decided["layer"] else "before"
    text = f"{_listed(others, 'and')} {'is' if len(others) == 1 else 'are'} decided {when} {name}"
    if decided["layer"] == 0 and own is None:
        text = f"{_listed(others, 'and')} {'is' if len(others) == 1 else 'are'} what you asked for"
    all_of_them = "" if len(modules) == 1 else "in all "
    then = counted(decided["then_behind"], "version")
    if decided["then_behind"] == decided["versions_behind"]:
        return f"{text}, and the first of these would be further {worse}"
    return f"{text}, and would be {all_of_them}{then} {worse}, not {decided['versions_behind']}"


def _changes(document: Document, paper: Paper) -> Iterator[str]:
    """The versions of both plans, where they differ."""
    changes = document["changes"]
    columns = (
        Column(title="MODULE", cells=tuple(printable(one["module"]) for one in changes)),
        Column(title="IN THE PLAN", cells=tuple(printable(one["from"] or "-") for one in changes)),
        Column(title=f"WITH {_asked(document)}", cells=tuple(printable(one["to"] or "-") for one in changes)),
    )
    yield from render_table(columns, width=paper.width)


def _impossible(document: Document, place: str, paper: Paper) -> Iterator[str]:
    asked, conflict = _asked(document), document["conflict"]
    requested = [one["requirement"] for one in conflict["core"] if one["kind"] == "requested"]
    by_itself = requested == [document["question"]]
    plan = f"any plan {printable(place)}" if by_itself else f"a plan for {_plan(document, place)}"
    yield from wrap(f"{asked} cannot be in {plan}, because", paper=paper, bold=True)
    yield from conflict_lines({**conflict, "derivation": [*_about_question(document)]}, paper)
    if document["version"] is not None:
        yield ""
        yield from wrap(f"The plan has {printable(document['module'])} {printable(document['version'])}.", paper=paper)


def _about_question(document: Document) -> Iterator[Document]:
    """The derivation of the conflict, in which what was asked about is not said to have been asked for."""
    core = document["conflict"]["core"]
    for line in document["conflict"]["derivation"]:
        asked = [(core[place]["kind"], core[place].get("requirement")) for place in line["statements"]]
        is_question = asked == [("requested", document["question"])]
        yield {**line, "text": line["text"].replace("asked for", "asked about", 1)} if is_question else line
