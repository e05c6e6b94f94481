"""Which registry a module comes from, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from las_cli.render.phrases import counted
from las_cli.render.terminal import printable
from las_cli.render.text import Paper, wrap

if TYPE_CHECKING:
    from las_registry.offer import Offer
    from las_registry.trust.configuration import NameRule
    from las_registry.trust.policy import KeyRule, NamePattern, Policy

__all__ = ["rule_text", "which_document", "which_lines"]

_MOST_REJECTED: Final = 5
_COLOURS: Final = {"counts": "green", "earlier": "yellow", "rule": "yellow", "absent": "reset"}


def which_lines(name: str, offers: Sequence[Offer], rule: NameRule | None, paper: Paper) -> Iterator[str]:
    """The lines of a text: where the module called `name` comes from, and what each registry has of it."""
    yield from wrap(_headline(name, offers), paper=paper, widest=paper.width, bold=True)
    source = next((number for number, one in enumerate(offers, start=1) if one.fate == "counts"), 0)
    for number, one in enumerate(offers, start=1):
        yield ""
        first, indent = f"{number}. ", " " * len(f"{number}. ")
        yield f"{first}{paper.style(printable(one.directory), bold=True)}"
        verdict = _verdict(one, rule, source)
        yield from wrap(verdict, paper=paper, first=indent, indent=f"{indent}  ", fg=_COLOURS[one.fate])
        for text in _facts(one):
            yield from wrap(printable(text), paper=paper, first=indent, indent=f"{indent}  ", widest=paper.width)
    if rule is not None:
        yield ""
        text = printable(f"{rule.place}: {rule_text(rule)}.")
        yield from wrap(text, paper=paper, widest=paper.width, indent="  ")


def rule_text(rule: NameRule) -> str:
    """What `rule` says."""
    places = (one if Path(one).is_dir() else f"{one} (which is not there)" for one in sorted(rule.registries))
    return f"{rule.pattern.text} comes from {' or '.join(places)} alone"


def which_document(name: str, offers: Sequence[Offer], rule: NameRule | None) -> dict[str, object]:
    """The same as JSON; docs/registries.md describes it."""
    return {
        "module": name,
        "comes_from": next((one.directory for one in offers if one.fate == "counts"), None),
        "rule": None if rule is None else _rule_document(rule),
        "registries": list(map(_offer_document, offers)),
    }


def _headline(name: str, offers: Sequence[Offer]) -> str:
    source = next((one for one in offers if one.fate == "counts"), None)
    if source is None:
        return f"{name} comes from none of these registries"
    place = printable(source.directory)
    text = f"{name} comes from {place}"
    return text if source.versions else f"{text} alone, where no version of it can be used"


def _verdict(offer: Offer, rule: NameRule | None, source: int) -> str:
    match offer.fate:
        case "counts":
            return "counts"
        case "earlier":
            return f"does not count: registry {source} has the name, too, and comes first"
        case "rule":
            pattern = "" if rule is None else f" {rule.pattern.text}"
            return f"does not count: you map{pattern} to other registries"
        case "absent":
            return "has no module of that name"


def _facts(offer: Offer) -> Iterator[str]:
    """What the registry has of the module, and what is asked of it, as single lines."""
    versions, rejected = offer.versions, offer.rejected
    if versions:
        yield f"{counted(len(versions), 'version')}, newest {offer.newest}"
    elif offer.is_there:
        yield "no version that can be used"
    elif offer.fate == "rule":
        yield "no module of that name"
    for one in rejected[:_MOST_REJECTED]:
        yield f"rejected: {one.place}: {one.reason}"
    if rejected[_MOST_REJECTED:]:
        yield f"and {len(rejected) - _MOST_REJECTED} more that were rejected"
    yield f"policy: {', '.join(_policy_words(offer.policy))}"


def _policy_words(policy: Policy) -> Iterator[str]:
    yield f"unsigned {policy.unsigned}"
    yield f"list {policy.list_rule}"
    yield f"links {policy.links}"
    yield "all trusted keys" if policy.keys is None else counted(len(policy.keys), "key")


def _offer_document(offer: Offer) -> dict[str, object]:
    newest = offer.newest
    return {
        "registry": offer.directory,
        "fate": offer.fate,
        "versions": list(map(str, offer.versions)),
        "newest": None if newest is None else str(newest),
        "rejected": [
            {"version": None if one.version is None else str(one.version), "place": one.place, "reason": one.reason}
            for one in offer.rejected
        ],
        "policy": _policy_document(offer.policy),
    }


def _policy_document(policy: Policy) -> dict[str, object]:
    return {
        "unsigned": policy.unsigned,
        "list": policy.list_rule,
        "links": policy.links,
        "keys": None if policy.keys is None else list(map(_key_document, policy.keys)),
        "names": _texts(policy.names),
    }


def _key_document(rule: KeyRule) -> dict[str, object]:
    return {"key": rule.key_id, "names": None if rule.names is None else _texts(rule.names)}


def _rule_document(rule: NameRule) -> dict[str, object]:
    return {
        "pattern": rule.pattern.text,
        "registries": sorted(rule.registries),
        "file": rule.file,
        "lines": list(rule.lines),
    }


def _texts(patterns: Iterable[NamePattern]) -> list[str]:
    return [one.text for one in patterns]
