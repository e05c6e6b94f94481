"""Section 7: each line of an explanation follows from what it names, and all together are a contradiction (pitfall 13).

That each line does, and that the lines contradict each other, is what ``check`` asks a solver about.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import given
from packaging.specifiers import SpecifierSet
from registries import ask, document, module, version
from strategies import Case, Dice, cases, make_case

from las_solver.check import check
from las_solver.document import conflict_document
from las_solver.explain import rows
from las_solver.model import Host, ModuleVersion, Request
from las_solver.plan import Plan
from las_solver.planner import Planner
from las_solver.source import MemorySource

CASES = [
    version("app 1.0", "a", "b"),
    version("a 1.0", "c@1", "e@1"),
    version("a 2.0", "d@1", "f@1"),
    version("b 1.0", "f@2", "c@2"),
    version("b 2.0", "d@2", "e@2"),
    *(one for name in "cdef" for one in module(name, "1", "2")),
]
"""Each version of a contradicts one of b for one reason, and the other for another."""


def conflict(versions: Sequence[ModuleVersion], request: Request, host: Host | None = None) -> dict[str, Any] | None:
    """The document of the conflict, as JSON has it, if there is one."""
    found = Planner(MemorySource(versions), host or Host()).plan(request)
    if isinstance(found, Plan):
        return None
    decoded: dict[str, Any] = json.loads(json.dumps(conflict_document(found)))
    return decoded


def texts(document: Mapping[str, Any]) -> list[str]:
    """The rows of the text, with their numbers."""
    return [f"{row.number}. {row.text}" if row.number else row.text for row in rows(document)]


def check_derivation(case: Case, number: int) -> None:
    """Fails unless the derivation is right, names the whole core, and can be followed, whatever the order of files."""
    found = conflict(case.module_versions, case.request, case.host)
    if found is None:
        return
    assert check(found, MemorySource(case.module_versions), case.host) == ()
    assert {place for line in found["derivation"] for place in line["statements"]} == set(range(len(found["core"])))
    assert found["derivation"][-1]["text"] != TOO_MANY
    steps = [at for at, line in enumerate(found["derivation"]) if not line["statements"]]
    for at in steps or [None]:
        assert follows_by_propagation(case.module_versions, found["derivation"], at)
    shuffled = list(case.module_versions)
    random.Random(number).shuffle(shuffled)
    assert json.dumps(conflict(shuffled, case.request, case.host)) == json.dumps(found)


TOO_MANY = "the cases that are left are too many to list: the solver has checked that none of them works"


def follows_by_propagation(
    versions: Sequence[ModuleVersion], derivation: Sequence[Mapping[str, Any]], at: int | None
) -> bool:
    """Whether a reader can follow the line `at` (None: that all lines contradict each other) without telling cases
    apart: what it denies is supposed, and each claim with one open term closes that.
    """
    known = {
        name: {str(one.version) for one in versions if one.name == name} for name in {one.name for one in versions}
    }

    def states(term: Mapping[str, Any]) -> tuple[str, set[str]]:
        """The module of a term and its states that make the term hold; "" is absence."""
        name = term["module"]
        admitted = {
            text for text in known.get(name, ()) if SpecifierSet(term["versions"]).contains(text, prereleases=True)
        }
        if not admitted:
            name = f"{name}{term['versions']}" if name in known else name
            return name, {"supposed"} if term["present"] else {""}
        return name, admitted if term["present"] else {"", *known[name]} - admitted

    def everything(name: str) -> set[str]:
        return {"", *known[name]} if name in known else {"", "supposed"}

    left: dict[str, set[str]] = {}
    for name, held in map(states, derivation[at]["claim"] if at is not None else ()):
        left[name] = left.get(name, everything(name)) & held
    used = derivation if at is None else [derivation[place] for place in derivation[at]["lines"]]
    claims: list[dict[str, set[str]]] = []
    for line in used:
        claim: dict[str, set[str]] = {}
        for name, held in map(states, line["claim"]):
            claim[name] = claim.get(name, everything(name)) & held
        claims.append(claim)
    changed = True
    while changed:
        changed = False
        for claim in claims:
            open_terms = [name for name, held in claim.items() if not left.get(name, everything(name)) <= held]
            if not open_terms:
                return True
            name = open_terms[0]
            if len(open_terms) == 1 and left.get(name, everything(name)) & claim[name]:
                left[name] = left.get(name, everything(name)) - claim[name]
                changed = True
    return False


@given(cases())
def test_every_line_follows(case: Case) -> None:
    check_derivation(case, 0)


def test_every_line_follows_in_many_cases() -> None:
    for number in range(150):
        check_derivation(make_case(Dice(random.Random(f"derivation {number}").randbytes(700))), number)


def test_cases_are_told_apart_only_where_they_have_to_be() -> None:
    found = document(CASES, ask("app"))
    assert texts(found) == [
        "1. app 1.0 needs b",
        "b 1.0 needs f ==2",
        "b 2.0 needs d ==2",
        "a 2.0 needs d ==1",
        "a 2.0 needs f ==1",
        "2. so a 2.0 cannot be used",
        "app 1.0 needs a",
        "a 1.0 needs c ==1",
        "b 1.0 needs c ==2",
        "a 1.0 needs e ==1",
        "b 2.0 needs e ==2",
        "so no version of a is left to choose (with 1 and 2)",
    ]
    assert found["derivation"][-1]["claim"] == []
    assert found["derivation"][6] == {
        "text": "so a 2.0 cannot be used",
        "sources": [],
        "statements": [],
        "lines": [0, 1, 2, 3, 4, 5],
        "claim": [{"module": "a", "versions": "==2.0", "present": True}],
    }
    without = [one for one in CASES if str(one) != "b 2.0"]
    assert [
        line["text"] for line in document(without, ask("app"))["derivation"] if line["text"].startswith("so ")
    ] == []


def test_sets_of_versions_that_are_no_range_are_several_terms() -> None:
    registry = [
        *(version(f"app {text}", cores_min=8) for text in ("1.0", "3.0", "5.0+local")),
        *(version(f"app {text}", "ghost") for text in ("2.0", "4.0", "5.0")),
    ]
    found = document(registry, ask("app"))
    claims = {line["text"].split(" need")[0]: line["claim"] for line in found["derivation"]}
    assert claims["app 1.0, 3.0 and 5.0+local"] == [
        {"module": "app", "versions": ">=1.0", "present": True},
        {"module": "app", "versions": ">=4.0,<=5.0,!=5.0+local", "present": False},
        {"module": "app", "versions": "==2.0", "present": False},
    ]


def test_what_is_wrong_with_a_derivation_is_found() -> None:
    right = document(CASES, ask("app"))

    def complaints(**changes: object) -> tuple[str, ...]:
        wrong = copy.deepcopy(right)
        wrong["derivation"][6].update(changes)
        return check(wrong, MemorySource(CASES), Host())

    assert complaints() == ()
    unfounded = ("answer.derivation[6] does not follow from what it names",)
    assert complaints(claim=[{"module": "a", "versions": ">=2", "present": True}]) == ()
    assert complaints(lines=[0, 1, 2, 3, 4]) == unfounded
    assert complaints(claim=[{"module": "a", "versions": ">=1", "present": True}]) == unfounded
    assert complaints(claim=[{"module": "a", "versions": "==2", "present": False}])[0] == unfounded[0]
    assert complaints(claim=[]) == unfounded
    assert complaints(lines=[6]) == ("answer.derivation[6].lines is not a list of places in a list of 6",)
    assert complaints(statements=[-1]) == ("answer.derivation[6].statements is not a list of places in a list of 11",)
    assert complaints(statements=[True]) == ("answer.derivation[6].statements is not a list of places in a list of 11",)
    assert complaints(claim=[{"module": "a", "versions": "^2", "present": True}]) == (
        "answer.derivation[6].claim[0].versions is not a PEP 440 specifier set",
    )
    assert complaints(sources=None) == ("answer.derivation[6].sources is not a list of strings",)
    shortened = {**right, "derivation": right["derivation"][:6]}
    assert check(shortened, MemorySource(CASES), Host()) == (
        "the lines of the derivation do not contradict each other",
    )


def test_too_many_cases_are_left_to_the_solver() -> None:
    """Pigeons and holes: a proof by cases is very long, and nobody would read it."""
    pigeons = range(8)
    registry = [
        version("app 1", *(f"pigeon{one}" for one in pigeons)),
        *(version(f"pigeon{one} {hole}", f"hole{hole}@{one}") for one in pigeons for hole in pigeons[1:]),
        *(version(f"hole{hole} {one}") for one in pigeons for hole in pigeons[1:]),
    ]
    found = conflict(registry, ask("app"))
    assert found is not None
    assert check(found, MemorySource(registry), Host()) == ()
    assert len(found["derivation"]) == len(found["core"]) + 1
    assert texts(found)[-1] == TOO_MANY
    assert len(str(found["explanation"]).splitlines()) <= 42


def test_a_module_with_many_versions_has_a_short_explanation() -> None:
    registry = [
        *(version(f"w {number}", f"t@=={number}.*") for number in range(3, 33)),
        *(version(f"t {number}.{minor}") for number in range(1, 50) for minor in range(2)),
    ]
    found = document(registry, ask("w", "t@>=40"))
    assert len(found["core"]) == 32
    assert texts(found) == ["you asked for t >=40", "w, whatever its version, needs t >=3.0,<=32.1"]
