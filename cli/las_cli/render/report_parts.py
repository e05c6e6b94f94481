"""What reports about plans and about conflicts have in common, read from the JSON document of an answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from las_cli.render.host import readable_size
from las_cli.render.phrases import counted
from las_cli.render.report import Facts, Section
from las_registry.size import parse_size
from las_solver.explain import heading

__all__ = [
    "closing",
    "machine_section",
    "names_asked_for",
    "places",
    "removed",
    "request_section",
    "request_words",
    "spelled",
]

Document = Mapping[str, Any]

_NOWHERE: Final = ("the request", "the registry", "the plan", "")
"""Sources that their statements speak of already."""


def spelled(requirement: str) -> str:
    """A requirement as in sentences: ``app >=2`` for ``app@>=2``."""
    return requirement.replace("@", " ", 1)


def names_asked_for(document: Document) -> tuple[str, ...]:
    """The names of the requested modules, each once."""
    return tuple(dict.fromkeys(requirement.partition("@")[0] for requirement in document["request"]))


def places(sources: Iterable[str]) -> tuple[str, ...]:
    """Those of `sources` that one can look at, in manifests."""
    return tuple(source for source in sources if source not in _NOWHERE)


def request_words(document: Document) -> str:
    """What was asked for, as words of a sentence."""
    return heading(document["request"], removed(document))


def removed(document: Document) -> tuple[str, ...]:
    """The modules of which the removal is all that is asked for: they are excluded and released."""
    if document["request"]:
        return ()
    options = document["options"]
    return tuple(one for one in options["excluded"] if one in options.get("released", ()))


def request_section(document: Document) -> Section:
    """What was asked for, and in which way where that is not the usual one."""
    options = document["options"]
    asked_for = ", ".join(map(spelled, document["request"]))
    going = removed(document)
    facts = [("Asked for", asked_for or "nothing more than is installed", False)] if asked_for or not going else []
    if options["strategy"] != "newest":
        facts.append(("Strategy", options["strategy"], False))
    if options["prereleases"]:
        facts.append(("Pre-releases", "allowed for every module", False))
    if options["modes"] is not None:
        facts.append(("Modes allowed", ", ".join(options["modes"]), False))
    if options["forced_modes"]:
        forced = (f"{name} as {mode}" for name, mode in options["forced_modes"].items())
        facts.append(("Modes forced", ", ".join(forced), False))
    if options["preferred"]:
        facts.append(("Preferred", ", ".join(options["preferred"]), False))
    if going:
        facts.append(("To be removed", ", ".join(going), False))
    if excluded := [one for one in options["excluded"] if one not in going]:
        facts.append(("Excluded", ", ".join(map(spelled, excluded)), False))
    if options.get("pinned"):
        facts.append(("Pinned", ", ".join(map(spelled, options["pinned"])), False))
    if options.get("locked") is not None:
        facts.append(("Locked", _locked(options), False))
    if options.get("together"):
        facts.append(("Together", "all modules run at the same time", False))
    for limit in options.get("limits", ()):
        facts.append(("Limit", f"{limit['name']}: no more than {limit['at_most']}", False))
    if options.get("allow_removal"):
        facts.append(("May be removed", "everything that is installed", False))
    elif released := [one for one in options.get("released", ()) if one not in going]:
        facts.append(("May be removed", ", ".join(released), False))
    return Section(title="The request", anchor="request", blocks=(Facts(tuple(facts)),))


def _locked(options: Mapping[str, Any]) -> str:
    free = options.get("unlocked")
    return counted(len(options["locked"]), "module") + (f", without {', '.join(free)}" if free else "")


def machine_section(document: Document, mattered: Collection[str] = ()) -> Section:
    """What is known of the machine; `mattered` are the facts that statements speak of: ``cores``, ``ram``, ``gpus``,
    ``modes``, ``interfaces``, or a runtime as ``runtime NAME``."""
    host = document["host"]
    cores = host.get("cpu", {}).get("cores")
    facts = [
        ("CPU cores", "unknown" if cores is None else str(cores), "cores" in mattered),
        ("Memory", _size(host["memory"]["ram"]) if "memory" in host else "unknown", "ram" in mattered),
        ("GPUs", _listed((f"{gpu['name']}, {_size(gpu['vram'])}" for gpu in host["gpus"]), "; "), "gpus" in mattered),
    ]
    facts += [(f"Runtime {name}", have, f"runtime {name}" in mattered) for name, have in host["runtimes"].items()]
    facts += [
        (f"Runtime {name}", "none", True)
        for name in sorted(one.removeprefix("runtime ") for one in mattered if one.startswith("runtime "))
        if name not in host["runtimes"]
    ]
    modes: Sequence[str] | None = host.get("modes")
    facts.append(("Modes", "every mode" if modes is None else _listed(modes), "modes" in mattered))
    facts.append(("Interfaces", _listed(host["interfaces"]), "interfaces" in mattered))
    shown = tuple((label, f"{text} (matters here)" if matters else text, matters) for label, text, matters in facts)
    return Section(title="The machine", anchor="machine", blocks=(Facts(shown),))


def closing(place: str) -> tuple[str, ...]:
    """How a report was made."""
    return (
        f"Made by las-solve {place}, from the manifests of the registry alone.",
        "The same request, machine and registry give the same report.",
    )


def _size(text: str) -> str:
    return readable_size(parse_size(text))


def _listed(names: Iterable[str], between: str = ", ") -> str:
    return between.join(names) or "none"
