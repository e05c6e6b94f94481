"""What a request needs of a machine, as people read it: from the document that ``needs --format json`` prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from las_cli.render.table import Column, Painter, render_table
from las_cli.render.terminal import printable
from las_cli.render.text import Paper, wrap
from las_registry.size import parse_size
from las_solver.size_text import size_beside, size_text

__all__ = ["render_needs"]

_NOTHING: Final = "-"
_GB: Final = 1000**3
_SIZES: Final = ("vram", "total_vram", "ram")
_MOST_CHANGES: Final = 5
_MOST_ALTERNATIVES: Final = 3
_TOGETHER: Final = "VRAM together"
_FACTS: Final = {"cores": "cores", "ram": "RAM", "gpus": "GPUs", "vram": "VRAM", "total-vram": _TOGETHER}
_MORE: Final = {
    "cores": "more CPU cores (up to {to})",
    "ram": "more memory (up to {to})",
    "vram": "a larger GPU (up to {to})",
    "gpus": "a second GPU",
    "total-vram": "more GPU memory together (up to {to})",
}
_FIRST_CARD: Final = "a GPU (up to {to})"

Document = Mapping[str, Any]


def render_needs(document: Document, *, place: str, paper: Paper) -> str:
    """`document` as text with a final line break; `place` says where this machine is, like "on this machine"."""
    return "\n".join(_lines(document, place, paper)) + "\n"


def _lines(document: Document, place: str, paper: Paper) -> Iterator[str]:
    asked = _listed([str(one).replace("@", " ", 1) for one in document["request"]])
    verb = "needs" if len(document["request"]) == 1 else "need"
    yield from wrap(printable(f"What {asked} {verb} of a machine"), paper=paper, bold=True)
    minimums = document["minimums"]
    if minimums:
        yield from wrap(_claim(document), paper=paper)
        yield ""
        yield from _table(document, paper)
    if not document["complete"]:
        yield ""
        yield from wrap("A limit cut the search short: there may be more than is said here.", paper=paper)
    yield ""
    yield from _verdict(document, place, paper)
    yield from _upgrades(document, paper)


def _requested(document: Document) -> set[str]:
    return {str(one).partition("@")[0] for one in document["request"]}


def _claim(document: Document) -> str:
    minimums = document["minimums"]
    which = f"{'Each of these machines' if len(minimums) > 1 else 'A machine like this'} will do, and nothing less"
    if not any(minimums[0][fact] for fact in ("gpus", *_SIZES, "cores")) and not any(minimums[0]["runtimes"]):
        which = "Any machine will do"
    kept = "Modes and interfaces are those of this machine."
    return f"{which}, as far as manifests state it: real use may need more. {kept}"


def _table(document: Document, paper: Paper) -> Iterator[str]:
    """The smallest machines, a row each, and this machine below them."""
    rows = document["minimums"]
    all_rows = [*rows, {**document["have"], "then": document["then"] or []}]
    requested = _requested(document)
    titles = {"gpus": "GPUS", "vram": "VRAM", "total_vram": "TOGETHER", "ram": "RAM", "cores": "CORES"}
    if not any(row["total_vram"] for row in rows):
        del titles["total_vram"]
    columns = []
    for fact, title in titles.items():
        cells = _sizes(all_rows, fact) if fact in _SIZES else tuple(str(row[fact] or _NOTHING) for row in all_rows)
        is_needed = any(row[fact] for row in rows)
        columns.append(Column(title=title, cells=cells, rank=0 if is_needed else 2, least=paper.width))
    columns += [
        Column(title="RUNTIMES", cells=(*map(_runtimes, rows), _own_runtimes(document["have"])), least=16),
        Column(title="NEWEST PLAN THERE", cells=tuple(_plan(row["then"], requested) for row in all_rows), rank=1),
        Column(title="THIS MACHINE", cells=(*map(_standing, rows), "has this"), least=paper.width),
    ]

    def paint(text: str, row: int) -> str:
        return paper.style(text, dim=True) if row < 0 else paper.style(text, bold=row == len(rows))

    def paint_standing(text: str, row: int) -> str:
        if not 0 <= row < len(rows):
            return paint(text, row)
        return paper.style(text, fg="yellow" if rows[row]["lacks"] else "green")

    painters: dict[str, Painter] = {column.title: paint for column in columns}
    yield from render_table(columns, width=paper.width, paint={**painters, "THIS MACHINE": paint_standing})


def _sizes(rows: Sequence[Document], fact: str) -> tuple[str, ...]:
    """Sizes exactly as needed, and that of the last row, this machine, rounded in the unit of the largest of them."""
    *needed, own = (parse_size(row[fact]) if row[fact] else 0 for row in rows)
    beside = max(needed, default=0) or _GB
    cells = [size_text(size) if size else _NOTHING for size in needed]
    return (*cells, size_beside(own, beside) if own else _NOTHING)


def _runtimes(row: Document) -> str:
    """The runtimes of a smallest machine, each with the versions that will do; alternatives only if they are short."""
    several = [each for each in row["runtimes"] if len(each) == len(row["runtimes"][0])]
    shown = [" and ".join(f"{one['name']} {one['constraint']}".strip() for one in each) for each in several]
    more = ["..."] if len(row["runtimes"]) > len(shown[:_MOST_ALTERNATIVES]) else []
    return printable(" or ".join([*shown[:_MOST_ALTERNATIVES], *more])) or _NOTHING


def _own_runtimes(have: Document) -> str:
    shown = [f"{one['name']} {one['version']}" for one in have["runtimes"] if one["version"]]
    return printable(", ".join(shown)) or _NOTHING


def _plan(then: Sequence[Document], requested: set[str]) -> str:
    chosen = [f"{one['module']} {one['version']}" for one in then if one["module"] in requested]
    return printable(", ".join(chosen)) or "none"


def _standing(row: Document) -> str:
    """How this machine stands to a smallest one."""
    if not row["lacks"]:
        return "will do"
    facts = [_FACTS.get(one, one.removeprefix("runtime.")) for one in row["lacks"]]
    if "VRAM" in facts and _TOGETHER in facts:
        facts.remove(_TOGETHER)
    return printable(f"lacks {', '.join(facts)}")


def _verdict(document: Document, place: str, paper: Paper) -> Iterator[str]:
    requested = _requested(document)
    if document["then"] is None:
        text = f"There is no plan {place}."
    else:
        text = f"There is a plan {place}, with {_plan(document['then'], requested)}."
    yield from wrap(printable(text), paper=paper, bold=True)


def _upgrades(document: Document, paper: Paper) -> Iterator[str]:
    upgrades, useless = document["upgrades"], document["useless"]
    if not upgrades and not useless:
        if document["complete"]:
            yield from wrap("No manifest that matters asks for more than this machine has.", paper=paper)
        return
    extreme = "older" if document["options"]["strategy"] == "lowest" else "newer"
    if upgrades:
        yield ""
        yield "What a single change of this machine would buy:"
        before = ""
        for number, upgrade in enumerate(_folded(document), start=1):
            fact = _fact(upgrade["change"])
            first = f"  {number:>2}. "
            indent = " " * len(first)
            is_next = fact == before or (before == "gpus" and fact == "total-vram")
            yield from wrap(printable(_heading(upgrade, is_next)), paper=paper, first=first, indent=indent)
            yield from wrap(printable(_gain(upgrade, document)), paper=paper, first=indent, indent=indent)
            before = fact
    elif document["then"] is None:
        yield from wrap("No single change of this machine would be enough.", paper=paper)
    else:
        yield from wrap(f"No single change of this machine would make anything {extreme}.", paper=paper)
    if useless:
        yield ""
        changes = ", ".join(_no_use(one["change"], document["have"]) for one in useless)
        yield from wrap(printable(f"Of no use alone: {changes}"), paper=paper)


def _folded(document: Document) -> list[dict[str, Any]]:
    """The upgrades, neighbours as one where they change the same fact, and only modules that were not asked for."""
    folded: list[dict[str, Any]] = []
    for upgrade in document["upgrades"]:
        is_minor = bool(upgrade["modules"]) and not any(
            one["module"] in _requested(document) for one in upgrade["modules"]
        )
        last = folded[-1] if folded else None
        if is_minor and last and last["is_minor"] and _fact(last["change"]) == _fact(upgrade["change"]):
            modules = {one["module"]: one for one in last["modules"]}
            for one in upgrade["modules"]:
                modules[one["module"]] = {**one, "from": modules.get(one["module"], one)["from"]}
            changed = [one for one in modules.values() if one["from"] != one["to"]]
            folded[-1] = {**upgrade, "modules": changed, "idle": 0, "is_minor": True, "steps": True}
        else:
            folded.append({**upgrade, "is_minor": is_minor, "steps": False})
    return folded


def _fact(change: Document) -> str:
    return str(change["fact"] if change["kind"] == "hardware" else change["name"])


def _heading(upgrade: Document, is_next: bool) -> str:
    if upgrade["steps"]:
        return f"{upgrade['text']}; less buys some of it"
    if not upgrade["idle"]:
        return str(upgrade["text"])
    return f"{upgrade['text']}; {'nothing between' if is_next else 'nothing less'} changes anything"


def _gain(upgrade: Document, document: Document) -> str:
    """What `upgrade` buys: a plan, or versions that are new to the plan."""
    requested = _requested(document)
    if not upgrade["modules"]:
        return f"a plan, with {_plan(upgrade['then'], requested)}"
    changes = [_change(one) for one in upgrade["modules"]]
    more = len(changes) - _MOST_CHANGES
    return ", ".join([*changes[:_MOST_CHANGES], *([f"{more} more"] if more > 0 else [])])


def _change(change: Document) -> str:
    if change["from"] is None:
        return f"{change['module']} {change['to']} added"
    if change["to"] is None:
        return f"{change['module']} left out"
    return f"{change['module']} {change['to']} in place of {change['from']}"


def _no_use(change: Document, have: Document) -> str:
    if change["kind"] == "runtime":
        return change["name"] if change["to"] == "0" else f"{change['name']} (up to {change['to']})"
    to = change["to"]
    shown = size_text(parse_size(to)) if isinstance(to, str) else str(to)
    is_first = change["fact"] == "vram" and not have["vram"]
    return (_FIRST_CARD if is_first else _MORE[change["fact"]]).format(to=shown)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
